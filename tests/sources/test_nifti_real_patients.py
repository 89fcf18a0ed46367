"""Patients of the LGG set as NIfTI, in both layouts: what is read back is what the TIFF slices give."""

import numpy as np
import pytest

from brainseg.data import preprocessed
from brainseg.data.raw import patients, volume
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.sources import nifti as source
from brainseg.sources.nifti import nifti
from studies.lgg_as_nifti import write

COUNT = 2
SETTINGS = PreprocessSettings(side_px=64, background=0.1, low_percentile=10.0, high_percentile=99.0)


def written(folder, name, *of_files) -> bytes:
    preprocessed.write(name, preprocess(*of_files[:2], SETTINGS, *of_files[2:]), folder)
    return (folder / f"{name}.npz").read_bytes()


@pytest.mark.parametrize("layout", ["nnunet", "brats"])
def test_preprocessed_bytes_are_those_of_the_tiff_slices(lgg, tmp_path, layout, monkeypatch):
    monkeypatch.setattr(source, "parallel_map", lambda function, items, label: [function(item) for item in items])
    names = patients.patient_names(lgg)[:COUNT]
    for name in names:
        (tmp_path / "kaggle_3m").mkdir(exist_ok=True)
        (tmp_path / "kaggle_3m" / name).symlink_to(lgg / name)
    write(tmp_path / "kaggle_3m", tmp_path / "own", layout)
    nifti(tmp_path / "raw", path=str(tmp_path / "own"), lesion_labels="all")
    assert patients.patient_names(tmp_path / "raw") == names
    for name in names:
        found, image, mask = volume.read(tmp_path / "raw" / name), *read_slices(lgg / name)
        np.testing.assert_array_equal(found.image, image, strict=True)
        np.testing.assert_array_equal(found.mask, mask, strict=True)
        assert found.spacing_mm == (4.0, 1.0, 1.0)
        as_nifti = written(tmp_path / "a", name, found.image, found.mask, found.spacing_mm, found.channels)
        assert as_nifti == written(tmp_path / "b", name, image, mask)


def read_slices(folder) -> tuple[np.ndarray, np.ndarray]:
    return patients.read_images(folder), patients.read_mask(folder)
