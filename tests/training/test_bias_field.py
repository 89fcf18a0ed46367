import pytest
import torch

from brainseg.training.bias_field import polynomial_terms, random_bias_field


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_terms_by_hand():
    # two pixels a side: their middles are at -1/2 and 1/2
    x, y, xx, xy, yy = polynomial_terms(2).tolist()
    assert x == [-0.5, 0.5, -0.5, 0.5]
    assert y == [-0.5, -0.5, 0.5, 0.5]
    assert xx == yy == [0.25] * 4
    assert xy == [0.25, -0.25, -0.25, 0.25]


def test_the_centre_has_a_factor_of_1_and_the_field_is_smooth():
    field = random_bias_field((20,), 33, 0.5, generator())
    assert field.shape == (20, 33, 33)
    torch.testing.assert_close(field[:, 16, 16], torch.ones(20))
    assert field.min() > 0
    assert field.log().diff(dim=1).abs().max() < 0.2


def test_the_logarithm_stays_within_the_sum_of_the_coefficients():
    log = random_bias_field((200,), 16, 0.3, generator()).log().abs()
    assert 0.5 < log.max() < 5 * 0.3


def test_a_coefficient_of_0_is_a_field_of_1():
    assert random_bias_field((2, 3), 8, 0.0, generator()).equal(torch.ones(2, 3, 8, 8))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_generator_decides(seed):
    first, again, other = (random_bias_field((2,), 8, 0.3, generator(s)) for s in (seed, seed, seed + 1))
    assert first.equal(again) and not first.equal(other)
