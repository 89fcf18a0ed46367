"""A file says how its numbers are meant: from white or black, in which colours, and which corner comes first."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from brainseg.core.errors import UserError
from brainseg.data.raw import tiff
from brainseg.data.raw.tiff import read_tiff


@pytest.fixture
def image(rng) -> np.ndarray:
    return rng.integers(0, 256, (5, 7, 3)).astype(np.uint8)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_mask_that_counts_from_white_is_read_as_it_looks(tmp_path, kind):
    mask = np.zeros((64, 64), kind)
    mask[10:20, 10:20] = np.iinfo(kind).max
    tifffile.imwrite(tmp_path / "a.tif", np.iinfo(kind).max - mask, photometric="miniswhite")
    np.testing.assert_array_equal(read_tiff(tmp_path / "a.tif"), mask, strict=True)


UPRIGHT = {  # value of the tag -> what EXIF says is to be done with the pixels, as Pillow turns them
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_orientation_is_applied(tmp_path, image, orientation, mode):
    pixels = Image.fromarray(image).convert(mode)
    pixels.save(tmp_path / "a.tif", tiffinfo={274: orientation})
    upright = pixels.transpose(UPRIGHT[orientation]) if orientation > 1 else pixels
    np.testing.assert_array_equal(read_tiff(tmp_path / "a.tif"), np.asarray(upright), strict=True)


def test_an_orientation_that_does_not_exist_is_refused(tmp_path, image):
    Image.fromarray(image).save(tmp_path / "a.tif", tiffinfo={274: 9})
    with pytest.raises(UserError, match=r"a\.tif: .*has the orientation 9; expected 1 to 8"):
        read_tiff(tmp_path / "a.tif")


@pytest.mark.parametrize("colours", ["cielab", "icclab", "palette", "YCbCr"])
def test_other_colours_are_refused_by_name(tmp_path, image, colours):
    if colours == "YCbCr":
        Image.fromarray(image).convert("YCbCr").save(tmp_path / "a.tif")
    elif colours == "palette":
        Image.fromarray(image).convert("P").save(tmp_path / "a.tif")
    else:
        tifffile.imwrite(tmp_path / "a.tif", image, photometric=colours, planarconfig="contig")
    with pytest.raises(UserError, match=rf"a\.tif: .*\(is {colours.upper()}; expected grey or RGB\)"):
        read_tiff(tmp_path / "a.tif")


def test_a_file_larger_than_any_slice_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "a.tif"
    with path.open("wb") as file:
        file.truncate(1_500_000_000)  # takes no room on the disk
    monkeypatch.setattr(tiff, "_decode", lambda _: pytest.fail("was read"))
    with pytest.raises(UserError, match=r"a\.tif: is 1,500 MB; a slice has at most 537 MB"):
        read_tiff(path)
