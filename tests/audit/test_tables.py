import pandas as pd

from brainseg.audit.tables import Counts, institution_table, size_table

COUNTS = {
    "T_N_1": Counts(10, 100),
    "T_N_2": Counts(20, 300),
    "T_N_3": Counts(30, 0),
    "T_S_4": Counts(5, 50),
    "T_S_5": Counts(5, 70),
    "T_S_6": Counts(5, 90),
}
SUBSET = {"T_N_1": "train", "T_N_2": "train", "T_N_3": "test", "T_S_4": "train", "T_S_5": "test", "T_S_6": "test"}


def test_institutions():
    person_of = {name: "one" if name in ("T_N_1", "T_N_2") else name for name in COUNTS}
    north, south = institution_table(COUNTS, person_of, SUBSET).to_dict("records")
    assert north == {
        "institution": "N", "patients": 3, "persons": 2, "slices": 60, "median lesion, voxels": 200,
        "train": 2, "test": 1,
    }  # fmt: skip
    assert (south["institution"], south["persons"], south["median lesion, voxels"]) == ("S", 3, 70)


def test_names_without_institutions_are_one_row():
    counts = {"anna": Counts(3, 5), "otto": Counts(4, 7)}
    [row] = institution_table(counts, {"anna": "anna", "otto": "otto"}, {}).to_dict("records")
    assert (row["institution"], row["patients"], row["slices"]) == ("all", 2, 7)
    assert "train" not in row


def test_sizes_are_of_the_lesions_that_there_are():
    train, test, every = size_table(COUNTS, SUBSET).to_dict("records")
    assert train == {
        "subset": "train", "patients": 3, "without lesion": 0,
        "smallest": 50, "quarter": 75, "median": 100, "three quarters": 200, "largest": 300,
    }  # fmt: skip
    assert (test["without lesion"], test["median"]) == (1, 80)
    assert (every["subset"], every["patients"], every["largest"]) == ("all", 6, 300)


def test_without_split_and_without_lesion():
    table = size_table({"a": Counts(3, 0)}, {})
    assert table.subset.tolist() == ["all"] and pd.isna(table["median"][0])
