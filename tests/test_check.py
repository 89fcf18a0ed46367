import re
from pathlib import Path

import pytest
from conftest import ROOT

from brainseg.errors import UserError
from brainseg.params import read_params
from stages.check import main


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Write params.yaml with one piece of text replaced, in an empty folder."""
    original = read_text()
    (tmp_path / "data" / "own").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def write(old: str = "", new: str = "") -> None:
        assert old in original
        (tmp_path / "params.yaml").write_text(original.replace(old, new, 1))

    return write


def read_text() -> str:
    text = (ROOT / "params.yaml").read_text()
    for word, name in {"data": "phantom", "loss": "dice", "optim": "adam", "arch": "unet", "seed": "0"}.items():
        text = re.sub(rf"^{word}: \S+", f"{word}: {name}", text, flags=re.MULTILINE)  # whatever it says today
    return text


def test_the_params_as_they_are_pass(params, tmp_path):
    params()
    main()
    assert (tmp_path / "data" / "params_checked").exists()
    assert read_params()["loss"] == "dice"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("loss: dice ", "loss: dise ", "loss is 'dise'; expected one of: bce, dice"),
        ("seed: 0 ", "seed: -1 ", "seed is -1; expected a whole number from 0 to 4294967295"),
        ("seed: 0 ", "sed: 0 ", "sed is not a setting; allowed: seed"),
        ("rotation_deg: 15.0", "rotation_deg: fifteen", "augment.rotation_deg is 'fifteen'; expected a valid number"),
        ("folds: 5", "folds: 1", "split.folds is 1; expected greater than or equal to 2"),
        ("fold: 0 ", "fold: 5 ", "split: fold is 5; expected 0 to 4 with 5 folds"),
        ("test: 0.25", "test: 0.9", "split: validation and test are 0.15 and 0.9; together below 1, to train"),
        ("low_percentile: 10.0", "low_percentile: 99.0", "low_percentile is 99.0; expected below high_percentile"),
        ("strategy: random", "strategy: randm", "split.strategy is 'randm'; expected 'random', 'report' or 'kfold'"),
        ("path: data/own", "path: data/none", "datasets.folder.path: 'data/none' is neither a folder nor a zip"),
        ("side_px: 64", "side_px: 72", "preprocess.side_px is 72; unet needs a multiple of 16: 64 or 80"),
        ("nesterov: false", "nesterov: yes please", "optims.sgd.nesterov is 'yes please'; expected a valid boolean"),
        ("  bce: {}", "  bcee: {}", "losses.bcee is a block of nothing; expected one of: bce, dice"),
    ],
)
def test_a_mistake_is_told_with_its_key_its_value_and_what_is_allowed(params, tmp_path, old, new, told):
    params(old, new)
    with pytest.raises(UserError) as error:
        main()
    assert told in str(error.value)
    assert not (tmp_path / "data" / "params_checked").exists()


def test_all_mistakes_are_told_at_once(params):
    params("epochs: 40", "epochs: 0")
    text = read_text().replace("epochs: 40", "epochs: 0").replace("dpi: 100", "dpi: 7")
    Path("params.yaml").write_text(text)
    with pytest.raises(UserError) as error:
        main()
    assert [line.split()[1] for line in str(error.value).splitlines()] == ["train.epochs", "plot.dpi"]
