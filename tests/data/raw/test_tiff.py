import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from brainseg.core.errors import UserError
from brainseg.data.raw.tiff import MAX_SIDE_PX, REPLACEMENT, read_tiff


@pytest.fixture
def write(tmp_path):
    """A file of that content, or of those pixels."""

    def write(content: bytes | np.ndarray, **how: object) -> Path:
        path = tmp_path / "P_1.tif"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            tifffile.imwrite(path, content, **how)
        return path

    return write


@pytest.fixture
def image(rng) -> np.ndarray:
    return rng.integers(0, 256, (24, 18, 3)).astype(np.uint8)


def refused(path: Path) -> str:
    """What is wrong with the file, in one line that begins with its name."""
    with pytest.raises(UserError) as error:
        read_tiff(path)
    reported = str(error.value)
    assert reported.startswith(f"{path}: ") and len(reported.splitlines()) == 1 and reported.isprintable()
    return reported.removeprefix(f"{path}: ")


def of(image: np.ndarray, **how: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, image, **how)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"byteorder": ">"},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True, "byteorder": ">"},
        {"tile": (16, 16)},
        {"rowsperstrip": 5},
        {"bigtiff": True},
    ],
    ids=str,
)
def test_pixels_come_back_as_they_were_in_the_machines_own_byte_order(write, image, kind, how):
    pixels = image.astype(kind) * kind(257 if kind is np.uint16 else 1)
    read = read_tiff(write(pixels, photometric="rgb", **how))
    np.testing.assert_array_equal(read, pixels, strict=True)
    assert read.dtype.isnative and read.flags.writeable


def test_a_mask_has_no_channel_axis(write, image):
    assert read_tiff(write(image[..., 0])).shape == (24, 18)


@pytest.mark.parametrize(
    ("kind", "reported"),
    [
        (np.float32, "(is float32; expected 8 or 16 bit without sign)"),
        (np.float64, "(is float64; expected"),
        (np.int8, "(is int8; expected"),
        (np.int16, "(is int16; expected"),
        (np.uint32, "(is uint32; expected"),
        (bool, "(is bool; expected"),
    ],
)
def test_numbers_of_another_kind_are_refused(write, image, kind, reported):
    assert refused(write(image[..., 0].astype(kind))).startswith(f"cannot be read as TIFF {reported}")


@pytest.mark.parametrize("pages", [2, 3])
def test_several_images_in_a_file_are_refused(write, image, pages):
    file = write(np.stack([image] * pages), photometric="rgb")
    assert refused(file) == f"cannot be read as TIFF (holds {pages} images; expected one slice a file)"


def test_a_slice_too_long_is_refused_and_one_just_short_enough_is_not(write):
    fine = np.zeros((1, MAX_SIDE_PX), np.uint8)
    assert read_tiff(write(fine)).shape == fine.shape
    assert f"pixels; at most {MAX_SIDE_PX} a side" in refused(write(np.zeros((1, MAX_SIDE_PX + 1), np.uint8)))


@pytest.mark.parametrize("tag", ["ImageWidth", "ImageLength"])
def test_a_declared_size_that_is_too_large_is_refused_before_it_takes_memory(write, image, tag):
    path = write(image, photometric="rgb")
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages.first.tags[tag].overwrite(60000)
    assert "60000" in refused(path) and "at most" in refused(path)


def test_more_channels_than_four_at_full_size_are_refused(write, image):
    path = write(np.zeros((2, 2, 5), np.uint8), photometric="minisblack", planarconfig="contig")
    with tifffile.TiffFile(path, mode="r+") as file:
        for tag in ("ImageWidth", "ImageLength"):
            file.pages.first.tags[tag].overwrite(MAX_SIDE_PX)
    assert "says it is" in refused(path)


@pytest.mark.parametrize("share", [0, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused(write, image, share):
    content = of(image, photometric="rgb")
    assert refused(write(content[: int(share * len(content))])).startswith("cannot be read as TIFF")


@pytest.mark.parametrize("content", [b"", b"II*\0", b"\x89PNG\r\n\x1a\n" + bytes(99), b"hello\n", bytes(5000)])
def test_what_is_no_tiff_is_refused(write, content):
    assert refused(write(content)).startswith("cannot be read as TIFF")


def test_a_file_that_is_not_there_and_a_folder_are_reported_as_the_system_does(tmp_path):
    assert refused(tmp_path / "missing.tif") == "cannot be read (No such file or directory)"
    assert refused(tmp_path) == "cannot be read (Is a directory)"


def through_text_mode(content: bytes) -> bytes:
    return content.decode("utf-8", "replace").encode()


@pytest.mark.parametrize("how", [{"byteorder": "<"}, {"byteorder": ">"}, {"compression": "zlib"}], ids=str)
def test_a_file_copied_as_text_is_reported_as_that(write, image, how):
    content = through_text_mode(of(image, photometric="rgb", **how))
    assert refused(write(content)) == "was copied as text, which replaced bytes by EF BF BD; copy it again as binary"


def test_a_mask_that_text_mode_replaced_is_reported_as_that(write):
    mask = np.zeros((20, 20), np.uint8)
    mask[5:9, 5:9] = 255
    assert refused(write(through_text_mode(of(mask)))).startswith("was copied as text")


def test_pixels_that_only_look_like_replaced_ones_are_read(write, image):
    image[3] = np.frombuffer(REPLACEMENT, np.uint8)
    image[5] = 255  # no UTF-8
    np.testing.assert_array_equal(read_tiff(write(image, photometric="rgb")), image)


@pytest.mark.parametrize(
    ("error", "reported"),
    [
        (ValueError("two\n  lines"), "two lines"),
        (MemoryError(), "MemoryError"),
        (KeyError("x" * 5000), "'" + "x" * 199),
    ],
    ids=["two lines", "no words", "too many words"],
)
def test_whatever_the_decoder_raises_is_one_line(write, image, monkeypatch, error, reported):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(tifffile, "TiffFile", fail)
    assert refused(write(image, photometric="rgb")) == f"cannot be read as TIFF ({reported})"


def test_lzw_without_its_package_says_which_package(tmp_path):
    if find_spec("imagecodecs"):
        pytest.skip("imagecodecs is installed: LZW can be read")
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.tif", compression="tiff_lzw")
    with pytest.raises(UserError, match=r"a\.tif: .*LZW.*imagecodecs"):
        read_tiff(tmp_path / "a.tif")


def test_an_error_of_the_reader_without_a_sentence_has_its_type(tmp_path, monkeypatch):
    def fail(file):
        raise KeyError(0)

    monkeypatch.setattr(tifffile, "TiffFile", fail)
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    with pytest.raises(UserError, match=r"a\.tif: cannot be read as TIFF \(KeyError 0\)"):
        read_tiff(tmp_path / "a.tif")
