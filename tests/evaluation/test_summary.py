import json
import math
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from brainseg.evaluation.patient_scores import Scores
from brainseg.evaluation.strata import EDGES, SIZES
from brainseg.evaluation.summary import COUNTED, by_stratum, summarize

IN_MM = {"nsd_3d", "hd95_mm", "assd_mm", "lesion_ml", "predicted_ml"}
PATIENT = Scores(**{f.name: 0 if f.type is int else None if f.name in IN_MM else 0.0 for f in fields(Scores)})


def of(**values: list[float]) -> list[Scores]:
    """A patient for each value of the fields given."""
    return [replace(PATIENT, **dict(zip(values, row, strict=True))) for row in zip(*values.values(), strict=True)]


def test_by_hand():
    summary = summarize(of(dsc=[0.05, 0.1, 0.6], iou=[0.025, 0.05, 0.3], false_components=[0, 4, 2]))
    assert summary["patients"] == 3
    spread = {
        "sd": (0.185 / 2) ** 0.5,
        "minimum": 0.05,
        "failures": 1,
    }  # deviations -0.2, -0.15, 0.35; 0.1 is not < 0.1
    assert summary["dsc"] == pytest.approx({"mean": 0.25, "median": 0.1} | spread)
    assert summary["iou"] == pytest.approx({"mean": 0.125, "median": 0.05})
    assert summary["false_components"] == {"mean": 2, "median": 2}
    assert summary["dsc_report"] == {"mean": 0, "median": 0, "sd": 0, "minimum": 0, "failures": 3}


def test_undefined_values_are_left_out_and_the_mean_says_over_how_many_it_is():
    summary = summarize(of(sensitivity=[0.5, math.nan, 1.0], precision=[math.nan] * 3, volume_error=[0.1, -0.1, 0.3]))
    assert summary["sensitivity"] == {"mean": 0.75, "median": 0.75, "patients": 2}
    assert summary["precision"] == {"mean": None, "median": None, "patients": 0}
    assert summary["volume_error"] == pytest.approx({"mean": 0.1, "median": 0.1})
    assert summary["patients"] == 3


def test_where_the_spacing_is_known_distances_are_in_mm():
    in_mm = {"hd95_px": None, "assd_px": None, "hd95_mm": 3.0, "assd_mm": 1.0, "nsd_3d": 0.5, "lesion_ml": 2.0}
    summary = summarize([replace(PATIENT, **in_mm)])
    assert summary["hd95_mm"] == {"mean": 3.0, "median": 3.0} and summary["nsd_3d"]["mean"] == 0.5
    assert not {"hd95_px", "assd_px", "lesion_ml"} & summary.keys()


def test_one_patient_has_no_sd():
    assert summarize(of(dsc=[0.7]))["dsc"] == {"mean": 0.7, "median": 0.7, "sd": None, "minimum": 0.7, "failures": 0}


def test_every_score_but_the_counts_is_summarized_and_fits_into_json():
    undefined = replace(PATIENT, **{name: math.nan for name in PATIENT.row() if not name.startswith("dsc")})
    summary = summarize([undefined, undefined])
    assert set(summary) == {"patients"} | {field.name for field in fields(Scores)} - {*COUNTED, *IN_MM}
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def per_volume(rng, patients: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "subset": rng.choice(["train", "validation", "test"], patients),
            "size": rng.choice(["", *SIZES], patients),
            "edge": rng.choice(["", *EDGES], patients),
            "institution": rng.choice(["", "HT", "CS", "DU"], patients),
            "equal_channels": rng.choice(["none", "1=2", "2=3"], patients),
            "dsc": rng.random(patients) * rng.choice([0.1, 1.0], patients),
            "nsd": rng.random(patients),
        }
    )


@pytest.mark.parametrize("patients", [1, 8, 200])
def test_strata_equal_a_groupby(rng, patients):
    table = per_volume(rng, patients)
    found = by_stratum(table).set_index(["subset", "trait", "stratum"])
    count = 0
    for trait in ("size", "edge", "institution", "equal_channels"):
        groups = table[table[trait] != ""].groupby(["subset", trait])
        expected = pd.DataFrame(
            {
                "patients": groups.size(),
                "mean_dsc": groups.dsc.mean(),
                "median_dsc": groups.dsc.median(),
                "failures": groups.dsc.apply(lambda dsc: sum(dsc < 0.1)),
                "mean_nsd": groups.nsd.mean(),
            }
        )
        for (subset, word), row in expected.iterrows():
            assert found.loc[(subset, trait, word)].to_dict() == pytest.approx(row.to_dict())
            count += 1
    assert len(found) == count


def test_the_order_of_strata(rng):
    rows = by_stratum(per_volume(rng, 300))
    assert list(rows) == ["subset", "trait", "stratum", "patients", "mean_dsc", "median_dsc", "failures", "mean_nsd"]
    assert rows.subset.drop_duplicates().tolist() == ["train", "validation", "test"]
    words = rows[rows.subset == "test"].groupby("trait", sort=False).stratum.apply(list).to_dict()
    assert list(words) == ["size", "edge", "institution", "equal_channels"]
    assert words["size"] == list(SIZES) and words["edge"] == list(EDGES)
    assert words["institution"] == ["CS", "DU", "HT"] and words["equal_channels"] == ["1=2", "2=3", "none"]


def test_without_lesions_and_institutions_there_are_the_channels_still(rng):
    table = per_volume(rng, 5).assign(subset="test", size="", edge="", institution="", equal_channels="none")
    rows = by_stratum(table)
    assert rows[["trait", "stratum", "patients"]].to_numpy().tolist() == [["equal_channels", "none", 5]]
    assert rows.mean_dsc[0] == pytest.approx(np.mean(table.dsc))
