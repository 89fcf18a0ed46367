from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch

from tests.training.small_state import after_an_epoch, at_the_start, same


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_a_state_that_was_saved_comes_back_and_trains_on_as_if_it_had_not_stopped(ema_decay):
    whole, resumed = after_an_epoch(ema_decay), at_the_start(ema_decay)
    resumed.load_state_dict(deepcopy(whole.state_dict()))
    assert same(resumed.state_dict(), whole.state_dict())
    for state in (whole, resumed):
        state.optimizer.zero_grad()
        state.network(torch.ones(1, 3, 4, 4)).square().mean().backward()
        state.optimizer.step()
        state.scheduler.step()
        if state.ema:
            state.ema.update_parameters(state.network)
    assert same(resumed.state_dict(), whole.state_dict())


def test_the_averaged_network_is_evaluated_where_there_is_one():
    averaged, plain = after_an_epoch(0.9), after_an_epoch(0.0)
    assert averaged.eval_network is averaged.ema.module
    assert plain.eval_network is plain.network
    assert same(averaged.copy_weights(), dict(averaged.ema.module.state_dict()))


def at(*path: Any, value: Any) -> Callable[[dict], None]:
    """Sets one place of a state."""

    def change(state: dict) -> None:
        *first, last = path
        for key in first:
            state = state[key]
        state[last] = value

    return change


def without(*path: Any) -> Callable[[dict], None]:
    def change(state: dict) -> None:
        *first, last = path
        for key in first:
            state = state[key]
        del state[last]

    return change


WRONG = {
    "no network": without("network"),
    "a network of another shape": at("network", "weight", value=torch.zeros(2, 3, 3, 3)),
    "a network of other names": at("network", value={"other": torch.zeros(2)}),
    "no average": without("ema"),
    "an average of another shape": at("ema", "module.weight", value=torch.zeros(1)),
    "a moment of another shape": at("optimizer", "state", 0, "exp_avg", value=torch.zeros(5)),
    "a learning rate that is a word": at("optimizer", "param_groups", 0, "lr", value="0.1"),
    "another number of groups": at("optimizer", "param_groups", value=[]),
    "a step that is a word": at("scheduler", "last_epoch", value="2"),
    "another field": at("trained", "more", value=1),
    "a field less": without("trained", "epoch_seconds"),
    "a history of words": at("trained", "history", value=["a"]),
    "an epoch that was not trained": at("trained", "best_epoch", value=2),
    "another epoch than the first": at("trained", "history", 0, "epoch", value=2),
    "no best epoch": at("trained", "best_epoch", value=0),
    "a best epoch that was not validated": at("trained", "history", 0, "validation_dsc", value=None),
    "best weights of another shape": at("trained", "best_state", "bias", value=torch.zeros(3)),
    "weights that are not finite": at("network", "bias", value=torch.full((2,), torch.nan)),
    "an average that is not finite": at("ema", "module.bias", value=torch.full((2,), torch.inf)),
    "a moment that is not finite": at("optimizer", "state", 0, "exp_avg", value=torch.full((2, 3, 2, 2), torch.nan)),
    "best weights that are not finite": at("trained", "best_state", "bias", value=torch.full((2,), torch.nan)),
    "another beta": at("optimizer", "param_groups", 0, "betas", value=(0.1, 0.2)),
    "a learning rate that is not finite": at("optimizer", "param_groups", 0, "lr", value=float("nan")),
    "a step below 0": at("optimizer", "state", 0, "step", value=torch.tensor(-1.0)),
    "a schedule below 0": at("scheduler", "last_epoch", value=-3),
    "a history without a column": without("trained", "history", 0, "validation_dsc"),
    "a history with a word": at("trained", "history", 0, "train_loss", value="0.5"),
    "a history with nan": at("trained", "history", 0, "train_loss", value=float("nan")),
    "patients without a column": without("trained", "per_patient", 0, "iou"),
    "patients with another column": at("trained", "per_patient", 0, "more", value=1.0),
    "a time below 0": at("trained", "train_seconds", value=-1.0),
    "no dictionary": lambda state: state.clear(),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_state_that_is_wrong_changes_nothing(change):
    wrong = deepcopy(after_an_epoch().state_dict())
    change(wrong)
    state = at_the_start()
    with pytest.raises((ValueError, KeyError, RuntimeError, TypeError)):
        state.load_state_dict(wrong)
    assert same(state.state_dict(), at_the_start().state_dict())
    state.load_state_dict(after_an_epoch().state_dict())  # nor does it spoil what follows


def test_a_state_of_another_number_of_steps_is_of_another_training():
    state = at_the_start()
    state.steps_per_epoch = 3
    with pytest.raises(ValueError, match="2 steps of 3"):
        state.load_state_dict(after_an_epoch().state_dict())
    state.steps_per_epoch = 2
    state.load_state_dict(after_an_epoch().state_dict())


def test_a_state_from_before_the_first_validation_is_loaded():
    before = after_an_epoch()
    before.trained.history[0] |= {"validation_loss": None, "validation_dsc": None}
    before.trained.per_patient, before.trained.best_epoch, before.trained.best_state = [], 0, {}
    state = at_the_start()
    state.load_state_dict(before.state_dict())
    assert same(state.state_dict(), before.state_dict())


def test_best_weights_before_the_first_validation_are_refused():
    before = after_an_epoch()
    before.trained.history[0] |= {"validation_loss": None, "validation_dsc": None}
    before.trained.best_epoch = 0
    with pytest.raises(ValueError):
        at_the_start().load_state_dict(before.state_dict())
