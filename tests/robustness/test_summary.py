import csv
import json

import numpy as np
import pytest
import torch
from ruamel.yaml import YAML

from brainseg.archs.shared.input import THREE_CHANNELS_2D
from brainseg.core.files import write_json
from brainseg.data import split
from brainseg.data.raw.patients import write_patient
from brainseg.data.weights import write_weights
from brainseg.robustness.perturbations import STRENGTHS, perturbed
from stages.robustness import main, summary
from tests.archs.builders import unet
from tests.conftest import ROOT

MASK = {"threshold": 0.5, "components": "largest", "least_share": 0.2, "least_voxels": 20}
EVERYTHING = {"strengths": ["weak", "medium", "strong"], "patients": 0}

KINDS_AND_STRENGTHS = [("none", "none")] + [(kind, strength) for kind in STRENGTHS for strength in STRENGTHS[kind]]
ARCH = {"features": 2, "levels": 2}


@pytest.fixture
def folder(tmp_path, monkeypatch, rng):
    """Three patients and a network that never learned anything, in a folder with the project's params.yaml."""
    monkeypatch.chdir(tmp_path)
    set_params(tmp_path, ROOT, robustness=EVERYTHING)
    for name in "ABC":
        image = np.zeros((4, 24, 24, 3), np.uint8)
        image[:, 4:20, 4:20] = rng.integers(40, 200, (4, 16, 16, 3))
        mask = np.zeros((4, 24, 24), bool)
        mask[1:3, 8:12, 8:12] = name != "C"
        write_patient(tmp_path / "data" / "raw" / name, image, mask)
    write_json(tmp_path / "metrics/final_mask.json", MASK)
    torch.manual_seed(0)
    network = unet(3, **ARCH)
    for weights in ("last", "best"):
        write_weights(tmp_path / f"data/weights/{weights}.pt", network.state_dict(), "unet", ARCH, THREE_CHANNELS_2D)
    return tmp_path


def set_params(folder, source, **blocks: dict) -> None:
    """Write params.yaml of `source` with some settings of the blocks changed."""
    params = YAML().load(source / "params.yaml")
    for name, changes in blocks.items():
        params[name] |= changes
    YAML().dump(params, folder / "params.yaml")


def rows(folder) -> list[dict[str, str]]:
    with (folder / "metrics/robustness.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_held_out_patients_are_scored_once_a_kind_and_strength(folder):
    split.write({"A": "test", "B": "train", "C": "test"}, folder / "data/split.csv")
    main()
    found = [(row["patient"], row["kind"], row["strength"]) for row in rows(folder)]
    assert found == [(name, *pair) for name in "AC" for pair in KINDS_AND_STRENGTHS]
    assert all(0 <= float(row["dsc"]) <= 1 for row in rows(folder))
    metrics = json.loads((folder / "metrics/robustness.json").read_text())
    assert (metrics["subset"], metrics["patients"]) == ("test", 2)
    assert (folder / "plots/robustness.png").stat().st_size > 1000


@pytest.mark.parametrize("background", [0.05, 0.2])
def test_the_background_is_that_of_preprocessing(folder, monkeypatch, background):
    set_params(folder, folder, preprocess={"background": background})
    split.write({"A": "test", "B": "train"}, folder / "data/split.csv")
    given = []

    def perturbed_with(image, kind, strength, patient, share):
        given.append(share)
        return perturbed(image, kind, strength, patient, share)

    monkeypatch.setattr("stages.robustness.perturbed", perturbed_with)
    main()
    assert given == [background] * (len(KINDS_AND_STRENGTHS) - 1)


def test_only_the_patients_and_strengths_of_the_settings_are_scored(folder):
    split.write({"A": "test", "B": "test", "C": "test"}, folder / "data/split.csv")
    main()
    everything = rows(folder)
    set_params(folder, folder, robustness={"strengths": ["strong", "weak"], "patients": 2})
    main()
    expected = [row for row in everything if row["patient"] in "AB" and row["strength"] != "medium"]
    assert rows(folder) == expected
    metrics = json.loads((folder / "metrics/robustness.json").read_text())
    assert (metrics["patients"], list(metrics["gamma"])) == (2, ["weak", "strong"])


def test_without_test_patients_those_that_validate_are_scored(folder):
    split.write({"A": "validation", "B": "train", "C": "train"}, folder / "data/split.csv")
    main()
    assert {row["patient"] for row in rows(folder)} == {"A"}
    assert json.loads((folder / "metrics/robustness.json").read_text())["subset"] == "validation"


def test_the_summary_has_the_strengths_that_were_scored():
    scores = {("none", "none"): [0.75], **{(kind, "strong"): [0.5] for kind in STRENGTHS}}
    expected = {kind: {"strong": {"dsc": 0.5, "change": -0.25}} for kind in STRENGTHS}
    assert summary(scores) == {"unperturbed": 0.75} | expected


def test_the_summary_by_hand():
    scores = {pair: [0.5, 0.75] for pair in KINDS_AND_STRENGTHS} | {("none", "none"): [1.0, 0.75]}
    scores["noise", "strong"] = [0.0, 0.25]
    reported = summary(scores)
    assert reported["unperturbed"] == 0.875
    assert reported["gamma"] == {strength: {"dsc": 0.625, "change": -0.25} for strength in STRENGTHS["gamma"]}
    assert reported["noise"]["strong"] == {"dsc": 0.125, "change": -0.75}
    assert list(reported) == ["unperturbed", *STRENGTHS]
