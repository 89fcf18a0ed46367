from dataclasses import replace

import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.data import preprocessed
from brainseg.data.geometry import Geometry
from brainseg.data.preprocessed import FULL_SCALE, Preprocessed
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.sources.phantom import phantom_patient


def test_written_and_read_back_it_is_the_same_and_the_bytes_too(rng, tmp_path):
    settings = PreprocessSettings(side_px=32, background=0.1, low_percentile=10.0, high_percentile=99.0)
    patient = preprocess(*phantom_patient(rng, slices=6, side_px=40, noise=0.02), settings)
    for name in ("a", "b"):
        preprocessed.write(name, patient, tmp_path)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    back = preprocessed.read("a", tmp_path)
    assert back.geometry == patient.geometry
    np.testing.assert_array_equal(back.z_score(), patient.z_score())
    np.testing.assert_array_equal(back.mask, patient.mask)


# no two sides of the box are alike: an exchange of two would be seen
GEOMETRY = Geometry(height=40, width=50, top=3, bottom=20, left=7, right=31)


def small(image: np.ndarray, mean: tuple[float, ...] = (0, 0, 0), std: tuple[float, ...] = (1, 1, 1)) -> Preprocessed:
    mask = np.zeros(image.shape[:3], bool)
    retained = np.arange(len(image)) > 0
    return Preprocessed(image, mask, np.array(mean, float), np.array(std, float), retained, GEOMETRY)


def test_z_scores_are_hand_computed_channel_by_channel():
    image = np.empty((2, 1, 2, 3), np.uint16)
    image[..., 0], image[..., 1], image[..., 2] = 0, FULL_SCALE, FULL_SCALE // 5  # 0, 1 and 0.2
    z_score = small(image, mean=(0.5, 0.75, 0.2), std=(0.25, 0.5, 0.1)).z_score()
    assert z_score.dtype == np.float32 and z_score.shape == image.shape
    np.testing.assert_allclose(z_score, np.broadcast_to([-2, 0.5, 0], image.shape), atol=1e-6)


def test_the_geometry_alone_is_that_of_the_whole(tmp_path):
    patient = small(np.zeros((3, 4, 4, 3), np.uint16))
    preprocessed.write("a", patient, tmp_path)
    retained, geometry = preprocessed.read_geometry("a", tmp_path)
    assert geometry == preprocessed.read("a", tmp_path).geometry == GEOMETRY
    assert retained.tolist() == [False, True, True]


def test_names_of_the_lgg_sets_channels_and_square_pixels_are_not_stored(tmp_path):
    preprocessed.write("a", small(np.zeros((3, 4, 4, 3), np.uint16)), tmp_path)
    with np.load(tmp_path / "a.npz") as archive:
        assert set(archive.files) == {"image", "mask", "mean", "std", "retained", "box"}
    assert preprocessed.read("a", tmp_path).channels == ("pre_contrast", "flair", "post_contrast")


def test_other_channels_and_pixels_that_are_not_square_come_back(tmp_path):
    image = np.zeros((3, 4, 4, 2), np.uint16)
    geometry = replace(GEOMETRY, aspect=2.5, slice_step=1.5)
    patient = replace(small(image, (0, 0), (1, 1)), channels=("t1", "t2"), geometry=geometry)
    preprocessed.write("a", patient, tmp_path)
    back = preprocessed.read("a", tmp_path)
    assert (back.channels, back.geometry) == (("t1", "t2"), geometry)
    assert preprocessed.read_geometry("a", tmp_path)[1] == geometry


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"channels": ("t1", "t2")}, "expected squares of 2 channels"),
        ({"channels": ("a b", "c", "d")}, "channels: 'a b' is no name of a channel"),
        ({"geometry": replace(GEOMETRY, aspect=1e9)}, "aspect is 1e[+]09; expected 0.01 to 100"),
        ({"geometry": replace(GEOMETRY, aspect=float("nan"))}, "aspect is nan"),
        ({"geometry": replace(GEOMETRY, slice_step=0.0)}, "slice_step is 0; expected a number above 0"),
        ({"geometry": replace(GEOMETRY, slice_step=float("nan"))}, "slice_step is nan"),
    ],
)
def test_channels_and_pixels_that_cannot_be_are_refused(tmp_path, change, reported):
    preprocessed.write("a", replace(small(np.zeros((3, 4, 4, 3), np.uint16)), **change), tmp_path)
    with pytest.raises(UserError, match=f"a.npz: .*{reported}"):
        preprocessed.read("a", tmp_path)


def test_every_part_comes_back_with_its_type(tmp_path, rng):
    image = rng.integers(0, FULL_SCALE, (2, 4, 4, 3), np.uint16, endpoint=True)
    patient = small(image, mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    preprocessed.write("a", patient, tmp_path)
    back = preprocessed.read("a", tmp_path)
    for name in ("image", "mask", "mean", "std", "retained"):
        np.testing.assert_array_equal(getattr(back, name), getattr(patient, name), strict=True)
