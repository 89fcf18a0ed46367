"""Judged masks, from the files of every kind to the tables; ours have the scores of the stage evaluate."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from brainseg.core.errors import UserError
from brainseg.core.files import read_json
from brainseg.data import predictions, preprocessed
from brainseg.data.raw.patients import read_mask
from brainseg.experiments.reader import read_table
from brainseg.judge.run import judge
from brainseg.postprocessing.final_mask import final_mask, read_mask_settings
from brainseg.scans.arrays import scan_of_array
from brainseg.scans.write import write_mask, write_probability
from tests.judge.small_workspace import HELD_OUT, SUBSET

OF_NETWORK = ["dsc_report", "ceiling_dsc"]
OF_PROBABILITIES = ["certainty", "near_threshold_share", "calibration_error"]
OF_OTHER_COMPONENTS = ["dsc_every_component"]
OF_WARNING = ["predicted_dsc", "dsc_lower_bound"]


def ours() -> pd.DataFrame:
    return read_table(Path("metrics/per_volume.csv").read_bytes())


def judged(name: str = "x") -> pd.DataFrame:
    return read_table(Path(f"judged/{name}/per_volume.csv").read_bytes())


def final(name: str) -> np.ndarray:
    return final_mask(predictions.read(name), read_mask_settings())


def write(name: str, array: np.ndarray, format: str = "nifti") -> None:
    """array: (S, H, W) bool or uint8."""
    scan = scan_of_array(name, name, np.zeros(array.shape, np.uint8))
    (write_mask if array.dtype == bool else write_probability)(Path("masks"), scan, array, format)


def run(name: str = "x", masks: str = "masks", grid: str = "file", trained_on: Path | None = None) -> None:
    judge(Path(masks), name, grid, trained_on)


def test_our_own_predictions_have_our_own_scores(workspace):
    run(masks="data/predictions")
    pd.testing.assert_frame_equal(judged(), ours(), check_exact=True)
    theirs, own = (read_json(Path(path)) for path in ("judged/x/evaluation.json", "metrics/evaluation.json"))
    del own["final_mask"], own["copies_in_training"]  # of our training, which theirs need not be
    assert theirs == own | {"selected_on": "unknown"}


@pytest.mark.parametrize("format", ["nifti", "mha", "nrrd", "npy", "tiff", "png"])
def test_our_own_final_masks_have_our_own_scores(workspace, format):
    for name in SUBSET:
        write(name, final(name), format)
    run()
    differing = OF_NETWORK + OF_PROBABILITIES + OF_OTHER_COMPONENTS + OF_WARNING
    common = [column for column in ours() if column not in differing]
    pd.testing.assert_frame_equal(judged()[common], ours()[common], check_exact=True)
    assert judged()[OF_NETWORK + OF_PROBABILITIES].isna().all(axis=None)
    assert set(ours()) - set(judged()) == set(OF_WARNING)


@pytest.mark.parametrize("format", ["nifti", "npy", "tiff"])
def test_our_own_probabilities_have_our_own_scores_on_the_files_grid(workspace, format):
    for name in SUBSET:
        write(name, predictions.read(name).on_file_grid, format)
    run()
    common = [column for column in ours() if column not in OF_NETWORK]
    pd.testing.assert_frame_equal(judged()[common], ours()[common], check_exact=True)


def test_the_networks_grid_gives_our_own_scores_too(workspace):
    """But for rounding before the way back: the stage predict rounds after it."""
    Path("masks").mkdir()
    for name in SUBSET:
        np.save(f"masks/{name}.npy", predictions.read(name).on_network_grid.astype(np.float32) / 255)
    run(grid="network")
    pd.testing.assert_series_equal(judged().dsc_report, ours().dsc_report, check_exact=True)
    assert np.abs(judged().dsc - ours().dsc).max() < 0.02


def test_the_held_out_alone_have_the_strata_of_all(workspace):
    for name in HELD_OUT:
        write(name, final(name))
    run()
    columns = ["patient", "subset", "dsc", "institution", "size", "edge"]
    expected = ours()[ours().patient.isin(HELD_OUT)][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(judged()[columns], expected, check_exact=True)


def test_kaggle_folders_of_slices(workspace):
    """PATIENT/PATIENT_K_mask.tif beside the images: the masks are taken."""
    run(masks="data/raw")
    assert judged().dsc.tolist() == [1.0] * 5


def test_a_mask_of_another_size_is_resized_where_asked(workspace, capsys):
    for name in SUBSET:
        write(name, read_mask(Path("data/raw") / name).repeat(2, axis=1).repeat(2, axis=2))
    reported = faults(lambda: run())
    assert (
        len(reported) == 5
        and "masks/A_mask.nii.gz: is 6 × 72 × 80; expected 6 × 36 × 40, as the patient's" in reported[0]
    )
    run(grid="resized")
    assert judged().dsc.min() == 1.0
    assert "warning" not in capsys.readouterr().out


def faults(work) -> list[str]:
    with pytest.raises(UserError) as error:
        work()
    assert not Path("judged").exists() or not any(Path("judged").iterdir())
    return str(error.value).splitlines()


def test_missing_extra_and_second_masks_get_a_line_each(workspace):
    write("E", final("E"))
    write("E", final("E"), "npy")
    write("F", final("E"))
    assert faults(run) == [
        "masks/E_mask.npy: is of E, as is E_mask.nii.gz; expected one a patient",
        "masks/F_mask.nii.gz: F is no patient of data/split.csv",
        "masks: lacks D_20010101, a test patient; all of them are scored, or none",
    ]


def test_every_damaged_file_gets_a_line_and_nothing_is_written(workspace):
    for name in SUBSET:
        write(name, final(name))
    Path("masks/A_mask.nii.gz").write_bytes(b"no NIfTI")
    np.save("masks/E.npy", final("E").astype(int) * 3)
    Path("masks/E_mask.nii.gz").unlink()
    reported = faults(run)
    assert len(reported) == 2
    assert reported[0].startswith("masks/A_mask.nii.gz: ")
    assert reported[1].startswith("masks/E.npy: holds 0, 3; expected a mask of 0 and 1")


def test_another_size_or_number_of_slices_gets_a_line(workspace):
    write("D_20010101", final("D_20010101")[:-1])
    write("E", final("E")[:, :-1])
    assert faults(run) == [
        "masks/D_20010101_mask.nii.gz: is 5 × 36 × 40; expected 6 × 36 × 40, as the patient's files; for another "
        "height and width see --grid",
        "masks/E_mask.nii.gz: is 6 × 35 × 40; expected 6 × 36 × 40, as the patient's files; for another height and "
        "width see --grid",
    ]
    assert "expected 6 slices, as the patient's files have" in faults(lambda: run(grid="resized"))[0]
    assert "expected 6 slices of squares" in faults(lambda: run(grid="network"))[1]


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (lambda mask: mask[:, :, ::-1], "mirrored left to right"),
        (lambda mask: mask[:, ::-1], "mirrored front to back"),
        (lambda mask: np.roll(mask, (5, 9), (1, 2)), "shifted by 0 slices, -5 rows and -9 columns"),
    ],
)
def test_misplaced_masks_are_scored_with_a_warning_each(workspace, capsys, turn, words):
    for name in HELD_OUT:
        write(name, turn(read_mask(Path("data/raw") / name)))
    run()
    warnings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning")]
    assert [line.split()[1] for line in warnings] == HELD_OUT
    assert all(f"1.00 {words}; are the files" in line for line in warnings)
    assert judged().dsc.max() < 0.5


def test_who_trained_is_not_scored(workspace):
    for name in HELD_OUT:
        write(name, final(name))
    path = Path("trained.csv")
    path.write_text("patient\nA\nD_20020202\n")  # another scan of D
    reported = faults(lambda: run(trained_on=path))
    assert reported == [
        "trained.csv: 1 of 2 held-out patients, D_20010101 among them, trained the network; judge it on others"
    ]
    path.write_text("patient,fold\nA,0\nB,0\n")
    run(trained_on=path)
    assert read_json(Path("judged/x/judged.json"))["trained_on"] == {"file": "trained.csv", "patients": 2}
    run()
    assert read_json(Path("judged/x/judged.json"))["trained_on"] is None


@pytest.mark.parametrize("name", ["../x", "", ".hidden", "a/b", "a\nb"])
def test_a_name_is_a_plain_word(workspace, name):
    assert faults(lambda: run(name=name))[0].startswith("--name is ")


def test_a_split_that_dvc_does_not_know_is_reported(workspace):
    for name in HELD_OUT:
        write(name, final(name))
    split_file = Path("data/split.csv")
    before = split_file.read_text()
    split_file.write_text(before.replace("C,validation", "C,train"))
    assert "data/split.csv: is not what stage split wrote" in faults(run)[0]
    split_file.write_text(before)
    Path("dvc.lock").unlink()
    assert "dvc.lock: missing" in faults(run)[0]


def test_the_same_masks_give_the_same_bytes(workspace):
    for name in HELD_OUT:
        write(name, final(name))
    run()
    before = {path.name: path.read_bytes() for path in Path("judged/x").iterdir()}
    run()
    assert before == {path.name: path.read_bytes() for path in Path("judged/x").iterdir()}
    assert [path.name for path in Path("judged").iterdir()] == ["x"]


def test_preprocessed_patients_that_are_missing_stop_it(workspace):
    for name in HELD_OUT:
        write(name, final(name))
    (preprocessed.FOLDER / "E.npz").unlink()
    with pytest.raises(FileNotFoundError):
        run()
    assert not Path("judged/x").exists()


@pytest.mark.parametrize("missing", ["data/raw", "data/split.csv"])
def test_data_that_a_fresh_clone_lacks_is_reported(workspace, missing):
    Path(missing).rename("elsewhere")
    with pytest.raises(UserError, match=rf"^{missing}: is missing; run `dvc pull` or `dvc repro split` first$"):
        run()
