import pytest

from brainseg.scans.scan_files import name_of, scan_in_file, shown, stem_of
from tests.scans.small_scans import one, touch


@pytest.mark.parametrize(
    ("file", "name", "format"),
    [
        ("anna.nii.gz", "anna", "nifti"),
        ("anna.v2.nii", "anna.v2", "nifti"),
        ("ANNA.NII.GZ", "ANNA", "nifti"),
        ("a.mha", "a", "mha"),
        ("a.mhd", "a", "mha"),
        ("a.nrrd", "a", "nrrd"),
        ("a.nhdr", "a", "nrrd"),
        ("a.npy", "a", "npy"),
        ("a.tiff", "a", "tiff"),
        ("a.JPG", "a", "png"),
        ("anna_0001.nii.gz", "anna_0001", "nifti"),  # a file given by itself is a scan
    ],
)
def test_a_file_is_a_scan(tmp_path, file, name, format):
    touch(tmp_path / file)
    files = one(tmp_path / file)
    assert (files.name, files.format, files.fault) == (name, format, None)
    assert files.files == {"scan": tmp_path / file}


def test_one_picture_is_its_own_slice(tmp_path):
    assert scan_in_file(tmp_path / "a.png").slices == (tmp_path / "a.png",)


def test_names_and_stems(tmp_path, monkeypatch):
    (tmp_path / "P").mkdir()
    monkeypatch.chdir(tmp_path / "P")
    here = type(tmp_path)(".")
    assert name_of(here) == "P"
    assert stem_of(tmp_path / "a.b.nii.gz") == "a.b"
    assert stem_of(tmp_path / "a.b.tif") == "a.b"


def test_what_a_terminal_cannot_show():
    assert shown("Zoë") == "Zoë"
    assert shown("a\nb\udcff") == "a\\nb\\udcff"
