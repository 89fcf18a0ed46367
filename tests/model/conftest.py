"""Experiments that are made up, to pack; tests/pipeline/test_model_file.py packs a real one."""

import shutil
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from brainseg.core.components import build
from brainseg.core.errors import UserError
from brainseg.data import preprocessed
from brainseg.data.weights import write_weights
from brainseg.model import pack as pack_module
from brainseg.model import training_record
from brainseg.preprocessing import PreprocessSettings, preprocess
from tests.model import small_model

SUBSETS = {"TCGA_AA_1": "train", "TCGA_AA_2": "train", "TCGA_AA_3": "validation", "TCGA_AA_4": "test"}
DSC = {"TCGA_AA_1": 0.9, "TCGA_AA_2": 0.8, "TCGA_AA_3": 0.7, "TCGA_AA_4": 0.05}


class NoGit:
    head = "0123abc"

    def __init__(self, folder):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


@pytest.fixture
def experiments(params, tmp_path, monkeypatch):
    """Sets what `find` finds: experiments of these names with changed settings and subsets of patients."""
    monkeypatch.chdir(tmp_path)
    outputs: dict[str, Path] = {}

    def set_(preprocessed_too: bool = True, **changes_of: dict) -> list[SimpleNamespace]:
        found = []
        for seed, (name, changes) in enumerate(changes_of.items()):
            own = deepcopy(params)
            own["archs"]["unet"] = dict(small_model.UNET)
            own["preprocess"]["side_px"] = small_model.SIDE_PX
            subset = changes.pop("subset", SUBSETS)
            for key, value in changes.items():
                *path, last = key.split(".")
                block = own
                for part in path:
                    block = block[part]
                block[last] = value
            per_volume = pd.DataFrame({"subset": subset, "dsc": DSC}).rename_axis("patient")
            per_volume = per_volume.assign(certainty=per_volume.dsc, predicted_voxels=10, nsd=0.5, hd95_px=[1, 2, 3, 4])
            final_mask = small_model.MASK | {"threshold": own["evaluate"]["threshold"], "chosen_on": "nothing"}
            found.append(
                SimpleNamespace(
                    name=name,
                    revision=f"sha of {name}",
                    params=own,
                    per_volume=per_volume,
                    evaluation={"final_mask": final_mask},
                    lock={},
                )
            )
            outputs[name] = tmp_path / "cache" / name
            write_outputs(outputs[name], seed, subset if preprocessed_too else {})
        monkeypatch.setattr(pack_module, "find", lambda folder, patterns: found)
        return found

    def copy_output(experiment, path, target):
        source = outputs[experiment.name] / path
        if not source.exists():
            raise UserError(f"{experiment.name}: {path} is not in DVC's cache")
        shutil.copytree(source, target)

    monkeypatch.setattr(pack_module, "copy_output", copy_output)
    monkeypatch.setattr(training_record, "Git", NoGit)
    return set_


def write_outputs(folder: Path, seed: int, subset: dict[str, str]) -> None:
    torch.manual_seed(seed)
    network = build("archs", "unet", {"archs": {"unet": small_model.UNET}})(small_model.INPUT.in_channels)
    for epoch in ("last", "best"):
        path = folder / "data" / "weights" / f"{epoch}.pt"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_weights(path, network.state_dict(), "unet", small_model.UNET, small_model.INPUT)
        torch.nn.init.normal_(network.head.bias)  # the best epoch has other weights
    for place, name in enumerate(subset):
        preprocessed.write(name, patient(place), folder / "data" / "preprocessed")


def patient(place: int) -> preprocessed.Preprocessed:
    image = np.random.default_rng(place).integers(0, 255, (4, 20, 18, 3)).astype(np.uint8)
    settings = PreprocessSettings(side_px=16, background=0.1, low_percentile=10.0, high_percentile=99.0)
    return preprocess(image, np.zeros(image.shape[:3], bool), settings)
