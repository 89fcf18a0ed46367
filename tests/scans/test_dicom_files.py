from pathlib import Path

from brainseg.scans.dicom_files import dicom_files, dicom_files_in, study_of
from tests.scans.small_scans import volume, write_series


def test_dicom_is_identified_by_its_preamble_and_not_by_its_name(tmp_path):
    first, second, *_ = write_series(tmp_path, volume())
    first.rename(tmp_path / "IM1")
    (tmp_path / "text.dcm").write_text("no")
    (tmp_path / "DICOMDIR").write_bytes(second.read_bytes())
    (tmp_path / ".hidden.dcm").write_bytes(second.read_bytes())
    listed = [tmp_path / "IM1", second, tmp_path / "text.dcm", tmp_path / "DICOMDIR", tmp_path / ".hidden.dcm"]
    assert list(dicom_files(listed)) == [tmp_path / "IM1", second]
    assert not list(dicom_files([tmp_path / "gone"]))


def test_the_study_of_a_file(tmp_path):
    path, *_ = write_series(tmp_path, volume(), study="1.2.3")
    assert study_of(path) == "1.2.3"
    (tmp_path / "text.dcm").write_text("no")
    assert study_of(Path(tmp_path / "text.dcm")) is None


def test_the_dicom_files_of_a_folder_or_of_a_file(tmp_path, monkeypatch):
    paths = write_series(tmp_path, volume())
    (tmp_path / "notes.txt").write_text("no")
    assert list(dicom_files_in(tmp_path)) == sorted(paths)
    assert list(dicom_files_in(paths[0])) == [paths[0]]
    assert not list(dicom_files_in(tmp_path / "gone"))

    def refuse(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert not list(dicom_files_in(tmp_path))
