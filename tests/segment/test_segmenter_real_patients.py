"""A model on real patients: what the pipeline predicts, from each format that holds the same scan."""

from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch
from PIL import Image

import brainseg
from brainseg.data.predictions import to_uint8
from brainseg.data.raw.patients import patient_names, read_images, read_mask
from brainseg.inference import PredictSettings, predict
from brainseg.model.archive import read_model
from brainseg.model.torch_runtime import read_network
from brainseg.preprocessing import preprocess
from tests.model import small_model
from tests.scans.small_scans import write_series, write_volume

PLACE = {"spacing": (0.9375, 0.9375, 5.0), "origin": (-120.0, -118.5, 40.0)}


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "m.zip"
    small_model.write(path)
    return path


@pytest.fixture(scope="module")
def patient(lgg: Path) -> Path:
    return lgg / patient_names(lgg)[0]


@pytest.fixture(scope="module")
def from_tiff(model, patient):
    return brainseg.load(model)(patient)


def test_tiff_slices_give_the_bytes_that_the_pipeline_gives(model, patient, from_tiff):
    read = read_model(model)
    preprocessed = preprocess(read_images(patient), read_mask(patient), read.record.preprocess)
    settings = PredictSettings(networks="data/weights", weights="last", **read.record.inference.model_dump())
    networks = [read_network(read, record) for record in read.record.networks]
    expected = predict(networks, preprocessed, torch.device("cpu"), settings).on_file_grid
    np.testing.assert_array_equal(to_uint8(from_tiff.probability), expected)
    assert np.unique(expected).size > 50  # of many values, so that a difference would show


@pytest.mark.parametrize("kind", ["nii.gz", "nrrd", "png", "dicom", "a file a sequence"])
def test_other_formats_give_the_same_probabilities(model, patient, from_tiff, tmp_path, kind):
    image = read_images(patient)
    scan = str(tmp_path / "scan")
    if kind == "png":
        (tmp_path / "scan").mkdir()
        for number, pixels in enumerate(image, start=1):
            Image.fromarray(pixels).save(tmp_path / "scan" / f"{number}.png")
    elif kind == "dicom":
        for number, description in enumerate(("AX T1", "AX T2 FLAIR", "AX T1 +C"), start=1):
            pixels = np.ascontiguousarray(image[..., number - 1])
            write_series(tmp_path / "scan", pixels, description=description, number=number, **PLACE)
    elif kind == "a file a sequence":
        for number, key in enumerate(("pre", "flair", "post")):
            write_volume(tmp_path / f"{key}.nii.gz", np.ascontiguousarray(image[..., number]), **PLACE)
        scan = ",".join(f"{key}={tmp_path}/{key}.nii.gz" for key in ("flair", "pre", "post"))
    else:
        scan = str(write_volume(tmp_path / f"scan.{kind}", image, **PLACE))
    found = brainseg.load(model)(scan)
    assert np.abs(found.probability - from_tiff.probability).max() <= 1e-3
    if kind != "png":
        voxel_ml = 0.9375 * 0.9375 * 5.0 / 1000
        assert found.volume_ml == pytest.approx(int(found.mask.sum()) * voxel_ml)


SIDES = ("LR", "AP", "SI")  # of each axis of the body, both ways
TURNS = ["".join(turn) for order in permutations(SIDES) for turn in product(*order)]


@pytest.mark.parametrize("axes", TURNS)
def test_every_orientation_gives_the_same_mask_in_the_world(model, tmp_path, rng, axes):
    """48 ways to store one scan: the mask, as nibabel reads it, lies at the same place."""
    assert len(TURNS) == 48
    row, column = np.mgrid[-1:1:26j, -1:1:22j]
    head = ((row / 0.9) ** 2 + (column / 0.8) ** 2 < 1) * (120 + 60 * row + 30 * column)
    shades = np.linspace(0.6, 1, 6)[:, None, None, None] * np.array([0.8, 1.0, 0.9])  # of slices and of sequences
    image = (head[None, ..., None] * shades).astype(np.uint8)
    affine = np.diag([-1.0, -1.0, 4.0, 1.0])  # nibabel's world is RAS; the array is LPS
    straight = nibabel.Nifti1Image(image.transpose(2, 1, 0, 3), affine)
    codes = nibabel.orientations
    turn = codes.ornt_transform(codes.axcodes2ornt("LPS"), codes.axcodes2ornt(axes))
    segmenter = brainseg.load(model)
    masks = []
    for name, stored in (("straight", straight), ("turned", straight.as_reoriented(turn))):
        nibabel.save(stored, tmp_path / f"{name}.nii.gz")
        (path,) = segmenter(tmp_path / f"{name}.nii.gz").write(tmp_path)
        written = nibabel.load(path)
        np.testing.assert_allclose(written.affine, stored.affine, atol=1e-5)
        voxels = np.argwhere(np.asanyarray(written.dataobj) > 0)
        world = nibabel.affines.apply_affine(written.affine, voxels)
        masks.append(sorted(map(tuple, world.round(3).tolist())))
    assert masks[0] == masks[1] and 10 < len(masks[0]) < image[..., 0].size
