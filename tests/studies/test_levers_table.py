import pandas as pd

from studies.levers_table import table


def test_a_lever_stands_beside_its_recipe_patient_by_patient(tmp_path):
    runs = [("base", "", 0), ("gamma", "base", 0), ("gamma", "base", 1)]
    pd.DataFrame(
        [
            {"lever": lever, "upon": upon, "fold": fold, "failures": 0, "seconds": 120, "precision": "bf16"}
            for lever, upon, fold in runs
        ]
    ).to_csv(tmp_path / "runs.csv", index=False)
    dsc = {("base", "", 0): (0.5, 0.7), ("gamma", "base", 0): (0.6, 0.8), ("gamma", "base", 1): (0.9, 0.9)}
    pd.DataFrame(
        [
            {"lever": lever, "upon": upon, "fold": fold, "patient": f"p{fold}{number}", "dsc": value}
            for (lever, upon, fold), values in dsc.items()
            for number, value in enumerate(values)
        ]
    ).to_csv(tmp_path / "patients.csv", index=False)
    base, gamma = table(tmp_path / "runs.csv", tmp_path / "patients.csv").splitlines()[2:]
    assert base == "| base |  | 0 | 2 | 0.600 | 0.600 | 0 |  | 2.0 (bf16) |"
    # both folds count for the mean, and only the fold that both have for the difference
    assert gamma == ("| gamma | base | 0, 1 | 4 | 0.800 | 0.850 | 0 | +0.100 [+0.100, +0.100] (2) | 2.0 (bf16) |")
