"""`brainseg ensemble`, with experiments and a file system of DVC that are made up."""

import shutil
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from dvc.exceptions import FileMissingError

from brainseg.cli import collect_ensemble as module
from brainseg.cli.collect_ensemble import collect_ensemble
from brainseg.core.errors import UserError
from brainseg.data.ensemble import LEARNED_FROM
from brainseg.experiments import outputs
from tests.conftest import ROOT


class Cache:
    """Each revision's last.pt says which it is of; a fault is what DVC raises instead."""

    def __init__(self) -> None:
        self.faults: dict[str, Exception] = {}

    def at(self, url: str, rev: str) -> SimpleNamespace:
        def get(path: str, to: str, recursive: bool) -> None:
            assert (url, path, recursive) == (str(Path.cwd()), "data/weights", True)
            if rev in self.faults:
                raise self.faults[rev]
            Path(to).mkdir()
            (Path(to) / "last.pt").write_text(rev)

        return SimpleNamespace(get=get)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Cache:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    cache = Cache()
    monkeypatch.setattr(outputs, "DVCFileSystem", cache.at)
    monkeypatch.setattr(outputs, "how_to_get", lambda folder, revision: f"get {revision} with dvc")
    return cache


@pytest.fixture
def experiments(cache, params, monkeypatch):
    """What any pattern means: experiments of these names, with some settings changed."""

    def set_(**changes_of: dict) -> None:
        found = []
        for name, changes in changes_of.items():
            its = deepcopy(params)
            for key, value in changes.items():
                *path, last = key.split(".")
                block = its
                for part in path:
                    block = block[part]
                block[last] = value
            subset = {f"{name} trains": "train", f"{name} validates": "validation", f"{name} tests": "test"}
            per_volume = pd.DataFrame({"subset": subset}).rename_axis("patient")
            lock = {"train": {"outs": [{"path": "data/weights", "md5": f"{name}.dir"}]}}
            revision = f"sha of {name}"
            found.append(SimpleNamespace(name=name, revision=revision, params=its, per_volume=per_volume, lock=lock))
        monkeypatch.setattr(module, "find", lambda folder, patterns: found)

    return set_


def content(folder: Path) -> dict[str, str]:
    """But for what they learned from."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != LEARNED_FROM]
    return {str(path.relative_to(folder)): path.read_text() for path in files}


TWO = {
    "one/last.pt": "sha of one",
    "two/last.pt": "sha of two",
    "trained_on.csv": "network,patient,person,subset\n"
    "one,one trains,one trains,train\none,one validates,one validates,validation\n"
    "two,two trains,two trains,train\ntwo,two validates,two validates,validation\n",
}


def test_the_weights_of_all_are_brought_together_with_who_trained_them(experiments, tmp_path, capsys):
    experiments(one={}, two={"split.fold": 1, "seed": 3, "loss": "bce"})
    collect_ensemble(["*"])
    assert content(tmp_path / "data") == {f"ensemble/{name}": text for name, text in TWO.items()}
    reported = capsys.readouterr().out
    assert reported.splitlines() == [
        "2 networks in data/ensemble: one, two",
        "next: dvc exp run -S predict.networks=data/ensemble",
    ]


def test_they_take_the_place_of_those_before_but_the_readme_stays(experiments, tmp_path):
    experiments(old={}, one={})
    collect_ensemble(["*"])
    (tmp_path / "data" / "ensemble" / "README.md").write_text("what this is")
    experiments(one={}, two={})
    collect_ensemble(["*"])
    assert content(tmp_path / "data" / "ensemble") == TWO | {"README.md": "what this is"}


def test_one_is_no_ensemble(experiments, tmp_path):
    experiments(one={})
    with pytest.raises(UserError, match="^one: one network is no ensemble; name two or more$"):
        collect_ensemble(["one"])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"arch": "unetpp"}, "^arch is unet in one, unetpp in two; expected networks with the same input"),
        ({"preprocess.side_px": 128}, "^preprocess is .*64.* in one, .*128.* in two; "),
        ({"input.neighbours": 1}, "^input is .* in one, .*'neighbours': 1.* in two; "),
        ({"archs.unet.features": 16}, "^archs.unet is .* in one, .*'features': 16.* in two; "),
        ({"datasets.phantom.seed": 7}, "^datasets.phantom is .* in one, .*'seed': 7.* in two; "),
    ],
)
def test_networks_that_learned_from_other_images_are_refused(experiments, tmp_path, changes, reported):
    experiments(one={}, two=changes)
    with pytest.raises(UserError, match=reported):
        collect_ensemble(["*"])
    assert not (tmp_path / "data").exists()


def test_an_architecture_that_is_not_chosen_may_differ(experiments):
    experiments(one={}, two={"archs.unetpp.features": 16})
    collect_ensemble(["*"])


@pytest.mark.parametrize("error", [FileMissingError("data/weights"), FileNotFoundError(2, "none", "data/weights")])
def test_weights_that_are_not_here_are_reported_and_what_was_there_stays(experiments, cache, tmp_path, error):
    experiments(one={}, two={})
    collect_ensemble(["*"])
    cache.faults["sha of three"] = error
    experiments(one={}, three={})
    with pytest.raises(UserError, match="^three: data/weights is not in DVC's cache .*; get sha of three with dvc$"):
        collect_ensemble(["*"])
    assert content(tmp_path / "data") == {f"ensemble/{name}": text for name, text in TWO.items()}


def test_a_network_whose_name_has_a_slash_is_one_of_them(experiments, tmp_path):
    experiments(**{"mine/one": {}, "two": {}})
    collect_ensemble(["*"])
    assert (tmp_path / "data" / "ensemble" / "mine" / "one" / "last.pt").read_text() == "sha of mine/one"


def test_a_network_that_started_from_a_model_file_is_refused(experiments, monkeypatch):
    experiments(one={}, two={"train.start_from": "model.zip"})
    found = module.find(Path.cwd(), ["*"])
    found[1].lock = {"train": {"deps": [{"path": "model.zip", "md5": "0123"}]}}
    monkeypatch.setattr(module, "find", lambda folder, patterns: found)
    with pytest.raises(
        UserError, match="^two: started from model.zip, which lists its patients as hashes; `pack` them"
    ):
        collect_ensemble(["*"])
