import numpy as np
import pandas as pd
import pytest

from brainseg.data.raw.patients import write_patient
from brainseg.judge.strata import with_strata_of_all

SIZES = {"CS_1": 2, "CS_2": 4, "HT_3": 6, "HT_4": 4, "HT_5": 7}  # side of each square lesion, in pixels
SUBSET = {"CS_1": "train", "CS_2": "train", "HT_3": "train", "HT_4": "test", "HT_5": "test"}


@pytest.fixture(autouse=True)
def raw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("brainseg.judge.strata.parallel_map", lambda function, items, label: [*map(function, items)])
    for name, side in SIZES.items():
        mask = np.zeros((1, 12, 12), bool)
        mask[0, 2 : 2 + side, 2 : 2 + side] = True
        write_patient(tmp_path / "data/raw" / name, np.full((1, 12, 12, 3), 9, np.uint8), mask)


def judged(*names: str) -> pd.DataFrame:
    rows = [
        {"patient": name, "subset": SUBSET[name], "lesion_voxels": SIZES[name] ** 2, "raggedness": 1.0}
        for name in names
    ]
    return pd.DataFrame(rows)


def test_bounds_come_from_all_training_patients():
    """Training lesions have 4, 16 and 36 voxels: their thirds end at 12 and 22.7, so 16 is medium and 49 large."""
    found = with_strata_of_all(judged("HT_4", "HT_5"), SUBSET)
    assert found["size"].tolist() == ["medium", "large"]


def test_the_strata_are_the_same_whether_training_patients_are_judged():
    alone = with_strata_of_all(judged("HT_4", "HT_5"), SUBSET).set_index("patient")
    beside = with_strata_of_all(judged("CS_1", "CS_2", "HT_3", "HT_4", "HT_5"), SUBSET).set_index("patient")
    assert alone["size"].to_dict() == beside.loc[alone.index, "size"].to_dict()


def test_columns_and_rows_of_the_table_stay():
    table = judged("HT_5", "HT_4")
    found = with_strata_of_all(table, SUBSET)
    pd.testing.assert_frame_equal(found[table.columns], table)
    assert [*found.columns] == [*table.columns, "institution", "size", "edge"]
