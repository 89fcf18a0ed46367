import json

import nibabel
import numpy as np
import pytest
from pydantic import ValidationError

from brainseg.core.errors import UserError
from brainseg.data.raw import patients, volume
from brainseg.scans.find import find_scans
from brainseg.scans.read import read_scan
from brainseg.sources import nifti as source
from brainseg.sources.nifti import Settings, channels, nifti
from tests.scans.small_scans import OBLIQUE, write_volume
from tests.sources import small_volumes
from tests.sources.small_volumes import CHANNELS, write_brats, write_nnunet


@pytest.fixture(autouse=True)
def in_one_process(monkeypatch):
    """A process of its own takes a second to start; tests/test_parallel.py has them."""
    monkeypatch.setattr(source, "parallel_map", lambda function, items, label: [function(item) for item in items])


def converted(folder, lesion_labels="all"):
    raw = folder.with_name("raw")
    nifti(raw, path=str(folder), lesion_labels=lesion_labels)
    patients.check_patients(raw)
    return {name: volume.read(raw / name) for name in patients.patient_names(raw)}


def fault(folder, lesion_labels="all") -> str:
    with pytest.raises(UserError) as error:
        converted(folder, lesion_labels)
    (line,) = str(error.value).splitlines()
    return line.replace(f"{folder}/", "").replace(str(folder), "DIR")


LAYOUTS = {
    "nnU-Net": write_nnunet,
    "BraTS": write_brats,
    "old BraTS": lambda folder, of: write_brats(folder, of, old=True),
    "MHA": lambda folder, of: write_nnunet(folder, of, ending=".mha"),
    "NRRD": lambda folder, of: write_nnunet(folder, of, ending=".nrrd"),
    "no file_ending": lambda folder, of: write_nnunet(folder, of, ending=".mha", description={"file_ending": None}),
}


@pytest.mark.parametrize("write", LAYOUTS.values(), ids=LAYOUTS)
def test_patients_of_either_layout_are_the_arrays_that_were_written(tmp_path, write):
    given = small_volumes.patients()
    found = converted(write(tmp_path / "own", given))
    assert list(found) == list(given)
    for name, (image, labels) in given.items():
        np.testing.assert_array_equal(found[name].image, image, strict=True)
        np.testing.assert_array_equal(found[name].mask, labels > 0, strict=True)
        assert (found[name].spacing_mm, found[name].channels) == ((4.0, 1.0, 1.0), CHANNELS)


@pytest.mark.parametrize("own", [("flair",), ("flair", "t2"), ("adc", "t2", "flair", "pre_contrast")])
def test_channels_are_those_of_dataset_json(tmp_path, own):
    given = small_volumes.patients(channels=len(own))
    folder = write_nnunet(tmp_path / "own", given, own)
    assert channels(path=str(folder), lesion_labels="all") == own
    for name, patient in converted(folder).items():
        np.testing.assert_array_equal(patient.image, given[name][0])
        assert patient.channels == own


def test_brats_has_four_channels_in_the_order_of_the_lgg_set_and_then_t2(tmp_path):
    folder = write_brats(tmp_path / "own", small_volumes.patients(channels=4), (*CHANNELS, "t2"))
    assert channels(path=str(folder), lesion_labels="all") == (*CHANNELS, "t2")
    two = write_brats(tmp_path / "two", small_volumes.patients(channels=2), ("t2", "flair"))
    assert converted(two)["TCGA_XX_0001"].channels == ("flair", "t2")


@pytest.mark.parametrize(("lesion_labels", "values"), [("all", (1, 2)), ([1, 2], (1, 2)), ([2], (2,)), ([1], (1,))])
def test_which_labels_are_lesion_is_a_setting(tmp_path, lesion_labels, values):
    given = small_volumes.patients(2)
    for name, patient in converted(write_brats(tmp_path / "own", given), lesion_labels).items():
        np.testing.assert_array_equal(patient.mask, np.isin(given[name][1], values))


def test_a_patient_is_the_scan_that_brainseg_predict_reads(tmp_path):
    """Oblique, stored from left to right, of 16 bit: what a network trains on is what it is given of a new scan."""
    place = {"direction": OBLIQUE @ np.diag([-1.0, 1.0, -1.0]), "spacing": (0.5, 1.25, 3.0), "origin": (3.0, -7.0, 9.0)}
    folder = write_nnunet(tmp_path / "own", small_volumes.patients(2, high=3000), **place)
    for name, patient in converted(folder).items():
        (files,) = (files for files in find_scans([str(folder / "imagesTr")]) if files.name == name)
        scan = read_scan(files)
        np.testing.assert_array_equal(patient.image, scan.image, strict=True)
        assert (patient.spacing_mm, patient.channels) == (scan.spacing_mm, scan.channels)
        assert patient.image.dtype == np.uint16


def test_sixteen_bit_and_floats_survive(tmp_path):
    """Each channel is scaled to 16 bit: what differed by more than its white / 65535 still differs."""
    of = {}
    for number in range(2):
        image = np.random.default_rng(number).random((4, 30, 30, 2)).astype(np.float32)
        image[..., 1] = np.rint(image[..., 1] * 4000)
        of[f"P{number}"] = image, (image[..., 0] > 0.9).astype(np.uint8)
    for name, patient in converted(write_nnunet(tmp_path / "own", of, ("flair", "t2"))).items():
        for place in range(2):
            white = np.percentile(of[name][0][..., place], 99.99)
            expected = (of[name][0][..., place] / white).clip(0, 1)
            np.testing.assert_allclose(patient.image[..., place] / 65535, expected, atol=0.6 / 65535)
        assert len(np.unique(patient.image[..., 0])) > 3000  # of 3,600 voxels


def test_a_volume_from_nibabel_in_its_own_orientation(tmp_path):
    """RAS, sagittal: the third axis runs to the right, and columns and rows are of different size."""
    axial = np.random.default_rng(0).integers(0, 200, (5, 8, 7)).astype(np.uint8)  # z, y, x of LPS
    stored = axial.transpose(1, 0, 2)[::-1, :, ::-1]  # to anterior, to superior, to the right
    affine = np.zeros((4, 4))
    affine[1, 0], affine[2, 1], affine[0, 2], affine[3, 3] = 1.5, 4.0, 0.5, 1.0  # of each axis in RAS
    for name in ("A", "B"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for word, values in (("t2f", stored), ("seg", (stored > 150).astype(np.uint8))):
            nibabel.save(nibabel.Nifti1Image(values, affine), tmp_path / "own" / name / f"{name}-{word}.nii.gz")
    raw = tmp_path / "raw"
    nifti(raw, path=str(tmp_path / "own"), lesion_labels="all")
    found = volume.read(raw / "A")
    np.testing.assert_array_equal(found.image[..., 0], axial)
    np.testing.assert_array_equal(found.mask, axial > 150)
    assert found.spacing_mm == (4.0, 1.5, 0.5)


def without(name: str):
    return lambda folder: (folder / name).unlink()


def described(**description: object):
    def change(folder) -> None:
        content = json.loads((folder / "dataset.json").read_text()) | description
        (folder / "dataset.json").write_text(json.dumps(content))

    return change


def other_grid(name: str, **place: object):
    return lambda folder: write_volume(folder / name, small_volumes.patient(1)[0][..., 0], **place)


def labels_of(value: float, kind: type = np.float32):
    def change(folder) -> None:
        labels = small_volumes.patient(1)[1].astype(kind)
        labels[0, 0, 0] = value
        write_volume(folder / "labelsTr" / "TCGA_XX_0001.nii.gz", labels, spacing=small_volumes.SPACING)

    return change


def without_folder(name: str):
    def change(folder) -> None:
        for path in (folder / name).iterdir():
            path.unlink()
        (folder / name).rmdir()

    return change


IMAGE = "imagesTr/TCGA_XX_0001_0001.nii.gz"
ONE_GRID = "TCGA_XX_0001.nii.gz; expected one grid a patient"
FAULTS = {
    "missing channel": (without(IMAGE), f"{IMAGE}: missing; it is TCGA_XX_0001's flair"),
    "another size": (
        lambda folder: write_volume(folder / IMAGE, np.zeros((5, 8, 6), np.uint8), spacing=(1, 1, 4)),
        f"{IMAGE}: is 6 × 8 × 5 voxels, 7 × 8 × 5 are in {ONE_GRID}",
    ),
    "another place": (
        other_grid(IMAGE, spacing=(1, 1, 4), origin=(0, 5, 0)),
        f"{IMAGE}: lies up to 5 mm from {ONE_GRID}",
    ),
    "another spacing": (other_grid(IMAGE, spacing=(1, 1, 5)), f"{IMAGE}: lies up to 4 mm from {ONE_GRID}"),
    "no labels": (without_folder("labelsTr"), "DIR: has no labelsTr, so no labels; expected labelsTr/NAME.nii.gz"),
    "no images": (without_folder("imagesTr"), "DIR: has no imagesTr; expected imagesTr/NAME_0000.nii.gz"),
    "a label missing": (
        lambda folder: (without("labelsTr/TCGA_XX_0003.nii.gz")(folder), described(numTraining=2)(folder)),
        None,
    ),
    "dataset.json absent": (
        without("dataset.json"),
        "dataset.json: missing; it names the channels, as channel_names, and the labels",
    ),
    "dataset.json damaged": (
        lambda folder: (folder / "dataset.json").write_text("{"),
        "dataset.json: not valid JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
    ),
    "dataset.json a list": (
        lambda folder: (folder / "dataset.json").write_text("[]"),
        "dataset.json: holds a list; expected keys and values",
    ),
    "no channel names": (
        described(channel_names=None),
        'dataset.json: channel_names is None; expected {"0": NAME, "1": NAME, ...}',
    ),
    "a number left out": (
        described(channel_names={"0": "T1", "2": "FLAIR"}),
        "dataset.json: channel_names is {'0': 'T1', '2': 'FLAIR'}; expected {\"0\": NAME, \"1\": NAME, ...}",
    ),
    "one channel twice": (
        described(channel_names={"0": "T1", "1": "T1w", "2": "FLAIR"}),
        "dataset.json: channel_names pre_contrast, pre_contrast, flair names a channel twice; expected each once",
    ),
    "a channel without a name": (
        described(channel_names={"0": "T1", "1": "??", "2": "FLAIR"}),
        "dataset.json: channel_names '' is no name of a channel; expected small letters, digits and _, such as t2",
    ),
    "no labels named": (
        described(labels={}),
        'dataset.json: labels is {}; expected {"background": 0, "lesion": 1}',
    ),
    "a label that is no number": (
        described(labels={"background": 0, "core": "one"}),
        "dataset.json: the label 'one' is 'core'; expected a whole number from 0",
    ),
    "another number of patients": (
        described(numTraining=90),
        "dataset.json: numTraining is 90; labelsTr has 3 labels",
    ),
    "an unknown ending": (
        described(file_ending=".png"),
        "dataset.json: file_ending is '.png'; expected one of .nii.gz, .nii, .mha, .mhd, .nrrd, .nhdr",
    ),
    "an unknown label": (
        labels_of(7, np.uint8),
        "labelsTr/TCGA_XX_0001.nii.gz: holds the label 7; dataset.json names 0, 1, 2",
    ),
    "a label of one half": (
        labels_of(0.5),
        "labelsTr/TCGA_XX_0001.nii.gz: holds 0, 0.5, 1, 2; expected labels: whole numbers from 0",
    ),
    "a label below 0": (
        labels_of(-1, np.int16),
        "labelsTr/TCGA_XX_0001.nii.gz: holds -1, 0, 1, 2; expected labels: whole numbers from 0",
    ),
    "a damaged image": (
        lambda folder: (folder / IMAGE).write_bytes(b"x"),
        f"{IMAGE}: cannot be read as .nii.gz (is not recognized as a NIFTI file)",
    ),
    "four dimensions": (
        lambda folder: write_volume(folder / IMAGE, np.zeros((5, 8, 7, 3), np.uint8), spacing=(1, 1, 4)),
        f"{IMAGE}: holds 3 sequences; expected one a file",
    ),
}


@pytest.mark.parametrize(("spoil", "line"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line_that_names_the_file(tmp_path, spoil, line):
    folder = write_nnunet(tmp_path / "own", small_volumes.patients())
    spoil(folder)
    if line:
        assert fault(folder) == line
    else:  # three images of a patient without label, a line each
        with pytest.raises(UserError) as error:
            converted(folder)
        lines = str(error.value).replace(f"{folder}/", "").splitlines()
        image = "imagesTr/TCGA_XX_0003_000{}.nii.gz: has no label; expected labelsTr/TCGA_XX_0003"
        assert lines == [image.format(number) for number in range(3)]


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (without("A/A-t1c.nii.gz"), "A: lacks post_contrast: expected A-t1c or -t1ce or -t1gd or -t1wce.nii.gz"),
        (without("A/A-seg.nii.gz"), "A: has no labels: expected A-seg.nii.gz"),
        (
            lambda folder: write_volume(folder / "A" / "A_t1ce.nii.gz", np.zeros((5, 8, 7), np.uint8)),
            "A/A-t1c.nii.gz: is the same sequence as A_t1ce.nii.gz; expected one",
        ),
    ],
)
def test_a_fault_in_brats_layout_is_one_line(tmp_path, spoil, line):
    folder = write_brats(tmp_path / "own", dict(zip("AB", small_volumes.patients(2).values(), strict=True)))
    spoil(folder)
    assert fault(folder) == line


def test_all_faults_are_said_at_once(tmp_path):
    folder = write_nnunet(tmp_path / "own", small_volumes.patients())
    labels_of(7, np.uint8)(folder)
    (folder / "imagesTr" / "TCGA_XX_0002_0000.nii.gz").write_bytes(b"x")
    with pytest.raises(UserError) as error:
        converted(folder)
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize("layout", [write_nnunet, write_brats])
def test_one_patient_is_too_few(tmp_path, layout):
    folder = layout(tmp_path / "own", small_volumes.patients(1))
    assert fault(folder) == "DIR: has one patient; expected 2 or more, to train and to validate"


def test_a_folder_of_neither_layout(tmp_path):
    (tmp_path / "own").mkdir()
    nnunet = "nnU-Net's layout (imagesTr, labelsTr, dataset.json)"
    expected = f"DIR: no patients; expected {nnunet} or BraTS's (NAME/NAME-t2f.nii.gz, NAME-seg.nii.gz)"
    assert fault(tmp_path / "own") == expected


@pytest.mark.parametrize(
    ("layout", "line"),
    [
        (write_nnunet, "dataset.json has 0 background, 1 edema, 2 core"),
        (write_brats, "the labels hold 1, 2"),
    ],
)
def test_a_lesion_label_that_the_data_lacks(tmp_path, layout, line):
    folder = layout(tmp_path / "own", small_volumes.patients(2))
    assert fault(folder, [1, 5]) == f"params.yaml: datasets.nifti.lesion_labels names 5; {line}"


def test_voxels_to_ignore_are_no_lesion_unless_asked_for(tmp_path):
    labels = {"labels": {"background": 0, "lesion": 1, "ignore": 2}}
    folder = write_nnunet(tmp_path / "own", small_volumes.patients(2), description=labels)
    reported = "dataset.json has voxels to ignore (0 background, 1 lesion, 2 ignore): list the labels that are lesion"
    assert fault(folder) == f"params.yaml: datasets.nifti.lesion_labels is all; {reported}"
    assert converted(folder, [1])["TCGA_XX_0001"].mask.sum() == (small_volumes.patient(1)[1] == 1).sum()


@pytest.mark.parametrize(
    "labels", [{"background": 0, "whole": [1, 2], "core": [2]}, {"0": "background", "1": "edema", "2": "core"}]
)
def test_regions_and_the_form_of_nnunet_1_are_understood(tmp_path, labels):
    description = {"labels": labels, "modality": {"0": "T1", "1": "FLAIR", "2": "T1gd"}, "channel_names": None}
    folder = write_nnunet(tmp_path / "own", small_volumes.patients(2), description=description)
    content = json.loads((folder / "dataset.json").read_text())
    assert "channel_names" not in content
    assert converted(folder)["TCGA_XX_0002"].channels == CHANNELS


def test_what_is_no_patient_and_what_is_odd_is_said(tmp_path, capsys):
    of = small_volumes.patients(2, high=3000)
    for image, _ in of.values():
        image[0, 0, 0, 1] = -5
    folder = write_nnunet(tmp_path / "own", of)
    (folder / "imagesTs").mkdir()
    (folder / "labelsTr" / "notes.txt").write_text("")
    converted(folder)
    assert capsys.readouterr().out.splitlines() == [
        "left out, no part of a patient: labelsTr/notes.txt, imagesTs",
        "2 of 2 patients, first TCGA_XX_0001: flair has values down to -5: its lowest value is taken as 0",
    ]


@pytest.mark.parametrize(
    ("block", "reported"),
    [
        ({"path": "none"}, "'none' is no folder; expected one in nnU-Net's or BraTS's layout"),
        ({"path": ""}, "is no folder"),
        ({"lesion_labels": []}, "'all', or a list of whole numbers from 1 to 65535, each once"),
        ({"lesion_labels": [0]}, "'all', or a list"),
        ({"lesion_labels": [1, 1]}, "'all', or a list"),
        ({"lesion_labels": [1.5]}, "'all', or a list"),
        ({"lesion_labels": [True]}, "'all', or a list"),
        ({"lesion_labels": [70000]}, "'all', or a list"),
        ({"lesion_labels": "any"}, "'all', or a list"),
    ],
)
def test_other_settings_are_refused(tmp_path, block, reported):
    with pytest.raises(ValidationError, match=reported):
        Settings(**{"path": str(tmp_path), "lesion_labels": "all"} | block)
