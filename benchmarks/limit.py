"""What the machine can do at most: its rate of matrix products and of copying, measured in the same run."""

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from brainseg.device import uses_bf16

MATRIX = 2048  # rows and columns; larger ones are no faster
COPIED_BYTES = 2**27  # far more than the caches hold


def matrix_product(device: torch.device, size: int = MATRIX) -> tuple[Callable[[], None], float]:
    """A product in the precision that `auto` chooses, and its floating-point operations."""
    dtype = torch.bfloat16 if uses_bf16(device, "auto") else torch.float32
    left, right, out = (torch.ones(size, size, dtype=dtype, device=device) for _ in range(3))
    return lambda: torch.mm(left, right, out=out), 2.0 * size**3


def copy(device: torch.device, count: int = COPIED_BYTES) -> tuple[Callable[[], None], float]:
    """A copy within the device's memory, and the bytes that it reads and writes."""
    source, target = (torch.ones(count, dtype=torch.uint8, device=device) for _ in range(2))
    return lambda: target.copy_(source), 2.0 * count


def operations(build: Callable[[], torch.nn.Module], side_px: int) -> tuple[float, float]:
    """Floating-point operations of a training step and of a prediction, for one slice; two a multiply-add.

    PyTorch counts them on tensors without data. Convolutions and matrix products are counted, and nothing else.
    """
    with torch.device("meta"):
        network, images = build(), torch.ones(2, 3, side_px, side_px)
        with FlopCounterMode(display=False) as training:
            network(images).sum().backward()  # not the loss, which meta tensors cannot compute
        with FlopCounterMode(display=False) as prediction, torch.no_grad():
            network.eval()(images)
    return training.get_total_flops() / 2, prediction.get_total_flops() / 2
