"""One patient of an experiment, read from DVC's cache without a checkout."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from brainseg.core.errors import UserError
from brainseg.data import predictions
from brainseg.data.geometry import aspect_of
from brainseg.data.raw import patients
from brainseg.experiments.dvc_cache import fetch
from brainseg.experiments.lock import files
from brainseg.experiments.reader import Experiment
from brainseg.postprocessing.final_mask import MaskSettings, final_mask

UNREADABLE = (LookupError, OSError, ValueError, UserError)  # not in the cache, or written by another release
FINAL_MASK = "metrics/final_mask.json"
NOWHERE = Path("nowhere")  # the cache alone is asked


@dataclass(frozen=True)
class CachedPatient:
    """Image (S, H, W, C) uint8 or uint16, truth (S, H, W) bool; aspect: height of a pixel over its width."""

    image: np.ndarray
    truth: np.ndarray
    channels: tuple[str, ...]
    aspect: float


def read_patient(name: str, experiment: Experiment, cache: Path) -> CachedPatient:
    """The patient's files of data/raw. Raises one of UNREADABLE where the cache lacks a file."""
    listed = _listing(experiment, "download", "data/raw", cache)
    with TemporaryDirectory() as tmp:
        for path in (path for path in listed if path.startswith(f"{name}/")):
            _copy(cache, listed[path], Path(tmp) / path)
        folder = Path(tmp) / name
        return CachedPatient(
            image=patients.read_images(folder),
            truth=patients.read_mask(folder),
            channels=patients.read_channels(folder),
            aspect=aspect_of(patients.read_spacing_mm(folder)),
        )


def read_final_mask(name: str, experiment: Experiment, cache: Path) -> np.ndarray:
    """The mask that was scored, (S, H, W) bool. Raises one of UNREADABLE where the cache lacks a file."""
    settings = fetch(cache, files(experiment.lock, "evaluate", "outs")[FINAL_MASK], NOWHERE)
    listed = _listing(experiment, "predict", "data/predictions", cache)
    with TemporaryDirectory() as folder:
        _copy(cache, listed[f"{name}.npz"], Path(folder) / f"{name}.npz")
        return final_mask(predictions.read(name, Path(folder)), MaskSettings(**json.loads(settings or b"{}")))


def _listing(experiment: Experiment, stage: str, path: str, cache: Path) -> Mapping[str, str]:
    """path below the folder -> md5, of a folder that a stage wrote."""
    md5 = files(experiment.lock, stage, "outs")[path]  # with .dir at its end, as the listing is called
    content = (cache / "files" / "md5" / md5[:2] / md5[2:]).read_bytes()
    return {entry["relpath"]: entry["md5"] for entry in json.loads(content)}


def _copy(cache: Path, md5: str, target: Path) -> None:
    content = fetch(cache, md5, NOWHERE)
    if content is None:
        raise FileNotFoundError(md5)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
