import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_erosion, generate_binary_structure

from brainseg.losses.shared.distances import contour
from brainseg.metrics.borders import DENSE, border, distances

VOLUME, SLICES = (0, 1, 2), (1, 2)
steady = settings(max_examples=40, derandomize=True, database=None)


@pytest.mark.parametrize(("axes", "expected"), [(VOLUME, 5 * 5 * 5 - 3 * 3 * 3), (SLICES, 5 * 16)])
@pytest.mark.parametrize("margin", [0, 1])
def test_of_a_cube(axes, expected, margin):
    cube = np.pad(np.ones((5, 5, 5), bool), margin)
    found = border(cube, axes)
    assert found.sum() == expected and found.dtype == bool and not (found & ~cube).any()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 4, 4), (2, 2, 2)], ids=str)
def test_a_thin_mask_is_all_border_and_an_empty_one_has_none(shape):
    assert border(np.ones(shape, bool), VOLUME).all()
    assert not border(np.zeros(shape, bool), VOLUME).any()


def test_the_mask_stays_as_it_is():
    mask = np.ones((3, 4, 5), bool)
    border(mask, VOLUME)
    assert mask.all()


@steady
@given(arrays(bool, (4, 5, 6)), st.integers(1, 3))
def test_equals_what_scipys_erosion_takes_away(mask, times):
    mask = mask.repeat(times, 1).repeat(times, 2)  # larger times: with an inside
    assert (border(mask, VOLUME) == (mask & ~binary_erosion(mask))).all()
    in_slice = generate_binary_structure(3, 1) & (np.arange(3) == 1)[:, None, None]
    assert (border(mask, SLICES) == (mask & ~binary_erosion(mask, in_slice))).all()


@pytest.mark.parametrize("density", [0.3, 0.8, 0.97])
def test_equals_the_contour_that_losses_use(density, rng):
    mask = rng.random((4, 17, 12)) < density
    assert (border(mask, SLICES) == contour(torch.from_numpy(mask)).numpy()).all()


def test_distances_by_hand():
    here, there = np.zeros((2, 3, 5, 6), bool)
    here[0, 0, 0] = here[1, 3, 4] = here[2, 4, 5] = there[1, 0, 0] = there[2, 4, 5] = True
    # to the slice above; to the other slice's (2, 4, 5) over 2.5, 1, 1; to itself
    assert distances(here, there, (2.5, 1, 1)) == pytest.approx([2.5, math.sqrt(2.5**2 + 2), 0])


def between_all_pairs(here, there, spacing):
    between = (np.argwhere(here)[:, None] - np.argwhere(there)) * spacing
    return np.sqrt((between**2).sum(-1)).min(1)


SPACINGS = pytest.mark.parametrize("spacing", [(1, 1, 1), (4.7, 1, 1), (0.3, 2, 0.5)], ids=str)


@SPACINGS
@pytest.mark.parametrize("share", [0.02, 0.2, 2, 5])
def test_distances_in_sparse_and_in_dense_masks(share, spacing, rng):
    here, there = rng.random((2, 5, 40, 30)) < share * DENSE
    assert distances(here, there, spacing) == pytest.approx(between_all_pairs(here, there, spacing), abs=1e-12)


@SPACINGS
@pytest.mark.parametrize("points", [1, 30, 900])
def test_distances_between_masks_that_are_far_apart(points, spacing, rng):
    here, there = np.zeros((2, 8, 70, 70), bool)
    chosen = np.unravel_index(rng.choice(8 * 15 * 15, points, replace=False), (8, 15, 15))
    here[:, :15, :15][chosen] = there[:, -15:, -15:][chosen] = True
    there[4, 1, 1] = here[4, 69, 20] = True  # some of them are near
    assert distances(here, there, spacing) == pytest.approx(between_all_pairs(here, there, spacing), abs=1e-12)
