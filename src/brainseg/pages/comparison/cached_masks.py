"""The masks of several methods on the same patient, read from DVC's cache without a checkout."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from brainseg.compare.comparison import Comparison
from brainseg.compare.methods import Method
from brainseg.core.errors import UserError
from brainseg.data import predictions
from brainseg.data.geometry import aspect_of
from brainseg.data.raw import patients
from brainseg.experiments.dvc_cache import fetch
from brainseg.experiments.lock import files
from brainseg.experiments.reader import Experiment
from brainseg.pages.comparison.charts import metric_name
from brainseg.pages.shared.volume import Volume
from brainseg.postprocessing.final_mask import MaskSettings, final_mask

MOST_METHODS = 3  # side by side
FINAL_MASK = "metrics/final_mask.json"
NOWHERE = Path("nowhere")  # the cache alone is asked


def cached_volumes(comparison: Comparison, cache: Path, most: int) -> list[Volume]:
    """Up to so many patients, those on whom the methods differ most first; none where the cache lacks the files.

    A method is shown by its first network that held the patient out.
    """
    methods = [method for method in comparison.methods if not method.experiments[0].judged][:MOST_METHODS]
    if len(methods) < 2:
        return []
    spread = np.ptp([method.per_patient for method in methods], axis=0)
    order = sorted(zip(-spread, comparison.baseline.patients, strict=True))
    volumes = (_volume(name, methods, comparison.subset, comparison.metric, cache) for _, name in order[:most])
    return [volume for volume in volumes if volume]


def _volume(name: str, methods: list[Method], subset: str, metric: str, cache: Path) -> Volume | None:
    masks: dict[str, np.ndarray] = {}
    facts: dict[str, str] = {}
    try:
        for method in methods:
            experiment = _holding_out(method, name, subset)
            if not masks:
                with _folder_of(name, experiment, cache) as folder:
                    image, masks["truth"] = patients.read_images(folder), patients.read_mask(folder)
                    channels, aspect = patients.read_channels(folder), aspect_of(patients.read_spacing_mm(folder))
            masks[method.name] = _mask(name, experiment, cache)
            facts[f"{metric_name(metric)}, {method.name}"] = f"{experiment.per_volume.loc[name, metric]:.3f}"
    except (LookupError, OSError, ValueError, UserError):  # not in the cache, or written by another release
        return None
    if len({mask.shape for mask in masks.values()} | {image.shape[:3]}) > 1:
        return None
    panes = [["truth", method.name] for method in methods]
    return Volume(name, image, channels, masks, pixel_aspect=aspect, facts=facts, panes=panes)


def _holding_out(method: Method, name: str, subset: str) -> Experiment:
    return next(
        experiment
        for experiment in method.experiments
        if name in experiment.per_volume.index and experiment.per_volume.loc[name, "subset"] == subset
    )


@contextmanager
def _folder_of(name: str, experiment: Experiment, cache: Path) -> Iterator[Path]:
    """The patient's files of data/raw, for a while."""
    listed = _listing(experiment, "download", "data/raw", cache)
    with TemporaryDirectory() as folder:
        for path in (path for path in listed if path.startswith(f"{name}/")):
            _copy(cache, listed[path], Path(folder) / path)
        yield Path(folder) / name


def _mask(name: str, experiment: Experiment, cache: Path) -> np.ndarray:
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
