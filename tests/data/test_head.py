import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from brainseg.core.channels import LGG_CHANNELS
from brainseg.data.geometry import Geometry
from brainseg.data.head import COARSE_PX, head_depth, head_mask
from brainseg.data.predictions import Prediction
from brainseg.data.preprocessed import FULL_SCALE, Preprocessed
from brainseg.postprocessing.final_mask import MaskSettings, final_mask
from brainseg.preprocessing import PreprocessSettings, preprocess


def patient_of(head: np.ndarray, geometry: Geometry) -> Preprocessed:
    """With a signal of half the full scale in FLAIR, in the (S, n, n) bool head."""
    image = np.zeros((*head.shape, 3), np.uint16)
    image[..., 1] = head * (FULL_SCALE // 2)
    return Preprocessed(image, np.zeros(head.shape, bool), np.zeros(3), np.ones(3), np.ones(len(head), bool), geometry)


def whole(side_px: int, **more: float) -> Geometry:
    return Geometry(side_px, side_px, 0, side_px, 0, side_px, **more)


def test_the_head_is_where_a_channel_has_signal_with_its_holes_filled():
    foreground = np.zeros((1, 5, 5, 2), bool)
    foreground[0, 0:3, 0:3, 0] = True
    foreground[0, 1, 1] = False  # a hole
    foreground[0, 4, 4, 1] = True  # the other channel
    expected = np.zeros((5, 5), bool)
    expected[0:3, 0:3] = expected[4, 4] = True
    np.testing.assert_array_equal(head_mask(foreground)[0], expected)


def test_the_depth_by_hand():
    head = np.ones((5, 10, 10), bool)
    depth = head_depth(patient_of(head, whole(10, slice_step=1.0)))
    assert depth.dtype == np.uint8 and depth.shape == (5, 10, 10)
    # a pixel is ten hundredths of the side; the surface is one pixel, or one slice, beyond the border
    assert depth[2, 5].tolist() == [10, 20, 30, 30, 30, 30, 30, 30, 20, 10]
    assert depth[0].max() == depth[4].max() == 10


def test_the_first_and_the_last_slice_are_near_the_surface_by_their_distance():
    head = np.ones((3, 32, 32), bool)
    thin, thick = (head_depth(patient_of(head, whole(32, slice_step=step)))[1, 16, 16] for step in (1.0, 4.0))
    assert (thin, thick) == (round(2 / 32 * 100), round(8 / 32 * 100))


def test_without_signal_it_is_0():
    assert not head_depth(patient_of(np.zeros((3, 16, 16), bool), whole(16))).any()


@pytest.mark.parametrize("side_px", [64, 96, 192, 256])
def test_the_coarse_grid_is_close_to_scipys_distance_on_the_whole_one(side_px):
    rows, columns = np.mgrid[:side_px, :side_px] / side_px - 0.5
    radius = np.linspace(0.46, 0.1, 9)[:, None, None]
    head = rows**2 + (1.3 * columns) ** 2 < radius**2
    step = 4 * side_px / 256
    exact = distance_transform_edt(np.pad(head, 1), sampling=(step, 1, 1))[1:-1, 1:-1, 1:-1] / side_px * 100
    found = head_depth(patient_of(head, whole(side_px, slice_step=step)))
    error = np.abs(found - exact)
    assert error.mean() < 0.5 and error.max() < 200 / COARSE_PX + 0.5, (error.mean(), error.max())


def test_on_the_files_grid_it_lies_in_the_box():
    geometry = Geometry(40, 50, 10, 30, 20, 40)
    depth = head_depth(patient_of(np.ones((3, 16, 16), bool), geometry))
    assert depth.shape == (3, 40, 50)
    outside = depth.copy()
    outside[:, 10:30, 20:40] = 0
    assert not outside.any() and depth[1, 20, 30] > depth[1, 11, 30] > 0


def test_the_spacing_between_slices_counts_in_pixels_of_the_square():
    wide = Geometry(20, 40, 0, 20, 0, 40, aspect=2.0, slice_step=3.0)  # 40 x 40 widths of a pixel
    assert wide.slice_step_px(40) == 3.0 and wide.slice_step_px(80) == 6.0
    high = Geometry(40, 20, 0, 40, 0, 20, aspect=0.5, slice_step=3.0)  # 20 x 20
    assert high.slice_step_px(40) == 6.0


def test_a_false_lesion_at_the_vertex_loses_to_a_smaller_one_inside_the_brain():
    side_px, count = 64, 12
    rows, columns = np.mgrid[:side_px, :side_px] - 31.5
    radius = np.array([28.0] * 9 + [24, 18, 12])[:, None, None]
    image = np.zeros((count, side_px, side_px, 3), np.uint8)
    image[rows**2 + columns**2 < radius**2] = 150
    patient = preprocess(
        image,
        np.zeros(image.shape[:3], bool),
        PreprocessSettings(side_px=side_px, background=0.1, low_percentile=10.0, high_percentile=99.0),
        channels=LGG_CHANNELS,
    )
    probability = np.zeros(image.shape[:3], np.uint8)
    probability[3:6, 30:41, 30:41] = 200  # 363 voxels
    probability[10:][image[10:, ..., 0] > 0] = 250
    prediction = Prediction(probability, None, head_depth(patient))
    lesion, vertex = probability == 200, probability == 250
    assert vertex.sum() > 3 * lesion.sum()
    given = {"threshold": 0.5, "least_share": 0.2, "least_voxels": 20}
    by_size, by_depth = (
        final_mask(prediction, MaskSettings(components=rule, **given)) for rule in ("largest", "largest_by_depth")
    )
    np.testing.assert_array_equal(by_size, vertex)
    np.testing.assert_array_equal(by_depth, lesion)
