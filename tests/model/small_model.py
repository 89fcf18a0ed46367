"""A small model file: a U-Net with random weights that segments 16 x 16 slices."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from brainseg.archs.shared.input import InputSettings
from brainseg.core.components import build
from brainseg.data.model_file import SCHEMA, hash_person
from brainseg.model.archive import Model, write_model
from brainseg.model.record import (
    InferenceRecord,
    KnownPersons,
    ModelRecord,
    NetworkRecord,
    ScoreRecord,
    TrainingRecord,
    WarningRecord,
)
from brainseg.postprocessing.final_mask import MaskSettings
from brainseg.preprocessing import PreprocessSettings

SIDE_PX = 16
INPUT = InputSettings(channels=["pre_contrast", "flair", "post_contrast"], neighbours=0)
UNET = {"features": 2, "levels": 2, "stem": "plain"}
SALT = "salt"
MASK = {"threshold": 0.5, "components": "largest", "least_share": 1.0, "least_voxels": 1}


def record(number_of_networks: int = 1, **changes: Any) -> ModelRecord:
    values: dict[str, Any] = {
        "schema_version": SCHEMA,
        "name": "small",
        "networks": [
            NetworkRecord(weights=f"weights/{number}.safetensors", arch="unet", settings=UNET, input=INPUT)
            for number in range(number_of_networks)
        ],
        "preprocess": PreprocessSettings(side_px=SIDE_PX, background=0.1, low_percentile=10.0, high_percentile=99.0),
        "inference": InferenceRecord(flips=True, precision="fp32", heads="last", prune_to=0),
        "mask": MaskSettings(**MASK),
        "training": TrainingRecord(
            data="phantom",
            licence="none",
            citation="none",
            commit="abc",
            experiments=["one"],
            patients=1,
            known=[KnownPersons(person_pattern="auto", salt=SALT, hashes=[hash_person("TCGA_CS_1234", SALT)])],
            weights_chosen_by="nothing",
        ),
        "scores": ScoreRecord(
            protocol="held-out patients",
            subset="test",
            patients=3,
            dsc_mean=0.5,
            dsc_median=0.6,
            dsc_minimum=0.05,
            failures=1,
            nsd_mean=None,
            hd95_px_median=4.0,
        ),
        "failure_warning": WarningRecord(
            certainty=[0.1 * k for k in range(1, 10)], dsc=[0.1 * k for k in range(1, 10)]
        ),
        "training_range": {},
        "software": {"brainseg": "0.2.0"},
    }
    return ModelRecord(**(values | changes))


def weights(
    seed: int = 0,
    arch: str = "unet",
    settings: dict[str, Any] = UNET,
    bias: float = 0.0,
    in_channels: int = INPUT.in_channels,
) -> bytes:
    """safetensors of a network with random weights; a U-Net's logits are spread out, and bias is added to them."""
    torch.manual_seed(seed)
    network = build("archs", arch, {"archs": {arch: settings}})(in_channels)
    state = network.state_dict()
    if "head.weight" in state:
        state["head.weight"] *= 40
        state["head.bias"] += bias
    return save({name: value.contiguous() for name, value in state.items()})


def write(path: Path, networks: int = 1, bias: float = 0.0, **changes: Any) -> Model:
    parts = {f"weights/{number}.safetensors": weights(number, bias=bias) for number in range(networks)}
    return write_model(path, record(networks, **changes), parts)
