"""Files with bytes cut off or changed: each gives a scan or one line, and no library speaks for itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from brainseg.core.errors import UserError
from brainseg.scans.scan import Scan
from tests.scans.small_scans import read, volume, write_series, write_volume

THREE = np.stack([volume(seed=seed) for seed in range(3)], axis=-1)


def picture(path: Path) -> Path:
    Image.fromarray(THREE[0]).save(path)
    return path


def array(path: Path) -> Path:
    np.save(path, THREE)
    return path


def stack(path: Path) -> Path:
    tifffile.imwrite(path, THREE, photometric="rgb", compression="zlib")
    return path


def medical(path: Path) -> Path:
    return write_volume(path, THREE.astype(np.float32))


MAKERS: dict[str, Callable[[Path], Path]] = {
    "a.nii": medical,
    "a.nii.gz": medical,
    "a.mha": medical,
    "a.nrrd": medical,
    "a.tif": stack,
    "a.png": picture,
    "a.jpg": picture,
    "a.npy": array,
    "a.dcm": lambda path: write_series(path.parent, volume())[1],
}


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    if rng.random() < 0.3:
        return bytes(changed[: rng.integers(len(changed))])
    reach = 400 if rng.random() < 0.7 else len(changed)  # headers are short, and hold what matters
    values = np.frombuffer(b"0123456789-. :\n", np.uint8) if rng.random() < 0.5 else np.arange(256)
    for _ in range(rng.integers(1, 6)):
        changed[rng.integers(min(reach, len(changed)))] = rng.choice(values)
    return bytes(changed)


@pytest.mark.parametrize("name", MAKERS)
def test_a_changed_file_gives_a_scan_or_one_line(name, tmp_path, rng, capfd, recwarn):
    (tmp_path / "P").mkdir()
    path = MAKERS[name](tmp_path / "P" / name)
    whole, refused = path.read_bytes(), 0
    for _ in range(60):
        path.write_bytes(mutated(whole, rng))
        try:
            scan = read(tmp_path / "P" if name == "a.dcm" else path)
            assert isinstance(scan, Scan) and scan.image.dtype in (np.uint8, np.uint16)
        except UserError as error:
            refused += 1
            line = str(error)
            assert line.startswith(str(tmp_path)) and line.isprintable(), line
    assert refused > 5
    assert capfd.readouterr() == ("", "")
    assert [str(warning.message) for warning in recwarn] == []
