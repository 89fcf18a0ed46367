import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import brainseg
from brainseg.core.components import KINDS, available, build, build_chosen
from brainseg.core.errors import UserError
from brainseg.core.params import StrictSettings
from tests.conftest import ROOT

CONTEXT = ("progress", "lesion_share")  # bound by training/loss_context.py
ALL = [(kind, name) for kind in KINDS for name in available(kind)]
DICE = {"losses": {"dice": {"smooth": 2.0, "reduce": "sample"}}, "loss": "dice"}


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_the_files_and_folders_of_a_kind_but_what_they_share(kind):
    folder = Path(brainseg.__file__).parent / kind
    there = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert available(kind) == sorted(there - {"__init__", "shared"}) != []


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_component_holds_a_function_of_its_name_whose_keywords_are_its_settings(kind, name):
    module = import_module(f"brainseg.{kind}.{name}")
    if kind == "archs":
        assert list(inspect.signature(getattr(module, name)).parameters) == ["in_channels", "settings"]
        return
    keywords = inspect.getfullargspec(getattr(module, name)).kwonlyargs
    assert issubclass(module.Settings, StrictSettings)
    context = CONTEXT if kind == "losses" else ()  # these training tells, not params.yaml
    assert list(module.Settings.model_fields) == [keyword for keyword in keywords if keyword not in context]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_params_yaml_has_a_fine_block_for_each(kind, name, params, monkeypatch):
    monkeypatch.chdir(ROOT)  # datasets.folder.path is relative
    keywords = build(kind, name, params).keywords
    found = keywords["settings"].model_dump() if kind == "archs" else keywords
    assert found == params[KINDS[kind][1]][name]


def test_load_binds_the_settings_of_its_block():
    loss = build("losses", "dice", DICE)
    assert loss.func.__name__ == "dice"
    assert loss.keywords == {"smooth": 2.0, "reduce": "sample"}


def test_chosen_follows_the_word_in_params():
    assert build_chosen("losses", DICE).func.__name__ == "dice"
    assert build_chosen("losses", DICE | {"losses": {"bce": {}}, "loss": "bce"}).func.__name__ == "bce"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["nonsense", "__init__", "", "../errors"])
def test_an_unknown_name_is_answered_with_the_names_there_are(kind, name):
    word = KINDS[kind][0]
    expected = f"params.yaml: {word} is {name!r}; expected one of: {', '.join(available(kind))}"
    with pytest.raises(UserError, match=f"^{re.escape(expected)}$"):
        build_chosen(kind, {word: name})


def test_a_block_that_is_missing_is_reported():
    with pytest.raises(UserError, match=r"^params.yaml: losses.dice is missing$"):
        build("losses", "dice", {"losses": {"bce": {}}})
