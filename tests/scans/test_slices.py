from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from brainseg.core.errors import UserError
from brainseg.scans.slices import EQUAL, check_numbers, natural_order, read_picture, read_slices, slice_files, write_png
from tests.scans.small_scans import read


def save(folder: Path, pictures: list[np.ndarray], extension: str = "png") -> Path:
    folder.mkdir()
    for number, picture in enumerate(pictures, start=1):
        Image.fromarray(picture).save(folder / f"s{number}.{extension}")
    return folder


def test_numbers_in_names_are_numbers():
    listed = ["s10.png", "s9.png", "a2b10.png", "a2b9.png", "S1.png", "10.png", "9.png", "s09.png"]
    ordered = [path.name for path in sorted(map(Path, listed), key=natural_order)]
    assert ordered == ["9.png", "10.png", "a2b9.png", "a2b10.png", "S1.png", "s09.png", "s9.png", "s10.png"]


@pytest.mark.parametrize(
    ("names", "warning"),
    [
        (["s1", "s2", "s3"], ()),
        (["p7_t2_s09_x3", "p7_t2_s10_x3"], ()),  # one of its numbers counts
        (["5"], ()),
        (["s1", "s2", "s5"], ("slices are numbered from 1 to 5 and 2 of them are missing",)),
    ],
)
def test_numbers_that_run_and_numbers_with_holes(names, warning):
    assert check_numbers([Path(f"{name}.png") for name in names]) == warning


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["a1", "a2", "b1"], r"^P: holds slices of 2 names: 'a#', 'b#'; expected one scan a folder$"),
        (["p1_s1", "p1_s2", "p2_s1"], r"^P: its slices differ in 2 numbers; expected one scan a folder$"),
        (["s01", "s1", "s2"], r"^P/s1\.png: has the number of s01\.png; expected each once$"),
        (["one", "two"], r"^P: holds slices of 2 names: 'one', 'two'; expected one scan a folder$"),
    ],
)
def test_slices_of_several_scans(names, line):
    with pytest.raises(UserError, match=line):
        check_numbers([Path("P") / f"{name}.png" for name in names])


def test_masks_hidden_and_other_files_are_left_out(tmp_path):
    for name in ("a_2.tif", "a_1.TIF", "a_1_mask.tif", "b_seg.tif", ".a_3.tif", "c.png", "mask.tif"):
        (tmp_path / name).touch()
    assert [path.name for path in slice_files(tmp_path, (".tif",))] == ["a_1.TIF", "a_2.tif", "mask.tif"]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_grey_pictures_are_flair(tmp_path, rng, kind):
    array = rng.integers(0, np.iinfo(kind).max, (11, 4, 5)).astype(kind)
    scan = read(save(tmp_path / "P", list(array)))
    np.testing.assert_array_equal(scan.image, np.repeat(array[..., None], 3, axis=3), strict=True)
    assert len(scan.warnings) == 2
    assert scan.slices == tuple(f"s{number}" for number in range(1, 12))


def test_colour_pictures_are_the_three_sequences(tmp_path, rng):
    array = rng.integers(0, 256, (3, 4, 5, 3)).astype(np.uint8)
    scan = read(save(tmp_path / "P", list(array)))
    np.testing.assert_array_equal(scan.image, array, strict=True)
    assert (scan.warnings, scan.spacing_mm) == ((), None)


def test_jpeg_is_what_pillow_decodes(tmp_path, rng):
    array = np.kron(rng.integers(0, 256, (2, 4, 4, 3)), np.ones((1, 8, 8, 1))).astype(np.uint8)
    folder = save(tmp_path / "P", list(array), "jpg")
    expected = np.stack([np.asarray(Image.open(folder / f"s{number}.jpg")) for number in (1, 2)])
    np.testing.assert_array_equal(read(folder).image, expected)


def test_equal_channels_are_pointed_out(tmp_path, rng):
    array = np.repeat(rng.integers(0, 256, (2, 4, 5, 1)), 3, axis=3).astype(np.uint8)
    assert read(save(tmp_path / "P", list(array))).warnings == (EQUAL,)
    array[1, 0, 0, 2] += 1
    assert read(save(tmp_path / "Q", list(array))).warnings == ()


def test_an_alpha_channel_that_hides_nothing_is_dropped(tmp_path, rng):
    colour = rng.integers(0, 256, (4, 5, 3)).astype(np.uint8)
    Image.fromarray(np.dstack([colour, np.full((4, 5), 255, np.uint8)])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), colour)


def test_a_single_picture_is_a_scan_of_one_slice(tmp_path, rng):
    colour = rng.integers(0, 256, (4, 5, 3)).astype(np.uint8)
    Image.fromarray(colour).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read(tmp_path / "a.png").image, colour[None])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_tiff_slices(tmp_path, rng, kind):
    array = rng.integers(0, np.iinfo(kind).max, (3, 4, 5, 3)).astype(kind)
    for number, pixels in enumerate(array, start=1):
        tifffile.imwrite(tmp_path / f"P_{number}.tif", pixels, photometric="rgb")
    read_array, warnings = read_slices(slice_files(tmp_path, (".tif",)))
    np.testing.assert_array_equal(read_array, array, strict=True)
    assert warnings == ()


def test_what_is_written_is_read(tmp_path, rng):
    pixels = rng.integers(0, 256, (4, 5)).astype(np.uint8)
    write_png(tmp_path / "a.png", pixels)
    write_png(tmp_path / "b.png", pixels)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), pixels)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
