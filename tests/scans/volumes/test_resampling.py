import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from brainseg.core.errors import UserError
from brainseg.scans.volumes.orientation import Grid
from brainseg.scans.volumes.resampling import MAX_SIDE_PX, check_pixels, check_size, onto_grid, resize_plane, same_grid

IDENTITY = np.eye(3)


@pytest.mark.parametrize("shape", [(10, 10, 8193), (2000, 2000, 2000)])
def test_sizes_that_no_scan_has(shape):
    with pytest.raises(UserError, match=r"^a\.mha: says it is .* voxels; at most 8192 a side and 2147483648 in all$"):
        check_size("a.mha", shape)


def test_sizes_at_the_limit_and_without_voxels():
    check_size("a.mha", (MAX_SIDE_PX, MAX_SIDE_PX, 32))
    with pytest.raises(UserError, match="it holds no voxels"):
        check_size("a.mha", (3, 0, 3))


def test_pixels_a_hundred_times_as_long_as_wide_are_no_pixels():
    check_pixels("a", None)
    check_pixels("a", (5.0, 1.0, 100.0))
    with pytest.raises(UserError, match=r"^a: has pixels of 1 × 300 mm; one side may be 100 times the other at most$"):
        check_pixels("a", (5.0, 1.0, 300.0))


def test_equal_shapes_are_the_same_array(rng):
    image = rng.integers(0, 256, (2, 3, 4, 3)).astype(np.uint8)
    assert resize_plane(image, (3, 4)) is image


def test_doubling_by_hand():
    """The centres of the new pixels lie a quarter of an old pixel beside the old centres; edges repeat."""
    row = np.array([[[0, 100, 200]]], np.uint8)
    assert resize_plane(row, (1, 6)).tolist() == [[[0, 25, 75, 125, 175, 200]]]
    assert resize_plane(row, (2, 3)).tolist() == [[[0, 100, 200]] * 2]


def test_there_and_back_preserves_a_ramp_and_the_type(rng):
    ramp = np.arange(0, 250, 10, dtype=np.uint8)
    image = np.broadcast_to(ramp, (2, 4, 25))
    back = resize_plane(resize_plane(image, (4, 75)), (4, 25))
    assert back.dtype == np.uint8
    np.testing.assert_allclose(back[..., 1:-1], image[..., 1:-1], atol=1)


def test_resizing_agrees_with_simpleitk_inside(rng):
    plane = rng.integers(0, 60000, (1, 20, 16)).astype(np.uint16)
    ours = resize_plane(plane, (20, 40))
    image = sitk.GetImageFromArray(plane[0].astype(np.float64))
    expected = sitk.GetArrayFromImage(
        sitk.Resample(image, (40, 20), sitk.Transform(), sitk.sitkLinear, (-0.3, 0.0), (0.4, 1.0))
    )
    np.testing.assert_allclose(ours[0, :, 2:-2], expected[:, 2:-2], atol=0.6)


def grid(shape=(5, 4, 3), spacing=(1.0, 1.0, 2.0), origin=(0.0, 0.0, 0.0)) -> Grid:
    return Grid(shape, spacing, origin, IDENTITY)


def test_the_same_grid_within_a_hundredth_of_a_voxel():
    assert same_grid(grid(), grid(origin=(0.009, 0.0, 0.0)))
    assert not same_grid(grid(), grid(origin=(0.02, 0.0, 0.0)))
    assert not same_grid(grid(), grid(spacing=(1.0, 1.0, 2.02)))
    assert not same_grid(grid(), grid(shape=(5, 4, 4)))


def test_a_ramp_on_another_grid_is_exact_where_it_is_covered():
    """A linear function of the place stays itself under linear interpolation."""
    source, target = grid((9, 9, 9), (1.0, 1.0, 1.0)), grid((4, 4, 3), (1.5, 1.5, 2.0), (0.5, 1.0, 1.0))
    z, y, x = np.indices((9, 9, 9), dtype=np.float32)
    volume, covered = onto_grid("pre.mha", 2 * x + 3 * y + 5 * z, source, target)
    z, y, x = np.indices((3, 4, 4))
    expected = 2 * (0.5 + 1.5 * x) + 3 * (1 + 1.5 * y) + 5 * (1 + 2 * z)
    np.testing.assert_allclose(volume, expected, rtol=1e-6)
    assert covered == 1


def test_beyond_the_edge_is_the_lowest_value_and_whole_numbers_stay_whole():
    source, target = grid((4, 4, 4), (1.0, 1.0, 1.0)), grid((4, 4, 4), (1.0, 1.0, 1.0), (2.5, 0.0, 0.0))
    volume = np.full((4, 4, 4), 7, np.int16)
    volume[0, 0, 0], volume[..., 3] = 3, 10
    moved, covered = onto_grid("pre.mha", volume, source, target)
    assert covered == pytest.approx(0.25)
    assert set(np.unique(moved[..., 0])) <= {8.0, 9.0}  # 8.5, rounded
    assert (moved[..., 1:] == 3).all()


def test_values_that_are_not_finite_do_not_spread():
    volume = np.full((4, 4, 4), 7, np.float32)
    volume[1, 1, 1], volume[0, 0, 0] = np.nan, 5
    moved, _ = onto_grid("pre.mha", volume, grid((4, 4, 4)), grid((4, 4, 4), origin=(0.5, 0.0, 0.0)))
    assert np.isfinite(moved).all() and moved.min() >= 5


def test_no_overlap():
    with pytest.raises(UserError, match=r"^pre\.mha: does not overlap with FLAIR"):
        onto_grid("pre.mha", np.ones((3, 4, 5)), grid(), grid(origin=(100.0, 0.0, 0.0)))
