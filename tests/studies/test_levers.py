from pathlib import Path

import pandas as pd
import pytest

from brainseg.params_check import cross_check
from studies import growing_table, levers
from studies.levers_tried import BASE, LEVERS, RECIPES

WHO = {"lever": "base", "upon": "", "fold": 0, "seed": 0}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("changes", [*RECIPES.values(), *LEVERS.values()], ids=[*RECIPES, *LEVERS])
def test_every_lever_is_a_network_that_can_be_trained(params, changes):
    assert cross_check(levers.with_changes(params, BASE | changes)) == []


def test_changes_are_made_in_a_copy(params):
    changed = levers.with_changes(params, {"seed": 7, "archs.unet.features": 9})
    assert (changed["seed"], changed["archs"]["unet"]["features"]) == (7, 9)
    assert params["seed"] == 0 and params["archs"]["unet"]["features"] == 8


@pytest.mark.parametrize("key", ["sed", "archs.unet.feature", "arch.unet"])
def test_a_setting_that_does_not_exist_is_an_error(params, key):
    with pytest.raises((KeyError, TypeError)):
        levers.with_changes(params, {key: 1})


def test_what_is_there_is_not_run_again(params, monkeypatch):
    runs = []

    def fake_run(folder, changed):
        runs.append((changed["split"]["fold"], changed["loss"]))
        return {"dsc_mean": 0.8}, [{"patient": "a", "dsc": 0.8}]

    monkeypatch.setattr(levers, "run", fake_run)
    growing_table.append(levers.TABLE, pd.DataFrame([WHO | {"dsc_mean": 0.8, "settings": "loss=dice"}]))
    for _ in range(2):
        levers.run_lever(Path("folder"), "base", "", {"loss": "dice"}, (0, 1))
    assert runs == [(1, "dice")]
    assert len(levers.TABLE.read_text().splitlines()) == 3
