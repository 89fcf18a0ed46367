import os
import socket
from pathlib import Path

import pytest

from brainseg.sources.folder import special_files


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """With a file, a folder, and links to both and out of it."""
    monkeypatch.chdir(tmp_path)  # the path of a socket may have a hundred letters
    folder = Path("patients")
    (folder / "A").mkdir(parents=True)
    (folder / "A" / "A_1.tif").write_bytes(b"")
    (tmp_path / "elsewhere").mkdir()
    (folder / "B").symlink_to("A")
    (folder / "C").symlink_to(tmp_path / "elsewhere")
    (folder / "A" / "A_2.tif").symlink_to("A_1.tif")
    return folder


def test_files_folders_and_links_to_them_are_fine(folder):
    assert special_files(folder) == []


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize(
    ("make", "reported"),
    [
        (os.mkfifo, "is a pipe; expected files and folders"),
        (bind, "is a socket; expected files and folders"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device; expected files and folders"),
        (lambda path: path.symlink_to("nowhere.tif"), "is a link to nowhere.tif, which does not exist"),
        (lambda path: path.symlink_to(path.name), "cannot be read (Too many levels of symbolic links)"),
        (lambda path: path.symlink_to(".."), "is a link to a folder that it lies in"),
        (lambda path: path.symlink_to("."), "is a link to a folder that it lies in"),
    ],
    ids=["pipe", "socket", "device", "dangling", "itself", "the folder above", "its folder"],
)
def test_what_stops_or_hangs_dvc_is_reported(folder, make, reported):
    make(folder / "A" / "A_3.tif")
    [fault] = special_files(folder)
    assert fault.startswith(f"patients/A/A_3.tif: {reported}")
