import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from brainseg.compare.comparison import Comparison
from brainseg.compare.page.files import as_json, write
from brainseg.compare.page.markdown import page
from tests.compare.small_comparison import PATIENTS, SCORES, compared, seeds, shifted, three
from tests.compare.small_experiment import experiment

TRAITS = {"size": ["small"] * 6 + ["large"] * 6, "edge": ["smooth"] * 12}
TABLES = {"methods.csv", "verdicts.csv", "pairs.csv", "strata.csv", "scores.csv"}
PICTURES = {"scores.png", "differences.png", "verdicts.png", "ranks.png", "strata.png"}


def noted() -> Comparison:
    return compared([experiment("dice", SCORES, columns=TRAITS), *three()[1:]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("comparison") / "deeper" / "out"
    write(noted(), folder)
    return folder


def test_all_files_are_written_and_nothing_else(folder):
    assert {path.name for path in folder.iterdir()} == {"comparison.md", "comparison.json"} | TABLES | PICTURES
    assert (folder / "comparison.md").read_text() == page(noted())
    for name in PICTURES:
        assert np.ptp(imread(folder / name)[..., :3]) > 0.5, name


def test_twice_the_same_bytes(folder, tmp_path):
    write(noted(), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }


def test_the_scores_are_a_row_a_patient(folder):
    table = pd.read_csv(folder / "scores.csv")
    assert list(table) == ["patient", "fold", "dice", "bce", "sgd"]
    assert table.patient.tolist() == PATIENTS and set(table.fold) == {0}
    assert table.bce.tolist() == pytest.approx([*shifted(0.1).values()])


def test_scores_are_means_over_seeds_and_a_method_may_be_called_patient(tmp_path):
    write(compared(seeds("dice", "dice", 0, (1, 3)) + seeds("patient", "bce", 0.1, (1, 2))), tmp_path)
    header, first, *_ = (tmp_path / "scores.csv").read_text().splitlines()
    assert header == "patient,fold,dice,patient"
    assert [float(value) for value in first.split(",")[1:]] == pytest.approx([0, 0.302, 0.4015])


def test_the_other_tables(folder):
    methods = pd.read_csv(folder / "methods.csv")
    assert methods.method.tolist() == ["dice", "bce", "sgd"] and methods.epochs.tolist() == [40] * 3
    verdicts, pairs = pd.read_csv(folder / "verdicts.csv"), pd.read_csv(folder / "pairs.csv")
    assert verdicts[["a", "b", "verdict"]].to_numpy().tolist() == [["bce", "dice", "better"], ["sgd", "dice", "worse"]]
    assert verdicts["mean"].tolist() == pytest.approx([0.1055, -0.0945])
    assert verdicts.p_holm.tolist() == pytest.approx([2 * 2 / 2**12] * 2)
    assert len(pairs) == 3 and list(pairs) == list(verdicts)
    assert len(pd.read_csv(folder / "strata.csv")) == 9


def strict(text: str) -> dict:
    def refused(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refused)


def test_the_json_holds_everything(folder):
    content = strict((folder / "comparison.json").read_text())
    assert content == as_json(noted())
    assert (content["metric"], content["margin"], content["subset"], content["baseline"]) == (
        "dsc",
        0.01,
        "test",
        "dice",
    )
    assert content["patients"] == PATIENTS
    assert content["methods"]["bce"]["experiments"] == {"bce": "sha of bce"}
    assert (
        content["methods"]["bce"]["epochs"] == 40
        and content["methods"]["bce"]["minutes_to_converge"] == "too few epochs"
    )
    assert content["methods"]["dice"]["mean"] == pytest.approx(0.55)
    assert content["equal"] == ["data", "split", "preprocessing", "code", "device"]
    assert content["certificates"]["bce"]["differs"] == {"loss": ["loss: dice → bce"]}
    assert [row["verdict"] for row in content["against_baseline"]] == ["better", "worse"]
    assert len(content["pairs"]) == 3 and content["ranks"]["bce"] == [1, 0, 0]
    assert content["selection_bias"]["experiments_scored_on_these_patients"] == 3
    assert content["selection_bias"]["best_minus_last"] == {"dice": 0, "bce": 0, "sgd": 0}
    assert content["notes"] == noted().notes
    assert len(content["strata"]) == 9


def test_the_json_has_neither_nan_nor_infinity(tmp_path):
    one = {"a": 0.5}
    write(compared([experiment("dice", one, timing={}), experiment("bce", one, {"loss": "bce"})]), tmp_path)
    content = strict((tmp_path / "comparison.json").read_text())
    [verdict] = content["against_baseline"]
    assert verdict["low"] is None and verdict["high"] is None
    assert content["methods"]["dice"]["sd"] is None and content["methods"]["dice"]["minutes_an_epoch"] is None


def test_whole_numbers_stay_whole_and_numpy_is_understood():
    content = as_json(replace(noted(), margin=np.float32(0.5), bias=replace(noted().bias, compared_count=np.int64(3))))
    assert content["margin"] == 0.5
    assert isinstance(content["selection_bias"]["experiments_scored_on_these_patients"], int)
    assert all(isinstance(row["patients"], int) for row in content["pairs"])
    assert not any(isinstance(value, float) and math.isnan(value) for value in content["methods"]["dice"].values())


def test_no_picture_of_strata_without_strata_nor_one_of_before(tmp_path):
    write(noted(), tmp_path)
    write(compared(three()), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"comparison.md", "comparison.json"} | TABLES | PICTURES - {
        "strata.png"
    }


def test_a_folder_that_cannot_be_written_to_is_an_error_of_the_system(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError):
        write(noted(), tmp_path / "file" / "out")
    assert (tmp_path / "file").read_text() == "mine"
