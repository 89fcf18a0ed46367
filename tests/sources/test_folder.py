import shutil
import zipfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from brainseg.errors import UserError
from brainseg.sources.folder import Settings, folder
from brainseg.sources.phantom import phantom
from brainseg.volumes import check_patients


@pytest.fixture
def original(tmp_path) -> Path:
    """Three patients."""
    phantom(tmp_path / "original", patients=3, slices=6, side_px=32, noise=0.0, seed=0)
    return tmp_path / "original"


def zipped(source: Path) -> Path:
    return Path(shutil.make_archive(str(source.with_name(f"{source.name}_zipped")), "zip", source))


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def fetched(source: Path, name: str = "raw") -> Path:
    destination = source.parent / name
    destination.mkdir()
    folder(destination, path=str(source), unzipped_limit_gb=1.0)
    return destination


@pytest.mark.parametrize("pack", [lambda path: path, zipped], ids=["folder", "zip"])
def test_patients_are_copied_as_they_are(original, pack):
    raw = fetched(pack(original))
    assert content(raw) == content(original)
    check_patients(raw)


@pytest.mark.parametrize("pack", [lambda path: path, zipped], ids=["folder", "zip"])
def test_patients_are_found_deeper_and_other_files_are_left_out(original, pack):
    deep = original.parent / "deep"
    shutil.copytree(original, deep / "data" / "kaggle_3m")
    (deep / "data" / "data.csv").write_text("a,b\n")
    next(iter((deep / "data" / "kaggle_3m").iterdir())).joinpath("notes.txt").write_text("hello")
    assert content(fetched(pack(deep))) == content(original)


def test_a_single_patients_own_folder_will_do(original):
    patient = original / "PHANTOM_EAST_002"
    assert content(fetched(patient)) == {f"{patient.name}/{name}": data for name, data in content(patient).items()}


def test_a_zip_of_one_patients_files_gives_the_same_name_each_time(original):
    archive = zipped(original / "PHANTOM_EAST_002")
    first, again = (content(fetched(archive, name)) for name in ("first", "again"))
    assert first == again


@pytest.mark.parametrize("pack", [lambda path: path, zipped], ids=["folder", "zip"])
def test_nothing_found_is_told_with_the_path_given(tmp_path, pack):
    source = tmp_path / "empty"
    source.mkdir()
    source.joinpath("notes.txt").write_text("hello")
    packed = pack(source)
    with pytest.raises(UserError, match=r"no folder with PATIENT_1\.tif") as error:
        fetched(packed)
    assert str(packed) in str(error.value)


def test_two_patients_of_one_name_are_told(original):
    twice = original.parent / "twice"
    for part in ("a", "b"):
        shutil.copytree(original / "PHANTOM_EAST_002", twice / part / "PHANTOM_EAST_002")
    changed = next((twice / "b").rglob("*_1.tif"))
    changed.write_bytes(changed.read_bytes()[:-1])
    with pytest.raises(UserError, match="b/PHANTOM_EAST_002: a second folder of this name"):
        fetched(twice)


def test_the_same_patient_twice_is_taken_once(original, tmp_path):
    """Kaggle's archive holds its folder a second time, one level deeper."""
    for part in ("kaggle_3m", "lgg-mri-segmentation/kaggle_3m"):
        shutil.copytree(original, tmp_path / "archive" / part)
    assert content(fetched(tmp_path / "archive")) == content(original)


def test_a_patient_without_any_mask_is_not_passed_over_in_silence(original):
    for mask in (original / "PHANTOM_EAST_002").glob("*_mask.tif"):
        mask.unlink()
    with pytest.raises(UserError, match=r"PHANTOM_EAST_002_1\.tif"):
        check_patients(fetched(original))


def test_the_originals_are_copied_and_not_linked(original):
    before = content(original)
    raw = fetched(original)
    for copy in raw.rglob("*.tif"):
        assert not copy.is_symlink() and not copy.samefile(original / copy.relative_to(raw))
        copy.write_bytes(b"changed")
    assert content(original) == before


def test_copies_of_files_that_may_not_be_written_may_be(original):
    for path in original.rglob("*.tif"):
        path.chmod(0o444)
    assert all(copy.stat().st_mode & 0o200 for copy in fetched(original).rglob("*.tif"))


def test_nothing_but_the_patients_is_left_after_unpacking(original):
    archive = zipped(original)
    before = set(original.parent.iterdir())
    assert set(fetched(archive).parent.iterdir()) - before == {original.parent / "raw"}


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_a_path_that_is_neither_folder_nor_zip_is_refused(tmp_path, name):
    (tmp_path / "file.txt").write_text("hello")
    with pytest.raises(ValidationError, match="neither a folder nor a zip archive"):
        Settings(path=str(tmp_path / name), unzipped_limit_gb=1.0)


def test_a_folder_and_a_zip_are_accepted(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "y")
    assert [Settings(path=str(path), unzipped_limit_gb=1.0).path for path in (tmp_path, tmp_path / "a.zip")]
