"""What every optimizer must do; a new file in brainseg/optims is tested without a word here."""

import pytest
import torch

from brainseg.core.components import available
from brainseg.core.components import build as build_component
from brainseg.core.errors import UserError

NAMES = available("optims")


def build(name: str, given: dict, start: float = 1.0) -> torch.optim.Optimizer:
    return build_component("optims", name, {"optims": {name: given}})([torch.nn.Parameter(torch.full((2,), start))])


@pytest.mark.parametrize("name", NAMES)
def test_settings_of_params_yaml_reach_the_optimizer(name, params):
    given = dict(params["optims"][name])
    optimizer = build(name, given)
    group = optimizer.param_groups[0]
    betas = {"betas": (given.pop("beta1"), given.pop("beta2"))} if "beta1" in given else {}
    assert {key: group[key] for key in given | betas} == given | betas


@pytest.mark.parametrize(
    ("name", "kind", "given", "expected"),
    [
        (
            "adam",
            torch.optim.Adam,
            {"lr": 0.5, "beta1": 0.1, "beta2": 0.2, "weight_decay": 0.3},
            {"lr": 0.5, "betas": (0.1, 0.2), "weight_decay": 0.3, "amsgrad": False},
        ),
        (
            "adamw",
            torch.optim.AdamW,
            {"lr": 0.5, "beta1": 0.1, "beta2": 0.2, "weight_decay": 0.3},
            {"lr": 0.5, "betas": (0.1, 0.2), "weight_decay": 0.3, "amsgrad": False},
        ),
        (
            "sgd",
            torch.optim.SGD,
            {"lr": 0.5, "momentum": 0.4, "nesterov": True, "weight_decay": 0.3},
            {"lr": 0.5, "momentum": 0.4, "nesterov": True, "weight_decay": 0.3, "dampening": 0},
        ),
    ],
)
def test_each_setting_reaches_its_own_place(name, kind, given, expected):
    optimizer = build(name, given)
    assert type(optimizer) is kind
    assert {key: optimizer.param_groups[0][key] for key in expected} == expected


@pytest.mark.parametrize("name", NAMES)
def test_steps_lower_a_convex_function(name, params):
    optimizer = build(name, params["optims"][name] | {"lr": 1e-2}, start=3.0)
    (weights,) = optimizer.param_groups[0]["params"]
    values = []
    for _ in range(6):  # few: momentum overshoots later
        value = (weights**2).sum()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values == sorted(values, reverse=True) and values[-1] < values[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lr", [0, 0.0, -1e-3, "1e-3", None, True, float("nan"), float("inf")])
def test_a_learning_rate_that_cannot_be_is_refused(name, lr, params):
    with pytest.raises(UserError, match=rf"params.yaml: optims.{name}.lr is .*; expected [^\n]*$"):
        build(name, params["optims"][name] | {"lr": lr})


@pytest.mark.parametrize("name", NAMES)
def test_unknown_and_missing_settings_are_refused(name, params):
    given = dict(params["optims"][name])
    with pytest.raises(UserError, match=f"optims.{name}.learning_rate is not a setting"):
        build(name, given | {"learning_rate": 0.1})
    given.pop("lr")
    with pytest.raises(UserError, match=f"optims.{name}.lr is missing"):
        build(name, given)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("adam", {"beta1": 1.0}),
        ("adam", {"beta2": -0.1}),
        ("adam", {"weight_decay": -1.0}),
        ("adamw", {"weight_decay": -1.0}),
        ("sgd", {"momentum": 1.0}),
        ("sgd", {"nesterov": 1}),
        ("sgd", {"weight_decay": -1.0}),
    ],
)
def test_numbers_outside_their_range_are_refused(name, change, params):
    with pytest.raises(UserError, match=f"optims.{name}.{next(iter(change))} is "):
        build(name, params["optims"][name] | change)


def test_nesterov_without_momentum_is_refused(params):
    with pytest.raises(UserError, match=r"optims\.sgd: nesterov is true; it needs a momentum above 0"):
        build("sgd", params["optims"]["sgd"] | {"nesterov": True, "momentum": 0.0})


def test_adamw_shrinks_weights_that_have_no_gradient_and_adam_does_not_by_lr_times_decay():
    for name, expected in (("adamw", 2.0 * (1 - 0.1 * 0.5)), ("adam", 2.0 - 0.1)):  # adam: one whole step of lr
        optimizer = build(name, {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "weight_decay": 0.5}, start=2.0)
        (weights,) = optimizer.param_groups[0]["params"]
        weights.grad = torch.zeros_like(weights)
        optimizer.step()
        assert weights.tolist() == [pytest.approx(expected, rel=1e-5)] * 2
