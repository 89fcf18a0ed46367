import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.data.raw.patients import check_patients
from brainseg.sources.shared.copying import copy_patients, find_patients
from tests.sources.small_folders import content


def copied(source: Path) -> Path:
    destination = source.parent / "raw"
    destination.mkdir()
    copy_patients(source, destination)
    return destination


def faults(source: Path) -> list[str]:
    with pytest.raises(UserError) as error:
        copied(source)
    return str(error.value).splitlines()


def test_two_patients_of_one_name_are_reported(original):
    twice = original.parent / "twice"
    for part in ("a", "b"):
        shutil.copytree(original / "PHANTOM_EAST_002", twice / part / "PHANTOM_EAST_002")
    changed = next((twice / "b").rglob("*_1.tif"))
    changed.write_bytes(changed.read_bytes()[:-1])
    with pytest.raises(UserError, match="b/PHANTOM_EAST_002: a second folder of this name"):
        copied(twice)


def test_the_same_patient_twice_is_taken_once(original, tmp_path):
    """Kaggle's archive holds its folder a second time, one level deeper."""
    for part in ("kaggle_3m", "lgg-mri-segmentation/kaggle_3m"):
        shutil.copytree(original, tmp_path / "archive" / part)
    assert content(copied(tmp_path / "archive")) == content(original)


def test_a_patient_without_any_mask_is_not_passed_over_in_silence(original):
    for mask in (original / "PHANTOM_EAST_002").glob("*_mask.tif"):
        mask.unlink()
    with pytest.raises(UserError, match=r"PHANTOM_EAST_002_1\.tif"):
        check_patients(copied(original))


def test_the_originals_are_copied_and_not_linked(original):
    before = content(original)
    raw = copied(original)
    for copy in raw.rglob("*.tif"):
        assert not copy.is_symlink() and not copy.samefile(original / copy.relative_to(raw))
        copy.write_bytes(b"changed")
    assert content(original) == before


def test_copies_of_files_that_may_not_be_written_may_be(original):
    for path in original.rglob("*.tif"):
        path.chmod(0o444)
    assert all(copy.stat().st_mode & 0o200 for copy in copied(original).rglob("*.tif"))


def dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def folder_of_that_name(path: Path) -> None:
    path.unlink()
    path.mkdir()


def test_files_that_cannot_be_read_are_all_reported_at_once(original):
    east, south = original / "PHANTOM_EAST_002", original / "PHANTOM_SOUTH_003"
    dangling_link(east / "PHANTOM_EAST_002_2.tif")
    folder_of_that_name(east / "PHANTOM_EAST_002_4_mask.tif")
    dangling_link(south / "PHANTOM_SOUTH_003_1.tif")
    assert faults(original) == [
        f"{east}/PHANTOM_EAST_002_2.tif: cannot be read (No such file or directory)",
        f"{east}/PHANTOM_EAST_002_4_mask.tif: cannot be read (Is a directory)",
        f"{south}/PHANTOM_SOUTH_003_1.tif: cannot be read (No such file or directory)",
    ]


@pytest.fixture
def as_nobody() -> Callable[[], None]:
    """From the call on, without root's right to read everything."""

    def drop() -> None:
        if os.geteuid() == 0:
            os.seteuid(65534)

    before = os.geteuid()
    yield drop
    os.seteuid(before)


def test_files_that_may_not_be_read_are_all_reported_at_once(original, monkeypatch, as_nobody):
    monkeypatch.chdir(original.parent)  # whose own parents nobody else may enter
    original.parent.chmod(0o777)
    secret = [f"PHANTOM_{site}/PHANTOM_{site}_3.tif" for site in ("EAST_002", "NORTH_001")]
    for name in secret:
        (original / name).chmod(0)
    as_nobody()
    assert faults(Path("original")) == [f"original/{name}: cannot be read (Permission denied)" for name in secret]


@pytest.mark.parametrize("filename", ["source", "target"])
def test_a_disk_that_runs_full_is_not_blamed_on_the_original(original, monkeypatch, filename):
    """Of the two names the system may give either: Linux gives the original's."""

    def run_full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str({"source": source, "target": target}[filename]))

    monkeypatch.setattr(shutil, "copyfile", run_full)
    with pytest.raises(OSError, match="No space left on device"):
        copied(original)


def test_patients_are_the_folders_with_slices_wherever_they_lie_sorted(tmp_path):
    for name in (
        "b/B/B_1.tif",
        "a/A_2.TIFF",
        "a/A/A_1_mask.tif",
        "notes/notes.txt",
        "__MACOSX/a/A_1.tif",
        "c/._C_1.tif",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert find_patients(tmp_path) == [tmp_path / name for name in ("a", "a/A", "b/B")]
    assert find_patients(tmp_path / "b" / "B") == [tmp_path / "b" / "B"]  # a patient itself


def test_where_no_slice_is_the_folder_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(UserError) as error:
        find_patients(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}: no folder with PATIENT_1.tif")


def test_only_slices_are_copied(original):
    expected = content(original)
    patient = next(path for path in original.iterdir() if path.is_dir())
    for name in ("notes.txt", f"._{patient.name}_1.tif", "overview.png"):
        (patient / name).write_text("hello")
    assert content(copied(original)) == expected


def test_the_folder_that_is_stood_in_is_called_by_its_name(original, monkeypatch):
    patient = original / "PHANTOM_EAST_002"
    monkeypatch.chdir(patient)
    copy_patients(Path(), original.parent / "raw")
    assert content(original.parent / "raw" / patient.name) == content(patient)


@pytest.mark.parametrize("change", ["a slice more", "a slice less"])
def test_a_second_folder_with_more_or_fewer_slices_is_another_patient(original, tmp_path, change):
    for part in ("a", "b"):
        shutil.copytree(original / "PHANTOM_EAST_002", tmp_path / "twice" / part / "PHANTOM_EAST_002")
    second = tmp_path / "twice" / "b" / "PHANTOM_EAST_002"
    if change == "a slice more":
        shutil.copy(second / "PHANTOM_EAST_002_1.tif", second / "PHANTOM_EAST_002_99.tif")
    else:
        (second / "PHANTOM_EAST_002_1.tif").unlink()
    assert faults(tmp_path / "twice") == [f"{second}: a second folder of this name; patients need distinct names"]
