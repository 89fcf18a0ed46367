"""The tables of a small run, as the stages write them, with names that look like HTML."""

import numpy as np
import pandas as pd

from brainseg.core.params import read_params
from brainseg.pages.run.records import Summary
from brainseg.pages.run.tables import Tables
from brainseg.pages.shared.volume import Volume
from tests.conftest import ROOT

EVIL = "<script>alert(1)</script>"
SUBSETS = ["test"] * 4 + ["validation"] * 3 + ["train"] * 3
NAMES = [EVIL, "B&B", 'C"quoted"', "D", "E", "F", "G", "H", "I", "J"]
DSC = [0.91, 0.05, 0.75, 0.88, 0.9, 0.8, 0.85, 0.95, 0.96, 0.93]


def per_volume() -> pd.DataFrame:
    scores = np.array(DSC)
    return pd.DataFrame(
        {
            "patient": NAMES,
            "subset": SUBSETS,
            "dsc": scores,
            "nsd": scores,
            "hd95_px": 10 * (1 - scores),
            "sensitivity": scores,
            "precision": [np.nan, *scores[1:]],
            "predicted_dsc": scores - 0.02,
            "dsc_lower_bound": scores - 0.1,
            "lesion_voxels": range(100, 1100, 100),
            "institution": ["CS", "HT"] * 5,
            "size": [np.nan, *["small", "large"] * 4, "medium"],
        }
    )


def summary(patients: int) -> dict:
    from brainseg.pages.run.metric_help import METRICS

    scores = {key: {"mean": 0.6475, "median": 0.815} for key in METRICS}
    scores["dsc"] |= {"minimum": 0.05, "sd": 0.4, "failures": 1}
    scores["volume_error"] |= {"mean": None, "median": None, "patients": 0}
    warning = {"nothing_predicted": 0, "rank_correlation": 0.8, "asked_coverage": 0.9, "coverage": 1.0}
    return Summary(patients=patients, **scores, warning_of_failure=warning).model_dump()


def tables(**changes) -> Tables:
    epochs = range(1, 6)
    robust = [
        {"patient": name, "kind": kind, "strength": "none" if kind == "none" else "strong", "dsc": dsc - 0.01 * place}
        for name, dsc in zip(NAMES[:4], DSC, strict=False)
        for place, kind in enumerate(("none", "gamma", "noise"))
    ]
    values = {
        "subset": "test",
        "hd95": "hd95_px",
        "params": read_params(ROOT / "src/brainseg/pages/run/defaults.yaml"),
        "history": pd.DataFrame(
            {
                "epoch": epochs,
                "train_loss": [0.9, 0.5, 0.3, 0.2, 0.1],
                "validation_loss": [0.9, 0.6, 0.4, 0.35, 0.3],
                "validation_dsc": [0.1, 0.5, np.nan, 0.9, 0.85],
            }
        ),
        "per_epoch": pd.DataFrame(
            [
                {"epoch": epoch, "patient": name, "dsc": 0.1 * epoch + 0.05 * place}
                for epoch in epochs
                for place, name in enumerate("EFG")
            ]
        ),
        "per_volume": per_volume(),
        "by_threshold": pd.DataFrame({"subset": "test", "threshold": [0.25, 0.5, 0.75], "mean_dsc": [0.6, 0.7, 0.65]}),
        "reliability": pd.DataFrame(
            {"subset": "test", "probability": [1.0, 5.0, 0.0], "lesion": [2, 6, 0], "voxels": [20, 10, 0]}
        ),
        "robustness": pd.DataFrame(robust),
        "strength": "strong",
        "perturbed": {
            "subset": "test",
            "patients": 4,
            "unperturbed": 0.6475,
            "kinds": {
                "gamma": {"strong": {"dsc": 0.6375, "change": -0.01}},
                "noise": {"strong": {"dsc": 0.6275, "change": -0.02}},
            },
        },
        "evaluation": {
            "selected_on": "nothing",
            "final_mask": {"threshold": 0.5, "components": "largest"},
        },
        "summary": summary(4),
        "training": {
            "parameters": 486553,
            "precision": "fp32",
            "deterministic": True,
            "best_epoch": 4,
            "validation_dsc": {"last_epoch": 0.85, "best_epoch": 0.9},
        },
        "timing": {"device": "a processor", "training_seconds": 120.0, "seconds_per_epoch": 24.0},
        "scores_md5": "0123456789abcdef",
    }
    return Tables(**(values | changes))


def volume(name: str = EVIL, slices: int = 7, height: int = 40, width: int = 32, channels: int = 3) -> Volume:
    """Slices with a smooth gradient, brighter from slice to slice, and a square lesion, predicted two pixels off.

    Even channels are brighter at the bottom, odd ones at the top.
    """
    row, _ = np.mgrid[:height, :width]
    brightness = 10 + 20 * np.arange(slices)[:, None, None]
    image = np.stack(
        [brightness + 2 * (height - row if channel % 2 else row) for channel in range(channels)], axis=-1
    ).astype(np.uint8)
    truth = np.zeros((slices, height, width), bool)
    truth[2:5, 10:20, 8:18] = True
    truth[3, 9:21, 8:18] = True
    prediction = np.roll(truth, 2, axis=2)
    prediction[3, 30:36, 24:30] = True  # a false lesion
    names = [f"{EVIL}{channel}" if channel == 0 else f"channel {channel}" for channel in range(channels)]
    masks = {"truth": truth, "prediction": prediction}
    return Volume(name, image, names, masks, (prediction * 204).astype(np.uint8), facts={"DSC": "0.9", EVIL: EVIL})
