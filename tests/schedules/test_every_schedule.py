"""What every schedule must do; a new file in brainseg/schedules is tested without a word here."""

from math import cos, pi

import numpy as np
import pytest
import torch

from brainseg.core.components import available, build
from brainseg.core.errors import UserError
from brainseg.schedules.cosine import cosine
from brainseg.schedules.one_cycle import one_cycle
from brainseg.schedules.poly import poly


@pytest.fixture(params=available("schedules"))
def name(request) -> str:
    return request.param


def test_shares_are_between_0_and_1_and_reach_1(name, params):
    schedule = build("schedules", name, params)
    shares = [schedule(progress) for progress in np.linspace(0, 1, 1001)]
    assert min(shares) >= 0 and max(shares) == pytest.approx(1, abs=1e-3)


def test_there_are_no_jumps(name, params):
    schedule = build("schedules", name, params)
    shares = np.array([schedule(progress) for progress in np.linspace(0, 0.999, 2001)])
    assert np.abs(np.diff(shares)).max() < 0.01


def test_settings_that_do_not_exist_are_refused(name, params):
    given = {"schedules": {name: {**params["schedules"][name], "gamma": 0.1}}}
    with pytest.raises(UserError, match=f"schedules.{name}.gamma is not a setting"):
        build("schedules", name, given)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (lambda t: poly(t, power=2.0), {0.0: 1.0, 0.5: 0.25, 1.0: 0.0}),
        (lambda t: cosine(t, last=0.2), {0.0: 1.0, 1 / 3: 0.2 + 0.8 * 0.75, 0.5: 0.6, 1.0: 0.2}),
        (
            lambda t: one_cycle(t, rise=0.25, first=0.1, last=0.01),
            {0.0: 0.1, 0.125: 0.55, 0.25: 1.0, 0.625: 0.505, 1.0: 0.01},
        ),
    ],
    ids=["poly", "cosine", "one_cycle"],
)
def test_hand_computed(schedule, expected):
    assert {t: schedule(t) for t in expected} == pytest.approx(expected)


def shares_of_torch(kind, steps: int, **settings) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = kind(optimizer, **settings)
    shares = []
    for _ in range(steps):
        shares.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return shares


STEPS = 200


def test_poly_equals_pytorchs():
    theirs = shares_of_torch(torch.optim.lr_scheduler.PolynomialLR, STEPS, total_iters=STEPS, power=0.9)
    assert [poly(step / STEPS, power=0.9) for step in range(STEPS)] == pytest.approx(theirs, rel=1e-6)


def test_cosine_equals_pytorchs():
    theirs = shares_of_torch(torch.optim.lr_scheduler.CosineAnnealingLR, STEPS, T_max=STEPS, eta_min=0.1)
    assert [cosine(step / STEPS, last=0.1) for step in range(STEPS)] == pytest.approx(theirs, rel=1e-6)


def test_one_cycle_equals_pytorchs_whose_peak_lies_on_a_step():
    # PyTorch counts its steps from 0 to its last, and has its peak at rise * steps - 1
    steps, rise = 201, 60 / 201
    theirs = shares_of_torch(
        torch.optim.lr_scheduler.OneCycleLR,
        steps,
        max_lr=1.0,
        total_steps=steps,
        pct_start=rise,
        div_factor=25.0,
        final_div_factor=1e4,
        cycle_momentum=False,
    )
    peak = (rise * steps - 1) / (steps - 1)
    ours = [one_cycle(step / (steps - 1), rise=peak, first=1 / 25, last=1 / 25 / 1e4) for step in range(steps)]
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_one_cycle_rises_along_half_a_cosine():
    found = one_cycle(0.1, rise=0.3, first=0.04, last=0.0)
    assert found == pytest.approx(1 - 0.96 * (1 + cos(pi / 3)) / 2)
