import pytest

from brainseg.scans.find import find_scans
from brainseg.scans.sequence_names import is_word, match_sequence
from tests.scans.small_scans import names, one, touch


def test_nnunet_names(tmp_path):
    for name in ("anna", "bert"):
        touch(*(tmp_path / f"{name}_000{number}.nii.gz" for number in (0, 1, 2)))
    anna, bert = find_scans([str(tmp_path)])
    assert anna.files == {
        "pre_contrast": tmp_path / "anna_0000.nii.gz",
        "flair": tmp_path / "anna_0001.nii.gz",
        "post_contrast": tmp_path / "anna_0002.nii.gz",
    }
    assert (anna.name, bert.name, anna.format) == ("anna", "bert", "nifti")


@pytest.mark.parametrize("words", [("t1n", "t2f", "t1c", "t2w", "-"), ("t1", "flair", "t1ce", "t2", "_")])
def test_brats_names_of_both_kinds(tmp_path, words):
    *sequences, dash = words
    folder = tmp_path / "BraTS-GLI-1"
    touch(*(folder / f"BraTS-GLI-1{dash}{word}.nii.gz" for word in (*sequences, "seg")))
    files = one(tmp_path)
    pre, flair, post = (folder / f"BraTS-GLI-1{dash}{word}.nii.gz" for word in sequences[:3])
    assert (files.name, files.fault) == ("BraTS-GLI-1", None)
    assert files.files == {"pre_contrast": pre, "flair": flair, "post_contrast": post}


def test_numbers_that_do_not_begin_at_0_are_part_of_the_names(tmp_path):
    """Patients are numbered more often than sequences."""
    files = [f"sub_{number:04}" for number in (1, 2, 3, 12)]
    touch(*(tmp_path / f"{name}.nii.gz" for name in files))
    assert names(tmp_path) == files


def test_a_sequence_beside_files_that_stand_for_themselves(tmp_path):
    touch(tmp_path / "anna_flair.mha", tmp_path / "anna.nrrd.mha", tmp_path / "bert_0000.npy", tmp_path / "bert.nii")
    assert names(tmp_path) == ["anna.nrrd", "anna", "bert", "bert_0000"]


def test_a_models_own_channels_by_number_and_by_name(tmp_path):
    channels = ("adc", "dwi", "t2", "flair")
    touch(*(tmp_path / f"anna_000{number}.nii.gz" for number in range(4)))
    touch(*(tmp_path / f"bert-{word}.nii.gz" for word in ("dwi", "T2w", "flair", "t1")))
    anna, bert = find_scans([str(tmp_path)], channels)
    assert anna.files == {name: tmp_path / f"anna_000{number}.nii.gz" for number, name in enumerate(channels)}
    of_bert = {"dwi": "dwi", "t2": "T2w", "flair": "flair"}
    assert bert.files == {name: tmp_path / f"bert-{word}.nii.gz" for name, word in of_bert.items()}


def test_a_channel_that_is_called_as_a_known_word_is_that_channel(tmp_path):
    touch(tmp_path / "a_t1.mha", tmp_path / "a_t1n.mha")
    (files,) = find_scans([str(tmp_path)], ("t1", "pre_contrast"))
    assert files.files == {"t1": tmp_path / "a_t1.mha", "pre_contrast": tmp_path / "a_t1n.mha"}


def test_without_flair_the_first_channel_is_required(tmp_path):
    touch(tmp_path / "a_dwi.mha", tmp_path / "b_0000.mha", tmp_path / "b_0002.mha")
    faults = [files.fault for files in find_scans([str(tmp_path)], ("adc", "dwi"))]
    assert faults == [
        f"{tmp_path}/a: has a_dwi.mha and no adc; adc is required",
        f"{tmp_path}/b_0002.mha: has the number 0002; expected _0000 adc, _0001 dwi",
    ]


@pytest.mark.parametrize(("name", "word"), [("flair", True), ("T1CE", True), ("adc", True), ("anna", False)])
def test_a_file_may_be_called_by_its_sequence_alone(name, word):
    assert is_word(name, ("adc", "flair")) == word


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("anna_0002", ("anna", "0002")),
        ("anna_0008", None),
        ("a-b_T1CE", ("a-b", "T1CE")),
        ("sub-01_FLAIR", ("sub-01", "FLAIR")),
        ("sub-01_T1w", ("sub-01", "T1w")),
        ("flair", None),
        ("annaflair", None),
    ],
)
def test_what_a_name_says(stem, found):
    match = match_sequence(stem)
    assert (match and (match["name"], match["word"])) == found
