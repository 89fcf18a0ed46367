import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.scans.volumes.intensity import to_image

RAMP = np.linspace(0, 999, 1000).reshape(10, 10, 10)


def three(volume: np.ndarray) -> dict[str, np.ndarray]:
    return {"pre_contrast": volume, "flair": volume, "post_contrast": volume}


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int64, np.float32, np.float64, ">i2", ">f4"])
def test_whole_numbers_up_to_255_are_unchanged_in_any_type(kind, rng):
    volume = rng.integers(0, 256, (3, 4, 5))
    image, warnings = to_image("a", three(volume.astype(kind)), as_is=False)
    assert image.dtype == np.uint8 and warnings == ()
    np.testing.assert_array_equal(image, np.repeat(volume[..., None], 3, axis=3))


def test_the_order_of_the_sequences():
    volume = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    image, _ = to_image("a", {"post_contrast": volume + 2, "flair": volume + 1, "pre_contrast": volume}, as_is=True)
    np.testing.assert_array_equal(image, np.stack([volume, volume + 1, volume + 2], axis=-1))


def test_flair_stands_in_for_what_is_missing(rng):
    flair = rng.integers(0, 256, (3, 4, 5)).astype(np.uint8)
    image, warnings = to_image("a", {"flair": flair}, as_is=True)
    assert (image == flair[..., None]).all()
    assert warnings == (
        "pre_contrast is missing: FLAIR stands in its place",
        "post_contrast is missing: FLAIR stands in its place",
    )


@pytest.mark.parametrize("kind", [np.uint16, ">u2"])
def test_sixteen_bits_are_unchanged_for_slices_and_scaled_for_volumes(kind):
    volume = (RAMP * 10).astype(kind)
    image, _ = to_image("a", three(volume), as_is=True)
    assert image.dtype == np.uint16 and image.dtype.isnative
    np.testing.assert_array_equal(image[..., 0], volume)
    scaled, warnings = to_image("a", three(volume), as_is=False)
    assert scaled.max() == 65535 and warnings == ()


def test_each_sequence_is_scaled_by_its_own_white():
    volumes = {"pre_contrast": RAMP, "flair": RAMP * 1e-6, "post_contrast": RAMP * 1e6}
    image, _ = to_image("a", volumes, as_is=False)
    white = np.percentile(RAMP, 99.99)
    expected = np.rint(np.minimum(RAMP / white, 1) * 65535)
    for channel in np.moveaxis(image, -1, 0):
        np.testing.assert_allclose(channel, expected, atol=1)


def test_one_voxel_as_bright_as_you_like_does_not_darken_the_rest():
    volume = np.tile(RAMP, (20, 1, 1))
    plain, _ = to_image("a", three(volume), as_is=False)
    volume[0, 0, 0] = 1e9
    bright, _ = to_image("a", three(volume), as_is=False)
    np.testing.assert_allclose(bright.reshape(-1, 3)[1:].astype(float), plain.reshape(-1, 3)[1:], rtol=2e-3, atol=1)


def test_values_below_0_are_shifted():
    image, warnings = to_image("a", three(RAMP - 100.0), as_is=False)
    expected, _ = to_image("a", three(RAMP + 0.0), as_is=False)
    np.testing.assert_allclose(image, expected, atol=1)
    assert warnings[1] == "flair has values down to -100: its lowest value is taken as 0"


def test_values_that_are_not_finite_become_the_lowest_and_the_given_array_is_unchanged():
    volume = RAMP + 0.5
    volume[3, 3, 3], volume[4, 4, 4], volume[5, 5, 5] = np.nan, np.inf, -np.inf
    before = volume.copy()
    image, warnings = to_image("a", three(volume), as_is=False)
    lowest = image[0, 0, 0, 0]
    assert (image[[3, 4, 5], [3, 4, 5], [3, 4, 5]] == lowest).all()
    assert warnings[0] == "pre_contrast has 3 values that are not finite: its lowest value stands in their place"
    np.testing.assert_array_equal(volume, before)


def test_no_finite_value_at_all():
    with pytest.raises(UserError, match=r"^a\.nii: flair holds no finite value; expected numbers$"):
        to_image("a.nii", {"flair": np.full((2, 3, 4), np.nan)}, as_is=False)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_no_signal(kind):
    image, warnings = to_image("a", three(np.zeros((2, 3, 4), kind)), as_is=False)
    assert not image.any()
    assert warnings == ("the scan holds no signal: all values are 0",)


def test_a_sequence_without_signal_or_without_contrast():
    volumes = {"pre_contrast": np.zeros((10, 10, 10)), "flair": RAMP, "post_contrast": np.full((10, 10, 10), 3.5)}
    image, warnings = to_image("a", volumes, as_is=False)
    assert not image[..., 0].any() and (image[..., 2] == 65535).all()
    assert set(warnings) == {"post_contrast is the same everywhere", "pre_contrast is 0 everywhere"}


def test_a_few_bright_voxels_among_zeros_are_retained():
    volume = np.zeros((10, 100, 100))
    volume[5, 5, 5] = 0.5
    image, _ = to_image("a", three(volume), as_is=False)
    assert image[5, 5, 5].tolist() == [65535] * 3 and np.count_nonzero(image) == 3
