"""All faults in a whole set of settings, also in components that are not chosen."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from brainseg.archs.shared.input import InputSettings
from brainseg.core import components
from brainseg.core.channels import places
from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE, StrictSettings, lookup, lookup_name, lookup_seed, parse_settings
from brainseg.data import own_split
from brainseg.data.ensemble import settings_mismatch
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.figures.settings import PlotSettings
from brainseg.inference import PredictSettings, select_heads
from brainseg.pages.run.settings import PageSettings
from brainseg.preprocessing import PreprocessSettings
from brainseg.robustness.settings import RobustnessSettings
from brainseg.splitting.settings import SplitSettings
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.intensity import IntensitySettings
from brainseg.training.recipe import TrainSettings
from brainseg.training.sampling import SamplingSettings
from brainseg.training.start import start_file

SECTIONS: dict[str, type[StrictSettings]] = {
    "split": SplitSettings,
    "preprocess": PreprocessSettings,
    "input": InputSettings,
    "sampling": SamplingSettings,
    "augment": AugmentSettings,
    "intensity": IntensitySettings,
    "train": TrainSettings,
    "predict": PredictSettings,
    "evaluate": EvaluateSettings,
    "plot": PlotSettings,
    "page": PageSettings,
    "robustness": RobustnessSettings,
}


def find_errors(params: Mapping[str, Any]) -> list[str]:
    """A line for each fault in the content of a params.yaml; an empty list if there is none."""
    checks: list[Callable[[], Any]] = [lambda: no_unknown_keys(params), lambda: lookup_seed(params, "seed")]
    checks += [lambda key=key, kind=kind: parse_settings(kind, params, key) for key, kind in SECTIONS.items()]
    for kind, (_, section) in components.KINDS.items():
        blocks = params.get(section)
        checks.append(lambda kind=kind: components.build_chosen(kind, params))
        for name in blocks if isinstance(blocks, Mapping) else ():
            checks.append(lambda kind=kind, name=name: components.build(kind, name, params))

    faults: list[str] = []
    for check in checks:
        try:
            check()
        except UserError as error:
            faults += [line for line in str(error).splitlines() if line not in faults]
    return faults or [error for check in CROSS_CHECKS for error in check(params)]


def _start_errors(params: Mapping[str, Any]) -> list[str]:
    try:
        start_file(lookup_name(params, "train.start_from"))
    except UserError as error:
        return [str(error)]
    return []


def _split_file_errors(params: Mapping[str, Any]) -> list[str]:
    path, strategy = Path(lookup(params, "split.file")), lookup(params, "split.strategy")
    if path.is_file() or (strategy != "file" and (path == own_split.FOLDER or path.is_dir())):
        return []
    expected = "a CSV file of patient and subset, or of patient and fold"
    expected += "" if strategy == "file" else f"; or {own_split.FOLDER}, where the split is drawn"
    return [f"{PARAMS_FILE}: split.file is {path}; expected {expected}"]


def no_unknown_keys(params: Mapping[str, Any]) -> None:
    known = ["seed", *SECTIONS, *(key for pair in components.KINDS.values() for key in pair)]
    unknown = [str(key) for key in params if key not in known]
    if unknown:
        raise UserError(f"{PARAMS_FILE}: {', '.join(unknown)} is not a setting; allowed: {', '.join(known)}")


def cross_check(params: Mapping[str, Any]) -> list[str]:
    side_px, batch_size = lookup(params, "preprocess.side_px"), lookup(params, "train.batch_size")
    channels = lookup(params, "input.channels")
    if lookup(params, "intensity.channel_dropout") and len(channels) < 2:
        found = f"input.channels is {', '.join(channels)}"
        return [f"{PARAMS_FILE}: {found}; with intensity.channel_dropout expected two channels or more"]
    with torch.device("meta"):  # builds the network without allocating memory
        try:
            network = components.build_chosen("archs", params)(
                parse_settings(InputSettings, params, "input").in_channels
            )
        except (RuntimeError, TypeError) as error:
            reason = " ".join(str(error).split())[:150]
            return [f"{PARAMS_FILE}: archs.{params['arch']}: no such network can be built ({reason})"]
    try:
        select_heads(network, parse_settings(PredictSettings, params, "predict"))
    except UserError as error:
        return [str(error)]
    divisor = network.divisor
    if side_px == divisor and batch_size == 1:
        return [f"{PARAMS_FILE}: train.batch_size is 1; at preprocess.side_px {side_px} batch norm needs 2 or more"]
    has_instance_norm = any(isinstance(module, torch.nn.InstanceNorm2d) for module in network.modules())
    if side_px == divisor and has_instance_norm:  # a single pixel has no variance
        found = f"preprocess.side_px is {side_px}"
        return [f"{PARAMS_FILE}: {found}; {params['arch']} with instance norm needs {2 * divisor} or more"]
    if side_px % divisor == 0:
        return []
    fitting = f"{side_px // divisor * divisor} or {(side_px // divisor + 1) * divisor}"
    return [
        f"{PARAMS_FILE}: preprocess.side_px is {side_px}; {params['arch']} needs a multiple of {divisor}: {fitting}"
    ]


def _channel_errors(params: Mapping[str, Any]) -> list[str]:
    try:
        places(lookup(params, "input.channels"), components.data_channels(params))
    except UserError as error:
        return str(error).splitlines()
    return []


# of what is right block by block
CROSS_CHECKS = (cross_check, settings_mismatch, _start_errors, _split_file_errors, _channel_errors)
