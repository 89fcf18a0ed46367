"""The stage split, over the files that it reads."""

from collections import Counter

import numpy as np
import pytest

from brainseg.core.params import read_params
from brainseg.data import split
from brainseg.data.raw.patients import write_patient
from stages.split import main
from tests.conftest import ROOT

NAMES = [f"TCGA_{site}_{number:04d}" for site in ("CS", "DU", "HT") for number in range(6)]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the stage with settings of split; what it printed, and the split. The lesion of patient k has k rows."""
    for number, name in enumerate(NAMES):
        mask = np.zeros((2, 24, 4), bool)
        mask[0, :number] = True
        write_patient(tmp_path / "data" / "raw" / name, np.zeros((2, 24, 4, 3), np.uint8), mask)
    monkeypatch.chdir(tmp_path)
    usual = read_params(ROOT / "params.yaml")["split"]

    def run(**changes):
        monkeypatch.setattr("stages.split.read_params", lambda: {"split": usual | changes})
        main()
        return capsys.readouterr().out, split.read()

    return run


def test_the_split_of_a_file_is_what_is_written(run, tmp_path):
    rows = [f"{name},{['train', 'validation', 'test'][number % 3]}" for number, name in enumerate(NAMES)]
    (tmp_path / "own.csv").write_text("\n".join(["patient,subset", *rows]))
    printed, _ = run(strategy="file", file="own.csv")
    assert (tmp_path / "data/split.csv").read_text() == "\n".join(["patient,subset", *rows, ""])
    assert printed == "18 patients of 18 persons: 6 train, 6 validation, 6 test\n"


def test_persons_of_a_file_are_counted(run, tmp_path):
    rows = [f"{name},{number % 6},{'' if number < 12 else 'anna'}" for number, name in enumerate(NAMES)]
    for number in range(12, 18):
        rows[number] = f"{NAMES[number]},5,anna"
    (tmp_path / "own.csv").write_text("\n".join(["patient,fold,person", *rows]))
    printed, subset = run(strategy="file", file="own.csv", folds=6, fold=5)
    assert printed.startswith("18 patients of 13 persons:")
    assert split.patients_in(subset, "test") == [NAMES[5], *NAMES[11:]]


def test_the_institution_that_tests_is_named(run):
    printed, subset = run(strategy="leave_one_institution_out", fold=1)
    assert printed.splitlines()[0] == "institution DU tests"
    assert split.patients_in(subset, "test") == NAMES[6:12]


def test_sizes_come_from_the_masks_and_only_where_asked(run, monkeypatch):
    """Patient k has 4 k lesion voxels: 0 has none, and thirds are 1 to 6, 7 to 11 and 12 to 17."""
    for fold in range(3):
        _, subset = run(strategy="kfold", folds=3, fold=fold, stratify="size")
        tested = [NAMES.index(name) for name in split.patients_in(subset, "test")]
        counts = Counter(1 + (number > 6) + (number > 11) for number in tested if number)
        assert all(abs(counts[third] - 17 / 9) < 1.2 for third in (1, 2, 3))

    def refuse(folder):
        raise AssertionError("a lesion was measured")

    monkeypatch.setattr("stages.split.lesion_size", refuse)
    run(strategy="kfold")
    run(strategy="random")
