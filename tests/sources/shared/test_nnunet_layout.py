import pytest

from brainseg.core.errors import UserError
from brainseg.sources.shared.nnunet_layout import find_nnunet, is_nnunet
from tests.sources import small_volumes
from tests.sources.small_volumes import write_nnunet


def test_a_patient_has_a_file_a_channel_and_one_of_labels(tmp_path):
    folder = write_nnunet(tmp_path, small_volumes.patients(2, channels=2), ("adc", "flair"))
    found = find_nnunet(folder)
    assert (found.channels, found.labels) == (("adc", "flair"), {0: "background", 1: "edema", 2: "core"})
    assert (found.faults, found.left_out) == ((), ())
    first, second = found.cases
    assert (first.name, second.name) == ("TCGA_XX_0001", "TCGA_XX_0002")
    assert first.images == {
        "adc": folder / "imagesTr" / "TCGA_XX_0001_0000.nii.gz",
        "flair": folder / "imagesTr" / "TCGA_XX_0001_0001.nii.gz",
    }
    assert first.label == folder / "labelsTr" / "TCGA_XX_0001.nii.gz"


def test_faults_of_files_are_said_together_and_the_other_patients_are_found(tmp_path):
    folder = write_nnunet(tmp_path, small_volumes.patients(3))
    images = folder / "imagesTr"
    (images / "TCGA_XX_0001_0002.nii.gz").unlink()
    (images / "TCGA_XX_0002_0000.nii.gz").rename(images / "TCGA_XX_0002_0003.nii.gz")
    (images / "other.nii.gz").write_bytes(b"")
    found = find_nnunet(folder)
    assert [case.name for case in found.cases] == ["TCGA_XX_0003"]
    assert sorted(line.removeprefix(f"{images}/") for line in found.faults) == [
        "TCGA_XX_0001_0002.nii.gz: missing; it is TCGA_XX_0001's post_contrast",
        "TCGA_XX_0002_0000.nii.gz: missing; it is TCGA_XX_0002's pre_contrast",
        "TCGA_XX_0002_0003.nii.gz: has the channel 0003; dataset.json names 3, from 0000",
        "other.nii.gz: is not called NAME_0000, with the number of its channel",
    ]


@pytest.mark.parametrize("name", ["dataset.json", "imagesTr", "labelsTr"])
def test_any_part_of_the_layout_identifies_it(tmp_path, name):
    assert not is_nnunet(tmp_path)
    (tmp_path / name).mkdir()
    assert is_nnunet(tmp_path)


def test_hidden_files_are_no_patients(tmp_path):
    folder = write_nnunet(tmp_path, small_volumes.patients(2))
    for name in ("imagesTr/._TCGA_XX_0001_0000.nii.gz", "labelsTr/.DS_Store"):
        (folder / name).write_bytes(b"")
    found = find_nnunet(folder)
    assert len(found.cases) == 2 and not found.faults and not found.left_out


def test_numbers_of_patients_that_are_no_number_are_refused(tmp_path):
    folder = write_nnunet(tmp_path, small_volumes.patients(2), description={"numTraining": "two"})
    assert find_nnunet(folder).faults == (f"{folder}/dataset.json: numTraining is 'two'; labelsTr has 2 labels",)


def test_nine_channels_are_too_many(tmp_path):
    names = {str(number): f"c{number}" for number in range(9)}
    folder = write_nnunet(tmp_path, small_volumes.patients(2), description={"channel_names": names})
    with pytest.raises(UserError, match="dataset.json: channel_names has 9 channels; expected 1 to 8"):
        find_nnunet(folder)
