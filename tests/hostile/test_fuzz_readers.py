"""Damaged files by the thousand: a reader gives pixels or a UserError, soon, and in little memory."""

import io
import json
import lzma
import os
import random
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pydantic import ValidationError

import stages.check
from brainseg.core.errors import UserError, report_errors
from brainseg.data.raw.patients import write_patient
from brainseg.sources.folder import Settings, folder

ROOT = Path(__file__).resolve().parents[2]
Damage = Callable[[bytearray, random.Random], None]

# ---------------------------------------------------------------- ways to damage any file


def flip(content: bytearray, rng: random.Random, start: int = 0, end: int | None = None, most: int = 6) -> None:
    for _ in range(rng.randint(1, most)):
        place = rng.randrange(start, min(end or len(content), len(content)))
        content[place] = rng.choice([0, 1, 2, 3, 127, 128, 254, 255, rng.randrange(256)])


def cut(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def delete(content: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(content))
    del content[place : place + rng.randint(1, 200)]


def insert(content: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(content))
    content[place:place] = rng.randbytes(rng.randint(1, 100))


def splice(content: bytearray, rng: random.Random) -> None:
    source, target, length = rng.randrange(len(content)), rng.randrange(len(content)), rng.randint(1, 100)
    content[target : target + length] = content[source : source + length]


def damaged(originals: list[bytes], ways: list[Damage], count: int, seed: int = 0) -> Iterable[bytes]:
    rng = random.Random(seed)
    for _ in range(count):
        content = bytearray(rng.choice(originals))
        rng.choice(ways)(content, rng)
        yield bytes(content)


# ---------------------------------------------------------------- TIFF

HUGE = [2**32 - 1, 2**31, 2**31 - 1, 2**24, 2**16, 8193, 8192, 5000, 1, 0]


def directory(content: bytearray) -> tuple[str, int, int]:
    """Byte order, place of the first IFD and how many entries it has."""
    order = "<" if content[:2] == b"II" else ">"
    (place,) = struct.unpack_from(f"{order}I", content, 4)
    (entries,) = struct.unpack_from(f"{order}H", content, place)
    return order, place, entries


def flip_in_header(content: bytearray, rng: random.Random) -> None:
    flip(content, rng, end=8, most=2)


def flip_in_directory(content: bytearray, rng: random.Random) -> None:
    _, place, entries = directory(content)
    flip(content, rng, place, place + 6 + 12 * entries)


def set_huge(content: bytearray, rng: random.Random) -> None:
    order, place, entries = directory(content)
    for _ in range(rng.randint(1, 3)):
        entry = place + 2 + 12 * rng.randrange(entries)
        field, code = rng.choice([(2, "H"), (4, "I"), (8, "I")])  # type, count, value
        struct.pack_into(f"{order}{code}", content, entry + field, rng.choice(HUGE) % 256 ** struct.calcsize(code))


def loop(content: bytearray, rng: random.Random) -> None:
    order, place, entries = directory(content)
    target = rng.choice([place, 8, place + 12, len(content) - 2, 2**32 - 1])
    struct.pack_into(f"{order}I", content, place + 2 + 12 * entries, target)


TIFF_WAYS: list[Damage] = [flip_in_header, flip_in_directory, set_huge, loop, flip, cut, delete, insert, splice]

READ_ALL = """
import json, re, sys, time
from pathlib import Path
from brainseg.core.errors import UserError
from brainseg.data.raw.tiff import read_tiff

def peak_mb():
    status = Path("/proc/self/status")  # elsewhere memory is not looked at
    return int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) / 1024 if status.exists() else 0

before, slowest, outcomes = peak_mb(), 0, []
for path in sorted(Path(sys.argv[1]).iterdir()):
    start = time.perf_counter()
    try:
        pixels = read_tiff(path)
        fine = pixels.dtype in ("uint8", "uint16") and pixels.dtype.isnative and pixels.size
        outcomes.append("pixels" if fine else f"{path.name}: {pixels.dtype} {pixels.shape}")
    except UserError as error:
        told = str(error)
        fine = told.startswith(f"{path}: ") and len(told.splitlines()) == 1 and len(told) < 400
        outcomes.append("reported" if fine else told)
    except BaseException as error:
        outcomes.append(f"{path.name}: {error!r}")
    slowest = max(slowest, time.perf_counter() - start)
print(json.dumps({"outcomes": outcomes, "slowest": slowest, "growth_mb": peak_mb() - before}))
"""


def read_in_a_process_of_its_own(folder: Path, files: Iterable[bytes]) -> Counter:
    """How many were read and how many told about; whatever else happened fails."""
    folder.mkdir()
    for number, content in enumerate(files):
        (folder / f"{number:05d}.tif").write_bytes(content)
    command = [sys.executable, "-c", READ_ALL, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    outcomes = Counter(result["outcomes"])
    assert set(outcomes) <= {"pixels", "reported"}, outcomes.most_common(9)
    assert result["slowest"] < 2
    assert result["growth_mb"] < 300
    return outcomes


def tiff(pixels: np.ndarray, **how: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **how)
    return buffer.getvalue()


@pytest.fixture
def tiffs(rng) -> list[bytes]:
    image = rng.integers(0, 256, (24, 20, 3)).astype(np.uint8)
    return [
        tiff(image, photometric="rgb"),
        tiff(image.astype(np.uint16) * 257, photometric="rgb"),
        tiff(image.astype(np.uint16) * 257, photometric="rgb", byteorder=">"),
        tiff(np.uint8(image[..., 0] > 99) * 255),
        tiff(image, photometric="rgb", compression="zlib", predictor=True),
        tiff(image, photometric="rgb", tile=(16, 16)),
    ]


def test_what_is_damaged_below_was_fine(tmp_path, tiffs):
    assert read_in_a_process_of_its_own(tmp_path / "files", tiffs) == {"pixels": len(tiffs)}


def test_damaged_slices_are_read_or_reported(tmp_path, tiffs):
    outcomes = read_in_a_process_of_its_own(tmp_path / "files", damaged(tiffs, TIFF_WAYS, 3000))
    assert min(outcomes["pixels"], outcomes["reported"]) > 600


def test_damaged_real_slices_are_read_or_reported(tmp_path, lgg):
    real = [path.read_bytes() for path in sorted(lgg.rglob("*_1*.tif"))[:4]]
    outcomes = read_in_a_process_of_its_own(tmp_path / "files", damaged(real, TIFF_WAYS, 150))
    assert min(outcomes["pixels"], outcomes["reported"]) > 20


@pytest.mark.parametrize("chain", [1_000, 200_000])
def test_a_long_chain_of_empty_directories_is_reported(tmp_path, chain):
    directories = b"".join(struct.pack("<HI", 0, 8 + 6 * number) for number in range(1, chain + 1))
    file = b"II*\0" + struct.pack("<I", 8) + directories
    assert read_in_a_process_of_its_own(tmp_path / "files", [file]) == {"reported": 1}


@pytest.mark.parametrize(
    ("compression", "compress"),
    [("zlib", zlib.compress), ("lzma", partial(lzma.compress, preset=0))],
    ids=["zlib", "lzma"],
)
def test_a_strip_that_unpacks_to_more_than_the_image_takes_no_memory(tmp_path, compression, compress):
    """Less than a megabyte that holds 350."""
    bomb = tiff(np.zeros((8, 8, 3), np.uint8), photometric="rgb", compression=compression, metadata=None)
    with tifffile.TiffFile(io.BytesIO(bomb)) as file:
        (count,) = (tag for tag in file.pages.first.tags.values() if tag.name == "StripByteCounts")
        (offset,) = (tag for tag in file.pages.first.tags.values() if tag.name == "StripOffsets")
        code = {3: "<H", 4: "<I"}
        packed, content = compress(bytes(350_000_000)), bytearray(bomb)
        content[count.offset + 2 : count.offset + 4] = struct.pack("<H", 4)
        struct.pack_into("<I", content, count.offset + 8, len(packed))
        struct.pack_into(code[int(offset.dtype)], content, offset.offset + 8, len(bomb))
    outcomes = read_in_a_process_of_its_own(tmp_path / "files", [bytes(content) + packed])
    assert sum(outcomes.values()) == 1


# ---------------------------------------------------------------- zip archives


def flip_in_entries(content: bytearray, rng: random.Random) -> None:
    """In the headers of members and in the central directory."""
    places = [place for mark in (b"PK\3\4", b"PK\1\2", b"PK\5\6") for place in all_places(content, mark)]
    for _ in range(rng.randint(1, 3)):
        place = rng.choice(places)
        flip(content, rng, place + 4, place + 46, most=1)


def all_places(content: bytes, mark: bytes) -> list[int]:
    return [place for place in range(len(content)) if content.startswith(mark, place)]


def lead_out(content: bytearray, rng: random.Random) -> None:
    """A member's name becomes another of its length, in one of its two places or in both."""
    name = rng.choice([b"PAT/PAT_1.tif", b"PAT/PAT_2.tif"])
    other = rng.choice([b"../PATT_1.tif", b"/tmp/PA_1.tif", b"..\\PATT_1.tif", b"C:/PATT_1.tif", b"PAT/\0AT_1.tif"])
    for place in rng.sample(all_places(content, name), rng.randint(1, 2)):
        content[place : place + len(name)] = other


ZIP_WAYS: list[Damage] = [flip_in_entries, flip_in_entries, lead_out, flip, cut, delete, insert, splice]


def test_damaged_archives_are_unpacked_or_reported_and_nothing_leaves_the_folder(tmp_path):
    patient = tmp_path / "source" / "PAT"
    write_patient(patient, np.full((2, 8, 8, 3), 90, np.uint8), np.zeros((2, 8, 8), bool))
    archives = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for path in sorted(patient.iterdir()):
                archive.write(path, f"PAT/{path.name}")
        archives.append(buffer.getvalue())

    outcomes: Counter[str] = Counter()
    for content in damaged(archives, ZIP_WAYS, 300):
        outcomes[unpacked(tmp_path, content)] += 1
    assert set(outcomes) <= {"copied", "reported", "no archive"}, outcomes.most_common(9)
    assert min(outcomes["copied"], outcomes["reported"]) > 30


def unpacked(root: Path, content: bytes) -> str:
    """What came of an archive."""
    (root / "damaged.zip").write_bytes(content)
    destination = root / "data" / "raw"
    destination.mkdir(parents=True)
    before = {path for path in root.rglob("*") if path.parent != destination}
    try:
        Settings(path=str(root / "damaged.zip"), unzipped_limit_gb=0.01)
        folder(destination, path=str(root / "damaged.zip"), unzipped_limit_gb=0.01)
        outcome = "copied"
    except ValidationError:  # told by `settings`
        outcome = "no archive"
    except UserError as error:
        fine = all(line.startswith(f"{root}/damaged.zip") and line.isprintable() for line in str(error).splitlines())
        outcome = "reported" if fine else str(error)
    except Exception as error:
        outcome = repr(error)
    assert {path for path in root.rglob("*") if destination not in path.parents} == before
    shutil.rmtree(root / "data")
    return outcome


# ---------------------------------------------------------------- params.yaml

TOKENS = ["1e999", "-1", "0", ".nan", "-.inf", "null", "~", "true", "on", "64", "1e3", "1e", ".e1", "1_", "+", "-"]
TOKENS += ["0x", "0o9", "1:30", "2001-99-99", "99999999999999999999", "1" * 5000, "x" * 5000, "é", "\u2028", "\t"]
TOKENS += [
    "[]",
    "{}",
    "[unet]",
    "[1,2",
    "{a: ",
    '"',
    "'",
    '""',
    '"\\x"',
    '"\\ud800"',
    '"a\\nb"',
    '"a\\0b"',
    "[" * 300,
    "{a: " * 300,
]
TOKENS += [
    "&a",
    "*a",
    "<<",
    "<<: *a",
    "? a",
    "?",
    "{[a]: 1}",
    "{{a: 1}: 1}",
    "- ",
    "|",
    ">",
    "#",
    "!",
    "@",
    "`",
    "---",
    "...",
    "%YAML",
]
TOKENS += ["!!int x", "!!int ''", "!!float x", "!!float ''", "!!bool x", "!!null x", "!!seq 1", "!!map 1", "!!omap [a]"]
TOKENS += [
    "!!set {a}",
    "!!binary x",
    "!!timestamp x",
    "!!python/object:os.system x",
    "../x",
    "dice.dice",
    "__init__",
    "/",
]


def mistyped(text: str, rng: random.Random) -> bytes:
    lines = text.splitlines()
    match rng.randrange(5):
        case 0 | 1:
            place = rng.choice([number for number, line in enumerate(lines) if ": " in line])
            lines[place] = f"{lines[place].split(': ')[0]}: {rng.choice(TOKENS)}"
        case 2:
            lines.insert(rng.randrange(len(lines)), " " * rng.choice([0, 2, 4]) + rng.choice(TOKENS))
        case 3:
            del lines[rng.randrange(len(lines))]
        case 4:
            place = rng.randrange(len(lines))
            lines[place] = " " * rng.randint(0, 6) + lines[place].lstrip()
    content = bytearray("\n".join(lines).encode())
    if rng.random() < 0.3:
        rng.choice([flip, delete, insert, cut])(content, rng)
    return bytes(content)


def test_mistyped_settings_pass_or_are_reported_in_lines(tmp_path, monkeypatch, capsys):
    text = "\n".join(line.split(" #")[0] for line in (ROOT / "params.yaml").read_text().splitlines() if line[:1] != "#")
    for name in ("own", "own_volumes"):
        (tmp_path / "data" / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    rng = random.Random(0)
    outcomes: Counter[str] = Counter()
    for content in [text.encode(), *(mistyped(text, rng) for _ in range(300))]:
        Path("params.yaml").write_bytes(content)
        outcomes[checked(capsys)] += 1
    assert set(outcomes) <= {"fine", "reported"}, outcomes.most_common(9)
    assert outcomes["fine"] > 10 and outcomes["reported"] > 100


def checked(capsys: pytest.CaptureFixture) -> str:
    try:
        with report_errors():
            stages.check.main()
        outcome = "fine"
    except SystemExit:
        outcome = "reported"
    except Exception as error:
        outcome = repr(error)
    lines = capsys.readouterr().err.splitlines()
    return outcome if all(line.startswith("error: params.yaml") for line in lines) else f"{lines}"


@pytest.mark.parametrize("features", [10**9, 10**20])
def test_a_network_too_large_for_any_memory_is_reported(tmp_path, monkeypatch, features):
    for name in ("own", "own_volumes"):
        (tmp_path / "data" / name).mkdir(parents=True)
    text = (ROOT / "params.yaml").read_text()
    assert "features: " in text
    line = next(line for line in text.splitlines() if "features: " in line)
    (tmp_path / "params.yaml").write_text(text.replace(line, f"    features: {features}"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="archs.unet"):
        stages.check.main()


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "/dev/zero"])
def test_a_path_without_end_is_refused_at_once(tmp_path, make):
    make(tmp_path / "patients.zip")
    code = f"from brainseg.sources.folder import Settings; Settings(path={str(tmp_path / 'patients.zip')!r}, "
    limits = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); "
    command = [sys.executable, "-c", f"{limits}{code}unzipped_limit_gb=1.0)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=9, check=False)
    assert "is neither a folder nor a zip archive" in done.stderr
