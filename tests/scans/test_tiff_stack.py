import numpy as np
import pytest
import tifffile

from brainseg.core.errors import UserError
from brainseg.scans.tiff_stack import page_count, read_stack, write_stack
from tests.scans.small_scans import read


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("how", [{}, {"compression": "zlib"}, {"byteorder": ">"}, {"bigtiff": True}], ids=str)
def test_pages_are_slices(tmp_path, rng, kind, how):
    array = rng.integers(0, np.iinfo(kind).max, (4, 6, 5, 3)).astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", **how)
    scan = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(scan.image, array, strict=True)
    assert (scan.name, scan.format, scan.slices) == ("a", "tiff", ())
    assert page_count(tmp_path / "a.tif") == 4


def test_grey_pages_are_flair(tmp_path, rng):
    array = rng.integers(0, 256, (4, 6, 5)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack")
    np.testing.assert_array_equal(read_stack(tmp_path / "a.tif"), array)


def test_one_page_is_one_slice(tmp_path, rng):
    colour = rng.integers(0, 256, (6, 5, 3)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", colour, photometric="rgb")
    np.testing.assert_array_equal(read_stack(tmp_path / "a.tif"), colour[None])


def test_channels_in_planes_are_refused(tmp_path, rng):
    planes = rng.integers(0, 256, (2, 3, 6, 5)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    with pytest.raises(
        UserError, match=r"a\.tif: cannot be read as TIFF \(has pages of \(3, 6, 5\); expected \(H, W, 3\)"
    ):
        read_stack(tmp_path / "a.tif")


def test_another_packing_is_refused(tmp_path, monkeypatch):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(2):
            file.write(iter([b"x"]), shape=(4, 5), dtype=np.uint8, compression="zstd", photometric="minisblack")
    with pytest.raises(UserError, match=r"is packed with ZSTD; expected none, PackBits, LZW or deflate\)$"):
        read_stack(tmp_path / "a.tif")


def test_no_tiff_has_no_pages(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"no")
    assert page_count(tmp_path / "a.tif") == 0


def test_what_is_written_is_read(tmp_path, rng):
    pages = rng.integers(0, 256, (4, 6, 5)).astype(np.uint8)
    write_stack(tmp_path / "a.tif", pages)
    write_stack(tmp_path / "b.tif", pages)
    np.testing.assert_array_equal(read_stack(tmp_path / "a.tif"), pages)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
