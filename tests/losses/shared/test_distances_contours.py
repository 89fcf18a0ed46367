from math import hypot, sqrt

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

from brainseg.losses.shared.distances import _on_cpu, _on_device, contour, mean_contour_distance_px

SHAPES = pytest.mark.parametrize("shape", [(24, 24), (17, 31), (40, 9)], ids=str)


def drawn(text: str) -> torch.Tensor:
    """A slice, (1, H, W) bool: # is inside, / ends a row."""
    return torch.tensor([[[pixel == "#" for pixel in row] for row in text.split("/")]])


def square(row: int, column: int, side: int) -> torch.Tensor:
    mask = torch.zeros(1, 12, 15, dtype=torch.bool)
    mask[0, row : row + side, column : column + side] = True
    return mask


def blobs(shape: tuple[int, int], seed: int) -> torch.Tensor:
    """Random masks with smooth outlines, (7, *shape) bool; the last but one is empty, the last full."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal((7, *shape)), (0, 2, 2))
    threshold = np.array([-0.1, 0.0, 0.0, 0.1, 0.2, 9.0, -9.0])[:, None, None]
    return torch.from_numpy(noise > threshold)


def eroded_away(masks: torch.Tensor) -> np.ndarray:
    """The contours according to scipy, whose erosion looks at the four neighbours."""
    return np.array([mask & ~binary_erosion(mask, border_value=0) for mask in masks.numpy()])


def scipys_distance(from_masks: torch.Tensor, to_masks: torch.Tensor) -> list[float]:
    here, there = eroded_away(from_masks), eroded_away(to_masks)
    return [
        distance_transform_edt(~target)[source].mean() if source.any() and target.any() else 0.0
        for source, target in zip(here, there, strict=True)
    ]


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        pytest.param("....../.####./.####./.####./......", "....../.####./.#..#./.####./......", id="rectangle"),
        pytest.param(".../.#./...", ".../.#./...", id="one pixel"),
        pytest.param("...../.###./.....", "...../.###./.....", id="line"),
        pytest.param("###./###./###./....", "###./#.#./###./....", id="at the image's edge"),
        pytest.param("####/####/####", "####/#..#/####", id="all of the image"),
        pytest.param("#####/#####/##.##/#####/#####", "#####/#.#.#/##.##/#.#.#/#####", id="hole"),
        pytest.param(".####/#####/#####/#####", ".####/#...#/#...#/#####", id="a corner shares no edge"),
        pytest.param(".../...", ".../...", id="nothing"),
    ],
)
def test_contour_drawn_by_hand(mask, expected):
    found = contour(drawn(mask))
    assert found.dtype == torch.bool
    assert found.equal(drawn(expected))


@SHAPES
@pytest.mark.parametrize("share", [0.3, 0.8, 0.97])
def test_contour_is_what_an_erosion_takes_away(shape, share, rng):
    masks = torch.from_numpy(rng.random((4, *shape)) < share)
    assert (contour(masks).numpy() == eroded_away(masks)).all()


# the outlines of squares of 3 and 5 pixels are of 8 and 16; between concentric ones corners are further apart
TO_INNER_PX = (12 + 4 * sqrt(2)) / 16
LINE_TO_PIXEL_PX = (3 + 2 * sqrt(9 + 1) + 2 * sqrt(9 + 4)) / 5


@pytest.mark.parametrize(
    ("from_mask", "to_mask", "expected"),
    [
        pytest.param(square(2, 2, 5), square(2, 2, 5), 0.0, id="the same"),
        pytest.param(square(4, 1, 2), square(4, 4, 2), 2.5, id="columns 1 and 2 to column 4"),
        # 3 pixels of the left side are 1 off, and the middle of the right one, in the other's inside
        pytest.param(square(4, 4, 3), square(4, 5, 3), 4 / 8, id="shifted by one"),
        pytest.param(square(4, 4, 3), square(3, 3, 5), 1.0, id="inner to outer"),
        pytest.param(square(3, 3, 5), square(4, 4, 3), TO_INNER_PX, id="outer to inner"),
        pytest.param(drawn("..#../...../...../#####"), drawn("...../...../...../#####"), 3 / 6, id="pixel and line"),
        pytest.param(drawn("..#../...../...../....."), drawn("...../...../...../#####"), 3.0, id="pixel to line"),
        pytest.param(drawn("...../...../...../#####"), drawn("..#../...../...../....."), LINE_TO_PIXEL_PX, id="back"),
        pytest.param(drawn("#..../...../...../....."), drawn("...../...../...../....#"), 5.0, id="3, 4, 5"),
    ],
)
def test_distance_by_hand(from_mask, to_mask, expected):
    found = mean_contour_distance_px(from_mask, to_mask)
    assert found.shape == (1,) and found.dtype == torch.float32
    assert found.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("measured", [_on_cpu, _on_device])
def test_no_distance_where_either_mask_is_empty(measured):
    nothing, something = drawn(".../..."), drawn("#../...")
    here = torch.cat([nothing, something, nothing, something])
    there = torch.cat([something, nothing, nothing, drawn("..#/...")])
    assert measured(here, there).tolist() == [0, 0, 0, 2]


@pytest.mark.parametrize("measured", [_on_cpu, _on_device])
@pytest.mark.parametrize("shape", [(1, 50), (50, 1), (4, 41), (41, 4)], ids=str)
def test_the_longest_distance_is_from_corner_to_corner(measured, shape):
    here, there = torch.zeros(2, 1, *shape, dtype=torch.bool)
    here[0, 0, 0] = there[0, -1, -1] = True
    assert measured(here, there).item() == pytest.approx(hypot(shape[0] - 1, shape[1] - 1), rel=1e-6)


@SHAPES
@pytest.mark.parametrize("seed", range(3))
def test_distance_equals_scipys_distance_transform(shape, seed):
    masks, others = blobs(shape, seed), blobs(shape, seed + 10).roll(1, 0)
    expected = scipys_distance(masks, others)
    assert max(expected) > 1 and min(expected) == 0
    assert mean_contour_distance_px(masks, others).tolist() == pytest.approx(expected, rel=1e-6)


@SHAPES
@pytest.mark.parametrize("seed", range(3))
def test_the_gpus_way_gives_what_the_cpus_does(shape, seed):
    here, there = contour(blobs(shape, seed)), contour(blobs(shape, seed + 10).roll(1, 0))
    torch.testing.assert_close(_on_device(here, there), _on_cpu(here, there), rtol=0, atol=1e-4)


def test_the_gpus_way_needs_no_value_to_go_on():
    masks = torch.empty(2, 8, 12, dtype=torch.bool, device="meta")  # has none, and fails if asked for one
    assert mean_contour_distance_px(masks, masks).shape == (2,)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_does_not_wait():
    masks = blobs((24, 24), 0)
    here, there = masks.cuda(), masks.roll(1, 0).cuda()
    mean_contour_distance_px(here, there)  # what is done only once may wait
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = mean_contour_distance_px(here, there)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.testing.assert_close(found.cpu(), mean_contour_distance_px(masks, masks.roll(1, 0)), rtol=0, atol=1e-4)
