"""A workspace whose stage evaluate has run: five small patients, and probabilities that are partly right."""

import hashlib
import subprocess
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from brainseg.core.params import read_params
from brainseg.data import predictions, preprocessed, split
from brainseg.data.predictions import Prediction, to_uint8
from brainseg.data.raw.patients import write_patient
from brainseg.preprocessing import PreprocessSettings, preprocess
from stages import evaluate
from tests.conftest import ROOT

SUBSET = {"A": "train", "B": "train", "C": "validation", "D_20010101": "test", "E": "test"}
HELD_OUT = ["D_20010101", "E"]


def build(folder: Path, monkeypatch) -> None:
    """Written below folder, which becomes the current one; the network's grid is 32 pixels a side."""
    monkeypatch.chdir(folder)
    params = read_params(ROOT / "params.yaml")
    params["preprocess"]["side_px"] = 32
    YAML().dump(params, Path("params.yaml"))
    rng = np.random.default_rng(0)
    for number, name in enumerate(SUBSET):
        image, truth = patient(rng, number)
        write_patient(Path("data/raw") / name, image, truth)
        squares = preprocess(image, truth, PreprocessSettings(**params["preprocess"]))
        preprocessed.write(name, squares)
        network = np.clip(0.8 * squares.mask + rng.normal(0.1, 0.15, squares.mask.shape), 0, 1)
        network[:, :3, :3] = 0.9  # a second component, which the largest leaves out
        predictions.write(name, Prediction(to_uint8(squares.geometry.to_file(network)), to_uint8(network)))
    split.write(SUBSET)
    lock = {
        "download": {"params": {"params.yaml": {"data": params["data"]}}},
        "split": {
            "deps": [{"path": "data/raw", "md5": "raw.dir"}],
            "outs": [{"path": "data/split.csv", "md5": hashlib.md5(Path("data/split.csv").read_bytes()).hexdigest()}],
            "params": {"params.yaml": {"split": dict(params["split"])}},
        },
    }
    YAML().dump({"schema": "2.0", "stages": lock}, Path("dvc.lock"))
    for command in (["init", "-q"], ["add", "params.yaml"]):
        subprocess.run(["git", *command], check=True)
    evaluate.main()


def patient(rng: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray]:
    """A lesion that is no mirror image of itself, away from the middle: (6, 36, 40)."""
    image = rng.integers(80, 160, (6, 36, 40, 3)).astype(np.uint8)
    truth = np.zeros(image.shape[:3], bool)
    truth[1:4, 6 : 14 + number, 7:15] = True
    truth[1:3, 14:20, 7:10] = True
    image[truth, 1] = 250
    return image, truth
