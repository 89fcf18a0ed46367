"""Smooth multiplicative fields, as the coils of a scanner cause them in its images."""

import torch

TERMS = 5  # of a polynomial of second order without its constant: x, y, x^2, x y, y^2


def random_bias_field(
    shape: tuple[int, ...], side_px: int, coefficient: float, generator: torch.Generator
) -> torch.Tensor:
    """(*shape, side_px, side_px) float32: exp of a polynomial in x and y, which run from -1 to 1 across the slice.

    Each of its five coefficients is uniform in +- coefficient. The centre of the slice has a factor of 1.
    Source: Van Leemput et al., IEEE TMI 1999, section II (a polynomial in the logarithm).
    """
    coefficients = coefficient * (2 * torch.rand(*shape, TERMS, generator=generator) - 1)
    return (coefficients @ polynomial_terms(side_px)).exp().unflatten(-1, (side_px, side_px))


def polynomial_terms(side_px: int) -> torch.Tensor:
    """(TERMS, side_px * side_px) float32: the terms at the middle of each pixel, row by row."""
    place = (2 * torch.arange(side_px) + 1) / side_px - 1
    y, x = torch.meshgrid(place, place, indexing="ij")
    return torch.stack([x, y, x * x, x * y, y * y]).flatten(1)
