"""Logits and masks for tests of losses."""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter


def drawn(*slices: str) -> torch.Tensor:
    """Masks, (N, 1, H, W) float: # is lesion, / ends a row."""
    return torch.tensor([[[[float(pixel == "#") for pixel in row] for row in text.split("/")]] for text in slices])


def blobs(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and a mask, (6, 1, 20, 26), both with smooth outlines; the last two targets are empty and full."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal((2, 6, 1, 20, 26)), (0, 0, 0, 2, 2))
    logits, field = torch.from_numpy(noise / noise.std()).float()
    target = (field > 0.5).float()
    target[4], target[5] = 0, 1
    return 3 * logits, target


def in_float64(logits: torch.Tensor, target: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and truth, (N, H, W)."""
    return 1 / (1 + np.exp(-logits[:, 0].double().numpy())), target[:, 0].double().numpy()


def probabilities(*given: float) -> torch.Tensor:
    """The logits of one slice, a single row, with these probabilities."""
    p = torch.tensor(given, dtype=torch.float64)
    return (p.log() - (1 - p).log()).float().view(1, 1, 1, -1)
