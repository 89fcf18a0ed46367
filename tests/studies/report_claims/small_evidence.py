"""Evidence with planted scores: the report's eleven rows, and three seeds of each of the ten fair kinds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from brainseg.experiments.reader import Experiment
from brainseg.splitting.subsets import REPORT_VALIDATION
from studies.report_claims.evidence import Evidence
from studies.report_claims.report_figures import LOSSES, ROWS, Kind
from tests.compare.small_experiment import experiment

KINDS = [Kind("unet", optim, loss) for optim in ("adam", "sgd") for loss in LOSSES]
KINDS += [Kind("unetpp", "adam", loss) for loss in ("dice", "log_cosh_dice")]
BLOCKS = {"losses.shape_aware": {}, "archs.unetpp": {"features": 8}, "split.strategy": "report"}

LEVEL = np.linspace(0.41, 0.59, 10)  # DSC of the ten patients where nothing is planted
OF_SEEDS = (-0.0002, 0.0, 0.0002)
UNSURE = 0.3 * np.array([1, -1] * 5)  # as much up as down: the mean stays, and nothing is certain
TRAITS = {
    "lesion_voxels": list(range(1000, 11000, 1000)),  # as LEVEL: the larger the better
    "raggedness": [2.0 - number / 10 for number in range(10)],  # the smoother the better
    "size": ["small"] * 3 + ["medium"] * 3 + ["large"] * 4,
    "edge": ["ragged"] * 3 + ["medium"] * 3 + ["smooth"] * 4,
}


def unet(optim: str, *losses: str) -> list[Kind]:
    return [Kind("unet", optim, loss) for loss in losses or LOSSES]


def all_get(kinds: Iterable[Kind], gain: float) -> dict[Kind, float]:
    return dict.fromkeys(kinds, gain)


def fair_name(kind: Kind) -> str:
    return f"fair-{kind.arch if kind.arch == 'unetpp' else kind.optim}-{kind.loss}"


def fair(
    gains: Mapping[Kind, float] | None = None,
    unsure: Collection[Kind] = (),
    nsd: Mapping[Kind, float] | None = None,
    nsd_unsure: Collection[Kind] = (),
    seeds: int = 3,
    level: Mapping[Kind, Sequence[float]] | None = None,
    traits: Mapping[str, Sequence[Any]] | None = None,
) -> list[Experiment]:
    """On equal terms: each kind scores LEVEL plus its gain, certain but for those that are unsure."""
    made = []
    for kind in KINDS:
        for seed in range(seeds):
            base = np.asarray((level or {}).get(kind, LEVEL)) + OF_SEEDS[seed]
            dsc = base + (gains or {}).get(kind, 0) + UNSURE * (kind in unsure)
            borders = base + (nsd or {}).get(kind, 0) + UNSURE * (kind in nsd_unsure)
            made.append(
                experiment(
                    f"{fair_name(kind)}-seed{seed}",
                    dict(zip(REPORT_VALIDATION, dsc.tolist(), strict=True)),
                    BLOCKS | {**kind._asdict(), "seed": seed, "schedule": "cosine"},
                    subset="validation",
                    columns={"nsd": borders.tolist(), "dsc_report": dsc.tolist(), **TRAITS, **(traits or {})},
                )
            )
    return made


@dataclass(frozen=True)
class Planted:
    """One run with the report's settings."""

    mean: float = 0.80  # of validation patients
    median: float = 0.81
    failures: int = 0
    last_gap: float = 0.01  # training minus validation, with the last epoch's weights
    train_loss: Sequence[float] | None = None  # where given, the validation DSC does not count
    validation_dsc: Sequence[float] = (0.8,) * 25
    scores: Mapping[str, float] = field(default_factory=dict)  # of some patients; the others have LEVEL


def planted(rows: Iterable[str], **what: Any) -> dict[str, Planted]:
    return {name: Planted(**what) for name in rows}


def row_names(optim: str) -> list[str]:
    return [f"{optim}-{loss}" for loss in LOSSES]


def as_report(weights: str, rows: Mapping[str, Planted] | None = None) -> dict[str, Experiment]:
    made = {}
    for row in ROWS:
        given = (rows or {}).get(row.name, Planted())
        settings = {"train.epochs": row.epochs, "train.batch_size": row.batch_size, "predict.weights": weights}
        scores = dict(zip(REPORT_VALIDATION, LEVEL.tolist(), strict=True)) | dict(given.scores)
        it = experiment(
            f"report-{weights}-{row.name}",
            scores,
            BLOCKS | {**row.kind._asdict(), **settings, f"optims.{row.kind.optim}.lr": row.lr},
            subset="validation",
            columns={"dsc_report": [dsc + (0.1 if weights == "best" else 0) for dsc in scores.values()]},
            validation_dsc=given.validation_dsc,
            selected_on="validation" if weights == "best" else "nothing",
        )
        if given.train_loss is None:
            falling = np.linspace(1, 0.1, len(given.validation_dsc))
            history = pd.DataFrame({"train_loss": falling, "validation_dsc": given.validation_dsc})
        else:
            history = pd.DataFrame({"train_loss": given.train_loss, "validation_dsc": 0.8})
        gap = given.last_gap if weights == "last" else 0.5  # so that a mix-up shows
        validation = {"mean": given.mean, "median": given.median, "failures": given.failures}
        scored = {"train": {"dsc": {"mean": given.mean + gap}}, "validation": {"dsc": validation}}
        training = it.training | {"best_epoch": 7}
        made[row.name] = replace(it, history=history, evaluation=it.evaluation | scored, training=training)
    return made


def robustness(lost: Mapping[str, float], noise: float = 0.0) -> dict[str, dict[str, Any]]:
    """Of U-Net's eight rows, each 0.8 unperturbed; lost: DSC under each change of brightness at medium strength."""
    reported = {}
    for row in ROWS[:8]:
        medium = {"dsc": 0.8 - lost.get(row.name, 0.0), "change": -lost.get(row.name, 0.0)}
        other = {"dsc": 0.8, "change": 0.0}
        kinds = {
            kind: {"weak": other, "medium": medium, "strong": other} for kind in ("gamma", "contrast", "bias_field")
        }
        reported[row.name] = {"unperturbed": 0.8, **kinds, "noise": {"medium": {"dsc": 0.8 - noise, "change": -noise}}}
    return reported


def evidence(
    *,
    rows: Mapping[str, Planted] | None = None,
    robust: dict[str, dict[str, Any]] | None = None,
    experiments: list[Experiment] | None = None,
    **on_equal_terms: Any,
) -> Evidence:
    """Keywords that are not named here are those of `fair`."""
    return Evidence(
        as_report=as_report("best", rows),
        last=as_report("last", rows),
        fair=fair(**on_equal_terms) if experiments is None else experiments,
        robustness=robustness({}) if robust is None else robust,
    )
