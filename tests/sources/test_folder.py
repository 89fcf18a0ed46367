import shutil
import zipfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from brainseg.core.errors import UserError
from brainseg.data.raw.patients import check_patients
from brainseg.sources.folder import Settings, folder
from tests.sources.small_folders import content


def zipped(source: Path) -> Path:
    return Path(shutil.make_archive(str(source.with_name(f"{source.name}_zipped")), "zip", source))


def fetched(source: Path, name: str = "raw", unzipped_limit_gb: float = 1.0) -> Path:
    destination = source.parent / name
    destination.mkdir()
    folder(destination, path=str(source), unzipped_limit_gb=unzipped_limit_gb)
    return destination


def faults(source: Path, **limit: float) -> list[str]:
    with pytest.raises(UserError) as error:
        fetched(source, **limit)
    return str(error.value).splitlines()


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
def test_nothing_found_is_reported_with_the_path_given(tmp_path, pack):
    source = tmp_path / "empty"
    source.mkdir()
    source.joinpath("notes.txt").write_text("hello")
    packed = pack(source)
    with pytest.raises(UserError, match=r"no folder with PATIENT_1\.tif") as error:
        fetched(packed)
    assert str(packed) in str(error.value)


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


def added(source: Path, *members: str, content: bytes = b"x") -> Path:
    """The source as an archive with more members, the last of them the last."""
    archive = zipped(source)
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as file:
        for member in members:
            file.writestr(member, content)
    return archive


@pytest.mark.parametrize(
    "name", ["../P_1.tif", "P/../../P_1.tif", "/P/P_1.tif", "..", "../notes.txt", "P\\..\\P_1.tif"]
)
def test_a_member_that_leads_out_of_the_archive_is_refused(original, name):
    archive = added(original, name)
    before = content(original.parent)
    (reported,) = faults(archive)
    assert reported == f"{archive}: holds {name!r}, a path that leads out of the archive"
    assert content(original.parent) == before


def test_all_that_is_wrong_with_the_members_is_reported_at_once(original):
    archive = added(original, "../P_1.tif", "/P_2.tif")
    assert len(faults(archive, unzipped_limit_gb=1e-6)) == 3


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_slice_twice_in_an_archive_is_refused(original):
    name = "PHANTOM_EAST_002/PHANTOM_EAST_002_1.tif"
    archive = added(original, name)
    assert faults(archive) == [f"{archive}: holds {name!r} twice"]


def test_what_is_no_slice_is_neither_unpacked_nor_counted(original):
    archive = added(original, "film.avi", "__MACOSX/notes.txt", content=bytes(3_000_000))
    assert content(fetched(archive, unzipped_limit_gb=0.001)) == content(original)


def test_what_macos_puts_beside_the_slices_is_left_out(original):
    patient = "PHANTOM_EAST_002"
    archive = added(original, f"__MACOSX/{patient}/._{patient}_1.tif", f"{patient}/._{patient}_1.tif")
    assert content(fetched(archive)) == content(original)


def test_the_limit_is_on_what_the_slices_unpack_to(original):
    size_gb = sum(len(data) for data in content(original).values()) / 1e9
    archive = zipped(original)
    (reported,) = faults(archive, unzipped_limit_gb=size_gb * 0.99)
    assert (
        reported.startswith(f"{archive}: its slices unpack to ") and "datasets.folder.unzipped_limit_gb is" in reported
    )
    shutil.rmtree(original.parent / "raw")
    assert content(fetched(archive, unzipped_limit_gb=size_gb * 1.01)) == content(original)


def test_an_archive_larger_than_the_disk_is_refused(original, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    (reported,) = faults(zipped(original))
    assert reported.endswith("the disk has 0.0 GB left")


def with_a_password(content: bytearray) -> None:
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        for place in range(len(content)):
            if content.startswith(signature, place):
                content[place + flags] |= 1


def with_an_unknown_compression(content: bytearray) -> None:
    for signature, method in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        for place in range(len(content)):
            if content.startswith(signature, place):
                content[place + method] = 97


def with_wrong_bytes(content: bytearray) -> None:
    middle = len(content) // 2
    content[middle : middle + 50] = bytes(50)


def with_another_name_before_the_data(content: bytearray) -> None:
    place = content.index(b"PHANTOM_EAST_002_1.tif")
    content[place] = ord("Q")


@pytest.mark.parametrize(
    "damage",
    [with_a_password, with_wrong_bytes, with_another_name_before_the_data],
)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_that_cannot_be_unpacked_is_reported(original, tmp_path, method, damage):
    archive = tmp_path / "damaged.zip"
    with zipfile.ZipFile(archive, "w", method) as file:
        for path in sorted(original.rglob("*.tif")):
            file.write(path, path.relative_to(original))
    changed = bytearray(archive.read_bytes())
    damage(changed)
    archive.write_bytes(changed)
    (reported,) = faults(archive)
    assert reported.startswith(f"{archive}: cannot be unpacked (")
    assert {path.name for path in tmp_path.iterdir()} == {"original", "damaged.zip", "raw"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit_are_refused(original, tmp_path, method):
    archive = tmp_path / "other.zip"
    with zipfile.ZipFile(archive, "w", method) as file:
        for path in sorted(original.rglob("*.tif")):
            file.write(path, path.relative_to(original))
    (reported,) = faults(archive)
    assert reported.startswith(f"{archive}: packs 'PHANTOM") and "another method than deflate" in reported


def test_an_unknown_method_is_refused(original):
    archive = zipped(original)
    changed = bytearray(archive.read_bytes())
    with_an_unknown_compression(changed)
    archive.write_bytes(changed)
    (reported,) = faults(archive)
    assert "another method than deflate" in reported


def test_what_a_killed_run_left_unpacked_is_removed(original):
    left = original.parent / ".unzipped.aside" / "old"
    left.mkdir(parents=True)
    fetched(zipped(original))
    assert not left.parent.exists()
