"""What every loss must do; a new file in brainseg/losses is tested without a word here."""

import pytest
import torch

from brainseg.core.components import available, build
from brainseg.core.errors import UserError
from brainseg.training.loss_context import bind_context

MASKS = {
    "empty": torch.zeros(2, 1, 16, 16),
    "full": torch.ones(2, 1, 16, 16),
    "one of two slices": torch.zeros(2, 1, 16, 16),
}
MASKS["one of two slices"][0, :, 3:9, 4:12] = 1
TRUTH = MASKS["one of two slices"]
NOISE = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
LOGITS = {"-1e4": torch.full_like(NOISE, -1e4), "0": torch.zeros_like(NOISE), "1e4": torch.full_like(NOISE, 1e4)}
LOGITS |= {"noise": NOISE, "saturated noise": 1e4 * NOISE}


FACTS = {"progress": 0.5, "lesion_share": 0.1}


@pytest.fixture(params=available("losses"))
def name(request) -> str:
    return request.param


@pytest.fixture
def loss(name, params):
    return bind_context(build("losses", name, params), **FACTS)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("logits", LOGITS.values(), ids=LOGITS)
def test_value_and_gradient_are_finite(loss, mask, logits):
    logits = logits.clone().requires_grad_()
    value = loss(logits, mask)
    value.backward()
    assert value.shape == () and value.dtype == torch.float32
    assert value.isfinite() and logits.grad.isfinite().all()


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_worse_prediction_costs_more(name, loss, mask):
    confident = 40 * (2 * mask - 1)
    # in a fixed random order more and more pixels are taken for the opposite; but never all: by their
    # definitions shape_aware and hausdorff measure no distance to a prediction that is empty or full
    rank = NOISE.flatten().argsort().argsort().view_as(NOISE)
    costs = [loss(torch.where(rank < wrong, -confident, confident), mask).item() for wrong in (0, 50, 150, 350, 500)]
    if name == "boundary" and mask is not TRUTH:
        assert costs == [0] * 5  # by its definition: there is no contour to be far from
    else:
        assert costs == sorted(costs) and len(set(costs)) == 5


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_nothing_costs_less_than_the_confident_truth(loss, mask):
    truth = loss(40 * (2 * mask - 1), mask)
    assert all(truth <= loss(scale * NOISE.roll(shift, 3), mask) for scale in (0.1, 1, 10) for shift in range(5))
    assert all(truth <= loss(logits, mask) + 1e-6 for logits in LOGITS.values())


def test_steps_against_the_gradient_lead_to_the_truth(loss):
    logits = torch.zeros_like(TRUTH, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.5)
    for _ in range(30):
        optimizer.zero_grad()
        loss(logits, TRUTH).backward()
        optimizer.step()
    assert (logits > 0).float().equal(TRUTH)


def test_autocast_changes_nothing(loss):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = loss(NOISE, TRUTH)
    assert inside.dtype == torch.float32
    assert inside == loss(NOISE, TRUTH)


def test_logits_of_bf16_are_computed_with_in_float32(loss):
    rounded = NOISE.bfloat16()
    assert loss(rounded, TRUTH).dtype == torch.float32
    assert loss(rounded, TRUTH) == loss(rounded.float(), TRUTH)


@pytest.mark.parametrize("moved", [lambda x: x.flip(3), lambda x: x.flip(0), lambda x: x.transpose(2, 3)])
def test_mirror_images_and_the_order_of_the_batch_do_not_matter(loss, moved):
    assert loss(moved(NOISE), moved(TRUTH)).item() == pytest.approx(loss(NOISE, TRUTH).item(), rel=1e-5)


def test_logits_and_mask_are_left_alone(loss):
    logits, mask = NOISE.clone(), TRUTH.clone()
    loss(logits, mask)
    assert logits.equal(NOISE) and mask.equal(TRUTH)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_the_gradient_is_the_functions(name, params, mask, progress, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)  # all in float64
    loss = bind_context(build("losses", name, params), progress=progress, lesion_share=0.1)
    generator = torch.Generator().manual_seed(1)
    sign = torch.where(torch.rand(mask.shape, generator=generator) < 0.8, 2 * mask - 1, 1 - 2 * mask)
    size = 0.3 + 2 * torch.rand(mask.shape, generator=generator)  # not near 0, where the predicted mask jumps
    logits = (sign * size).double().requires_grad_()
    assert loss(logits, mask.double()).dtype == torch.float64
    assert torch.autograd.gradcheck(lambda given: loss(given, mask.double()), [logits], eps=1e-6, atol=1e-7, rtol=1e-4)


def test_settings_that_do_not_exist_are_refused(name, params):
    given = {"losses": {name: {**params["losses"][name], "strength": 1.0}}}
    with pytest.raises(UserError, match=f"losses.{name}.strength is not a setting"):
        build("losses", name, given)
