import pytest
import torch

from benchmarks.bench import settings
from benchmarks.limit import copy, matrix_product, operations
from brainseg.core.components import build_chosen

CPU = torch.device("cpu")


def test_operations_of_one_convolution_by_hand():
    # of 3 channels to 5, 3 x 3, on 8 x 8 pixels; training adds the gradient of the weights, but none of the images
    training, prediction = operations(lambda: torch.nn.Conv2d(3, 5, 3, padding=1), 8)
    assert prediction == 2 * 3 * 5 * 9 * 64
    assert training == 2 * prediction


def test_operations_of_the_unet_at_the_reports_size():
    params = settings(256, 32, 4)
    training, prediction = operations(lambda: build_chosen("archs", params)(3), 256)
    # five levels, by hand: each level's 3 x 3 convolutions, the 2 x 2 transposed ones, the head
    pixels = [256**2 / 4**level for level in range(5)]
    widths = [32 * 2**level for level in range(5)]
    down = sum(9 * n * w * (before + w) for n, w, before in zip(pixels, widths, [3, *widths], strict=False))
    up = sum(9 * n * w * (2 * w + w) + 4 * (n / 4) * (2 * w) * w for n, w in zip(pixels, widths[:-1], strict=False))
    assert prediction / 2 == pytest.approx(down + up + pixels[0] * 32)
    assert training == pytest.approx(3 * prediction - 2 * 9 * pixels[0] * 32 * 3)


def test_the_works_do_what_they_are_counted_for():
    product, count = matrix_product(CPU, 4)
    product()
    assert count == 2 * 4 * 4 * 4
    moved, count = copy(CPU, 1000)
    moved()
    assert count == 2000
