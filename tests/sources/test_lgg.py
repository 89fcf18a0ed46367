import csv
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from brainseg.core.errors import UserError, report_errors
from brainseg.data.raw.patients import check_patients
from brainseg.sources.lgg import HANDLE, check_digests, lgg, patient_digest, published
from brainseg.sources.phantom import phantom
from brainseg.splitting.subsets import REPORT_VALIDATION

fetch = lgg  # `lgg` is also the fixture with real patients
NAMES = ["PHANTOM_EAST_002", "PHANTOM_NORTH_001", "PHANTOM_SOUTH_003"]


@pytest.fixture
def archive(tmp_path) -> Path:
    """What Kaggle delivers, with three synthetic patients, whose digests stand in kaggle's table."""
    phantom(tmp_path / "archive" / "kaggle_3m", patients=3, slices=6, side_px=32, noise=0.0, seed=0)
    (tmp_path / "archive" / "kaggle_3m" / "data.csv").write_text("Patient,age\n")
    return tmp_path / "archive"


@pytest.fixture
def table(archive, tmp_path) -> Path:
    rows = [(name, patient_digest(archive / "kaggle_3m" / name)) for name in NAMES]
    with (tmp_path / "published.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("patient", "sha256"), *rows])
    return tmp_path / "published.csv"


@pytest.fixture
def raw(archive, table, tmp_path, monkeypatch) -> Path:
    """Where to copy to, with a Kaggle that delivers the archive whatever has become of it."""
    monkeypatch.setattr("brainseg.sources.lgg.PUBLISHED", table)
    monkeypatch.setattr("kagglehub.dataset_download", lambda handle: {HANDLE: str(archive)}[handle])
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.tif")}


def faults(raw: Path) -> list[str]:
    with pytest.raises(UserError) as error:
        fetch(raw)
    return str(error.value).splitlines()


def test_the_patients_are_copied_byte_for_byte(raw, archive):
    fetch(raw)
    assert content(raw) == content(archive / "kaggle_3m")
    assert sorted(path.name for path in raw.iterdir()) == NAMES
    check_patients(raw)


def test_the_folder_twice_is_taken_once(raw, archive):
    shutil.copytree(archive / "kaggle_3m", archive / "lgg-mri-segmentation" / "kaggle_3m")
    fetch(raw)
    assert content(raw) == content(archive / "kaggle_3m")


def test_kaggles_files_stay_as_they_are(raw, archive):
    before = content(archive)
    fetch(raw)
    next(raw.rglob("*.tif")).write_bytes(b"changed")
    assert content(archive) == before


def change_a_byte(path: Path) -> None:
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)


SPOILT: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "a wrong byte": (
        lambda folder: change_a_byte(folder / NAMES[1] / f"{NAMES[1]}_3.tif"),
        [f"{NAMES[1]}: its files are not the published ones"],
    ),
    "a file cut short": (
        lambda folder: os.truncate(folder / NAMES[0] / f"{NAMES[0]}_2_mask.tif", 99),
        [f"{NAMES[0]}: its files are not the published ones"],
    ),
    "a file missing": (
        lambda folder: (folder / NAMES[2] / f"{NAMES[2]}_6.tif").unlink(),
        [f"{NAMES[2]}: its files are not the published ones"],
    ),
    "a slice too many": (
        lambda folder: (folder / NAMES[2] / f"{NAMES[2]}_7.tif").write_bytes(b"x"),
        [f"{NAMES[2]}: its files are not the published ones"],
    ),
    "two files exchanged": (
        lambda folder: exchange(folder / NAMES[0] / f"{NAMES[0]}_2.tif", folder / NAMES[0] / f"{NAMES[0]}_3.tif"),
        [f"{NAMES[0]}: its files are not the published ones"],
    ),
    "a patient missing": (lambda folder: shutil.rmtree(folder / NAMES[1]), [f"{NAMES[1]}: missing"]),
    "a patient too many": (
        lambda folder: shutil.copytree(folder / NAMES[1], folder / "ANOTHER_ONE_001"),
        ["ANOTHER_ONE_001: not a patient of the LGG set"],
    ),
    "several faults": (
        lambda folder: (
            shutil.rmtree(folder / NAMES[0]),
            change_a_byte(folder / NAMES[1] / f"{NAMES[1]}_1.tif"),
            change_a_byte(folder / NAMES[2] / f"{NAMES[2]}_1_mask.tif"),
        ),
        [f"{NAMES[0]}: missing", *(f"{name}: its files are not the published ones" for name in NAMES[1:])],
    ),
}


def exchange(first: Path, second: Path) -> None:
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


@pytest.mark.parametrize(("spoil", "reported"), SPOILT.values(), ids=SPOILT)
def test_files_that_are_not_the_published_ones_are_reported_by_patient_with_the_remedy(raw, archive, spoil, reported):
    spoil(archive / "kaggle_3m")
    assert faults(raw) == [*reported, f"remove {archive} and run again, to download the LGG set anew"]
    assert list(raw.iterdir()) == []


@pytest.mark.parametrize("wrong", ["kaggle_3m", "lgg-mri-segmentation/kaggle_3m"])
def test_a_wrong_file_in_either_of_the_two_copies_is_reported(raw, archive, wrong):
    shutil.copytree(archive / "kaggle_3m", archive / "lgg-mri-segmentation" / "kaggle_3m")
    change_a_byte(archive / wrong / NAMES[1] / f"{NAMES[1]}_3.tif")
    reported, remedy = faults(raw)
    assert NAMES[1] in reported and remedy.startswith(f"remove {archive} and run again")


def test_an_archive_without_patients_is_reported_with_the_remedy(raw, archive):
    shutil.rmtree(archive / "kaggle_3m")
    reported, remedy = faults(raw)
    assert "no folder with PATIENT_1.tif" in reported and remedy.startswith(f"remove {archive} and run again")


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("Connection broken: IncompleteRead(1048576 bytes read,\n 7340032 more expected)"),
        OSError(28, "No space left on device"),
        TimeoutError(),
        ValueError("x" * 5000),
        RuntimeError("The checksum is not\r\nthat of the file"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_download_that_breaks_off_is_one_line_that_says_what_to_do(raw, monkeypatch, capsys, error):
    def break_off(handle: str) -> None:
        raise error

    monkeypatch.setattr("kagglehub.dataset_download", break_off)
    with pytest.raises(SystemExit) as ended, report_errors():
        fetch(raw)
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 1 and len(line) < 400
    assert line.startswith(f"error: {HANDLE}: cannot be downloaded from Kaggle ({type(error).__name__}: ")
    assert line.endswith("; run again with a network, or fetch the set elsewhere and use data: folder")
    assert list(raw.iterdir()) == []


def test_ctrl_c_in_a_download_is_no_failed_download(raw, monkeypatch):
    def interrupt(handle: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kagglehub.dataset_download", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(raw)


# ---------------------------------------------------------------- the real kagglehub, without a network

FETCH = """
import sys
from pathlib import Path
from brainseg.core.errors import report_errors
from brainseg.sources import lgg
lgg.PUBLISHED = Path(sys.argv[1])
with report_errors():
    lgg.lgg(Path(sys.argv[2]))
"""


@pytest.fixture
def offline(table, tmp_path) -> Callable[[], subprocess.CompletedProcess]:
    """Fetch to raw/ with the real kagglehub, its cache in cache/, and no network."""
    nowhere = "http://127.0.0.1:9"
    environment = {
        key: value for key, value in os.environ.items() if "KAGGLE" not in key and "proxy" not in key.lower()
    }
    environment |= {"KAGGLEHUB_CACHE": str(tmp_path / "cache"), "KAGGLE_CONFIG_DIR": str(tmp_path)}
    environment |= dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), nowhere)
    (tmp_path / "raw").mkdir()
    command = [sys.executable, "-c", FETCH, str(table), str(tmp_path / "raw")]
    return lambda: subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def fill_cache(archive: Path, cache: Path) -> Path:
    """As kagglehub leaves it after a download."""
    dataset = cache / "datasets" / "mateuszbuda" / "lgg-mri-segmentation"
    shutil.copytree(archive, dataset / "versions" / "2")
    (dataset / "2.complete").touch()
    return dataset / "versions" / "2"


def test_without_network_and_cache_it_is_reported_in_one_line_and_soon(offline, tmp_path):
    start = time.monotonic()
    done = offline()
    assert time.monotonic() - start < 30
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == ""
    assert line.startswith(f"error: {HANDLE}: cannot be downloaded from Kaggle (ProxyError: ")
    assert "run again with a network" in line and list((tmp_path / "raw").iterdir()) == []


def test_what_is_in_the_cache_needs_no_network(offline, archive, tmp_path):
    fill_cache(archive, tmp_path / "cache")
    done = offline()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert content(tmp_path / "raw") == content(archive / "kaggle_3m")


def test_to_remove_the_folder_that_the_remedy_names_makes_it_download_anew(offline, archive, tmp_path):
    cached = fill_cache(archive, tmp_path / "cache")
    change_a_byte(cached / "kaggle_3m" / NAMES[1] / f"{NAMES[1]}_3.tif")
    assert offline().stderr.splitlines() == [
        f"error: {NAMES[1]}: its files are not the published ones",
        f"error: remove {cached} and run again, to download the LGG set anew",
    ]
    shutil.rmtree(cached)
    assert "cannot be downloaded" in offline().stderr


# ---------------------------------------------------------------- the digests


def test_a_digest_is_what_sha256sum_says(archive):
    folder = archive / "kaggle_3m" / NAMES[0]
    names = sorted(path.name for path in folder.glob("*.tif"))  # as LC_ALL=C sorts: _1.tif, _1_mask.tif, _2.tif
    lines = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    assert patient_digest(folder) == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum")
def test_a_digest_is_what_the_command_in_its_docstring_prints(archive):
    folder = archive / "kaggle_3m" / NAMES[0]
    (folder / "notes.txt").write_text("no slice")
    for number in (10, 11):  # 10 sorts before 2
        shutil.copy(folder / f"{NAMES[0]}_1.tif", folder / f"{NAMES[0]}_{number}.tif")
    command = "LC_ALL=C sha256sum *.tif | sha256sum"
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=True)
    assert patient_digest(folder) == done.stdout.split()[0]


def test_the_published_table_has_110_patients_each_with_a_digest_of_its_own():
    digests = published()
    assert len(digests) == len(set(digests.values())) == 110
    assert all(len(digest) == 64 and set(digest) <= set("0123456789abcdef") for digest in digests.values())
    assert all(name.startswith("TCGA_") for name in digests) and list(digests) == sorted(digests)
    assert set(REPORT_VALIDATION) <= set(digests)


def test_real_patients_are_the_published_ones(lgg):
    folders = {path.name: path for path in lgg.iterdir() if path.is_dir()}
    assert folders
    check_digests(folders, {name: published()[name] for name in folders})
