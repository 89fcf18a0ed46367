"""Each kind of bad scan gives one exact line, and the other scans of the same call are still read."""

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile
from PIL import Image

from brainseg.core.errors import UserError
from brainseg.scans.find import find_scans
from brainseg.scans.read import read_scan
from tests.scans.small_scans import volume, write_series, write_volume

Make = Callable[[Path], str]


def nifti(path: Path, array: np.ndarray, affine: np.ndarray | None = None) -> str:
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return str(path)


def content(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def missing(folder: Path) -> str:
    return str(folder / "gone.nii.gz")


def empty_folder(folder: Path) -> str:
    (folder / "empty").mkdir()
    return str(folder / "empty")


def unknown_extension(folder: Path) -> str:
    return content(folder / "scan.docx", b"PK")


def text_as_nifti(folder: Path) -> str:
    return content(folder / "a.nii.gz", b"not a scan")


def nifti_2(folder: Path) -> str:
    nibabel.save(nibabel.Nifti2Image(np.zeros((4, 5, 6), np.float32), np.eye(4)), folder / "a.nii.gz")
    return str(folder / "a.nii.gz")


def cut_off_nifti(folder: Path) -> str:
    whole = Path(nifti(folder / "a.nii", np.zeros((4, 5, 6), np.float32))).read_bytes()
    return content(folder / "a.nii", whole[:-100])


def cut_off_gz(folder: Path) -> str:
    noise = np.random.default_rng(0).normal(size=(20, 20, 20))
    whole = Path(nifti(folder / "a.nii.gz", noise)).read_bytes()
    return content(folder / "a.nii.gz", whole[: len(whole) // 2])


def short_gz(folder: Path) -> str:
    raw = gzip.decompress(Path(nifti(folder / "a.nii.gz", np.zeros((4, 5, 6), np.float32))).read_bytes())
    return content(folder / "a.nii.gz", gzip.compress(raw[:-100]))


def huge_header(folder: Path) -> str:
    header = nibabel.Nifti1Header()
    header.set_data_shape((4000, 4000, 4000))
    header.set_data_dtype(np.float32)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    return content(folder / "a.nii.gz", gzip.compress(header.binaryblock + bytes(4)))


def long_side(folder: Path) -> str:
    text = b"ObjectType = Image\nNDims = 3\nDimSize = 9000 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    return content(folder / "a.mha", text + bytes(10))


def cut_off_mha(folder: Path) -> str:
    text = b"ObjectType = Image\nNDims = 3\nDimSize = 9 20 20\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    return content(folder / "a.mha", text + bytes(10))


def cut_off_nrrd(folder: Path) -> str:
    text = b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 9 9 9\nencoding: raw\n\n"
    return content(folder / "a.nrrd", text + bytes(10))


def no_data_file(folder: Path) -> str:
    text = b"ObjectType = Image\nNDims = 3\nDimSize = 9 2 2\nElementType = MET_UCHAR\nElementDataFile = gone.raw\n"
    return content(folder / "a.mhd", text)


def two_dimensions(folder: Path) -> str:
    return nifti(folder / "a.nii.gz", np.zeros((4, 5), np.float32))


def five_dimensions(folder: Path) -> str:
    return nifti(folder / "a.nii.gz", np.zeros((4, 5, 3, 2, 3), np.float32))


def two_components(folder: Path) -> str:
    return nifti(folder / "a.nii.gz", np.zeros((4, 5, 3, 2), np.float32))


def four_components(folder: Path) -> str:
    return str(write_volume(folder / "a.nrrd", np.zeros((3, 4, 5, 4), np.float32)))


def complex_numbers(folder: Path) -> str:
    return nifti(folder / "a.nii.gz", np.zeros((4, 5, 3), np.complex64))


def all_nan(folder: Path) -> str:
    return nifti(folder / "a.nii.gz", np.full((4, 5, 3), np.nan, np.float32))


def sheared(folder: Path) -> str:
    return nifti(folder / "a.nii", np.zeros((4, 5, 3), np.float32), np.array(np.eye(4) + np.eye(4, k=1) * 0.5))


def header_of(folder: Path, name: str, line: bytes) -> str:
    text = b"ObjectType = Image\nNDims = 3\n" + line + b"\nDimSize = 2 2 2\nElementType = MET_UCHAR\n"
    return content(folder / name, text + b"ElementDataFile = LOCAL\n" + bytes(8))


def singular_direction(folder: Path) -> str:
    return header_of(folder, "a.mha", b"TransformMatrix = 1 0 0 1 0 0 0 0 1")


def zero_spacing(folder: Path) -> str:
    return header_of(folder, "a.mha", b"ElementSpacing = 0 1 1")


def fine_spacing(folder: Path) -> str:
    return str(write_volume(folder / "a.mha", volume(), spacing=(1.0, 0.0001, 1.0)))


def far_apart(folder: Path) -> str:
    flair, pre = folder / "flair.mha", folder / "pre.mha"
    write_volume(flair, volume())
    write_volume(pre, volume(), origin=(500.0, 0.0, 0.0))
    return f"flair={flair},pre={pre}"


def three_as_one(folder: Path) -> str:
    return f"flair={write_volume(folder / 'a.mha', np.zeros((3, 4, 5, 3), np.uint8))}"


def keyed(text: str) -> Make:
    def make(folder: Path) -> str:
        write_volume(folder / "a.mha", volume())
        content(folder / "notes.txt", b"x")
        return text.replace("DIR", str(folder))

    return make


def slices(folder: Path, *pictures: np.ndarray | Image.Image, extension: str = "png") -> str:
    (folder / "P").mkdir()
    for number, picture in enumerate(pictures, start=1):
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        image.save(folder / "P" / f"s{number}.{extension}")
    return str(folder / "P")


GREY = np.zeros((4, 5), np.uint8)
RGB = np.zeros((4, 5, 3), np.uint8)


def png_alpha() -> Image.Image:
    return Image.fromarray(np.zeros((4, 5, 4), np.uint8), "RGBA")


def sixteen_bit_rgb(folder: Path) -> str:
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0))
    data = header + chunk(b"IDAT", zlib.compress(bytes(13))) + chunk(b"IEND", b"")
    return content(folder / "a.png", b"\x89PNG\r\n\x1a\n" + data)


def damaged_png(folder: Path) -> str:
    place = Path(slices(folder, np.random.default_rng(0).integers(0, 255, (50, 50)).astype(np.uint8)))
    file = place / "s1.png"
    return str(place) if file.write_bytes(file.read_bytes()[:500]) else ""


def damaged_tiff(folder: Path) -> str:
    return content(folder / "a.tif", b"II*\0\x08\0\0\0")


def tiffs(folder: Path, *pictures: np.ndarray) -> str:
    (folder / "P").mkdir()
    for number, picture in enumerate(pictures, start=1):
        tifffile.imwrite(folder / "P" / f"P_{number}.tif", picture, photometric="minisblack")
    return str(folder / "P")


def stack(folder: Path, array: np.ndarray, **how: object) -> str:
    tifffile.imwrite(folder / "a.tif", array, photometric="minisblack", **how)
    return str(folder / "a.tif")


def uneven_stack(folder: Path) -> str:
    with tifffile.TiffWriter(folder / "a.tif") as file:
        file.write(GREY, photometric="minisblack")
        file.write(np.zeros((6, 5), np.uint8), photometric="minisblack")
    return str(folder / "a.tif")


def bomb_stack(folder: Path) -> str:
    import zlib

    with tifffile.TiffWriter(folder / "a.tif") as file:
        packed = zlib.compress(bytes(10**6))
        for _ in range(2):
            file.write(iter([packed]), shape=(4, 5), dtype=np.uint8, compression="zlib", photometric="minisblack")
    return str(folder / "a.tif")


def npy(folder: Path, array: np.ndarray) -> str:
    np.save(folder / "a.npy", array, allow_pickle=True)
    return str(folder / "a.npy")


def huge_npy(folder: Path) -> str:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f4", "fortran_order": False, "shape": (9000, 2, 2)})
    return content(folder / "a.npy", buffer.getvalue() + bytes(9000 * 16))


def series(folder: Path, change: Callable[[list[Path]], object] | None = None, **how: object) -> str:
    paths = write_series(folder / "P", volume(), **how)
    if change:
        change(paths)
    return str(folder / "P")


def edit(path: Path, **tags: object) -> None:
    import pydicom

    image = pydicom.dcmread(path)
    for tag, value in tags.items():
        setattr(image, tag, value)
    image.save_as(path)


def other_size(folder: Path) -> str:
    place = series(folder)
    edit(folder / "P" / "003_1.dcm", Rows=3, PixelData=bytes(16))
    return place


def video_syntax(folder: Path) -> str:
    import pydicom
    from pydicom.encaps import encapsulate

    place = series(folder)
    for path in Path(place).iterdir():
        image = pydicom.dcmread(path)
        image.PixelData = encapsulate([b"\0\0\0\1\x67abcd"])
        image["PixelData"].is_undefined_length = True
        image.file_meta.TransferSyntaxUID = pydicom.uid.HTJ2KLossless
        image.save_as(path)
    return place


def report_only(folder: Path) -> str:
    (path,) = write_series(folder / "P", volume((1, 4, 5)))
    edit(path, Modality="SR")
    return str(folder / "P")


def several(folder: Path, *descriptions: str) -> str:
    for number, description in enumerate(descriptions, start=1):
        write_series(folder / "P", volume(), description=description, number=number)
    return str(folder / "P")


def damaged_dicom(folder: Path) -> str:
    (folder / "P").mkdir()
    content(folder / "P" / "1.dcm", bytes(128) + b"DICM" + b"\x02\x00")
    return str(folder / "P")


def not_utf8(folder: Path) -> str:
    path = os.fsdecode(os.fsencode(folder / "P") + b"\xff.npy")
    np.save(Path(path), GREY[None])
    return path


def new_line(folder: Path) -> str:
    return npy_at(folder / "a\nb.npy")


def npy_at(path: Path) -> str:
    np.save(path, GREY[None])
    return str(path)


def loop(folder: Path) -> str:
    (folder / "P").mkdir()
    (folder / "P" / "again").symlink_to(folder / "P")
    return str(folder / "P")


def dangling(folder: Path) -> str:
    (folder / "a.npy").symlink_to(folder / "gone.npy")
    return str(folder / "a.npy")


def nnunet_without_flair(folder: Path) -> str:
    write_volume(folder / "P" / "case_0000.mha", volume())
    return str(folder / "P")


def nnunet_fourth(folder: Path) -> str:
    write_volume(folder / "P" / "case_0001.mha", volume())
    write_volume(folder / "P" / "case_0003.mha", volume())
    return str(folder / "P")


def brats_twice(folder: Path) -> str:
    write_volume(folder / "P" / "case-t2f.mha", volume())
    write_volume(folder / "P" / "case_flair.mha", volume())
    return str(folder / "P")


def no_image_files(folder: Path) -> str:
    (folder / "P").mkdir()
    return str(Path(content(folder / "P" / "readme.txt", b"x")).parent)


EXTENSIONS = ".nii, .nii.gz, .mha, .mhd, .nrrd, .nhdr, .npy, .tif, .png, .jpg or DICOM"
SHAPES = "expected (S, H, W, 3), or (S, H, W) for FLAIR alone"
LIMIT = "at most 8192 a side and 2147483648 in all"
READ = "cannot be read as PNG or JPEG"
KEYS = "flair, pre, pre_contrast, post, post_contrast"
FOLDERS = "give a folder a series: flair=FOLDER,pre=FOLDER,post=FOLDER"
VOLUMES = ".nii.gz, .nii, .mha, .mhd, .nrrd, .nhdr or a DICOM folder"

# what is wrong, how it is made, the line; DIR is the folder it lies in
BAD: list[tuple[str, Make, str]] = [
    ("missing", missing, "DIR/gone.nii.gz: no such file or folder"),
    ("empty folder", empty_folder, f"DIR/empty: holds no scan; expected {EXTENSIONS}"),
    ("no scan in it", no_image_files, f"DIR/P: holds no scan; expected {EXTENSIONS}"),
    ("unknown extension", unknown_extension, f"DIR/scan.docx: has no known extension; expected {EXTENSIONS}"),
    ("text as nifti", text_as_nifti, "DIR/a.nii.gz: cannot be read as .nii.gz (is not recognized as a NIFTI file)"),
    ("NIfTI-2", nifti_2, "DIR/a.nii.gz: is NIfTI-2, which SimpleITK cannot read; save it as NIfTI-1"),
    ("cut off nii", cut_off_nifti, "DIR/a.nii: is cut off: holds 380 bytes of voxels; its header asks for 480"),
    ("cut off gz", cut_off_gz, "DIR/a.nii.gz: is cut off or damaged (Compressed file ended before the end-of-stream marker was reached)"),
    ("short gz", short_gz, "DIR/a.nii.gz: is cut off: holds 380 bytes of voxels; its header asks for 480"),
    ("huge header", huge_header, f"DIR/a.nii.gz: says it is 4000 × 4000 × 4000 × 1 voxels; {LIMIT}"),
    ("long side", long_side, f"DIR/a.mha: says it is 9000 × 2 × 2 × 1 voxels; {LIMIT}"),
    ("cut off mha", cut_off_mha, "DIR/a.mha: its header is whole, but its voxels are cut off, damaged or in a file that is not there"),
    ("cut off nrrd", cut_off_nrrd, "DIR/a.nrrd: its header is whole, but its voxels are cut off, damaged or in a file that is not there"),
    ("no data file", no_data_file, "DIR/a.mhd: its header is whole, but its voxels are cut off, damaged or in a file that is not there"),
    ("2-D", two_dimensions, "DIR/a.nii.gz: has 2 dimensions (4, 5); expected 3, or 4 with the three sequences"),
    ("5-D", five_dimensions, "DIR/a.nii.gz: has 5 dimensions (4, 5, 3, 2, 3); expected 3, or 4 with the three sequences"),
    ("2 components", two_components, "DIR/a.nii.gz: has 2 sequences; expected 1 (FLAIR), or 3: pre, FLAIR, post"),
    ("4 components", four_components, "DIR/a.nrrd: has 4 sequences; expected 1 (FLAIR), or 3: pre, FLAIR, post"),
    ("complex", complex_numbers, "DIR/a.nii.gz: holds complex numbers; expected whole numbers or floats"),
    ("all NaN", all_nan, "DIR/a.nii.gz: flair holds no finite value; expected numbers"),
    ("sheared affine", sheared, "DIR/a.nii: cannot be read as .nii (ITK only supports orthonormal direction cosines.  No orthonormal definition found!)"),
    ("singular direction", singular_direction, "DIR/a.mha: has the direction matrix [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]; expected three independent axes"),
    ("zero spacing", zero_spacing, "DIR/a.mha: has a voxel spacing of (0.0, 1.0, 1.0) mm; expected three numbers above 0"),
    ("fine spacing", fine_spacing, "DIR/a.mha: has pixels of 0.0001 × 1 mm, 6 × 50000 once they are square; at most 8192 a side"),
    ("no overlap", far_apart, "DIR/pre.mha: does not overlap with FLAIR; expected sequences of one patient in one position"),
    ("three as one", three_as_one, "DIR/a.mha: holds 3 sequences; expected one"),
    ("flair missing", keyed("pre=DIR/a.mha"), "pre=DIR/a.mha: lacks flair=; FLAIR is required"),
    ("unknown key", keyed("flair=DIR/a.mha,t2=x"), f"flair=DIR/a.mha,t2=x: has the key 't2'; expected {KEYS}"),
    ("key twice", keyed("flair=DIR/a.mha,pre=DIR/a.mha,pre_contrast=DIR/a.mha"), "flair=DIR/a.mha,pre=DIR/a.mha,pre_contrast=DIR/a.mha: names pre_contrast twice; expected each sequence once"),
    ("empty value", keyed("flair="), "flair=: flair has no value; expected a file or a DICOM folder"),
    ("value missing", keyed("flair=DIR/b.mha"), "DIR/b.mha: no such file or folder, given as flair="),
    ("value no volume", keyed("flair=DIR/notes.txt"), f"DIR/notes.txt: given as flair=; expected {VOLUMES}"),
    ("mixed sizes", lambda d: slices(d, GREY, GREY[:3]), "DIR/P/s2.png: is 3 × 5 pixels, grey, uint8; expected 4 × 5 pixels, grey, uint8, as s1.png"),
    ("mixed colour", lambda d: slices(d, GREY, RGB), "DIR/P/s2.png: is 4 × 5 pixels, RGB, uint8; expected 4 × 5 pixels, grey, uint8, as s1.png"),
    ("palette", lambda d: slices(d, Image.fromarray(RGB).convert("P")), f"DIR/P/s1.png: {READ} (has a palette; expected grey or RGB of 8 bit, or grey of 16 bit)"),
    ("1 bit", lambda d: slices(d, Image.fromarray(GREY).convert("1")), f"DIR/P/s1.png: {READ} (has 1 bit a pixel; expected grey or RGB of 8 bit, or grey of 16 bit)"),
    ("alpha", lambda d: slices(d, png_alpha()), f"DIR/P/s1.png: {READ} (has transparent pixels; save it without an alpha channel)"),
    ("CMYK", lambda d: slices(d, Image.fromarray(RGB).convert("CMYK"), extension="jpg"), f"DIR/P/s1.jpg: {READ} (is in mode CMYK; expected grey or RGB of 8 bit, or grey of 16 bit)"),
    ("16-bit RGB", sixteen_bit_rgb, f"DIR/a.png: {READ} (has 16 bits a channel in colour, which is read as 8; save it as TIFF)"),
    ("damaged PNG", damaged_png, f"DIR/P/s1.png: {READ} (image file is truncated)"),
    ("damaged TIFF", damaged_tiff, "DIR/a.tif: cannot be read as TIFF (holds no image)"),
    ("float TIFF", lambda d: tiffs(d, GREY.astype(np.float32)), "DIR/P/P_1.tif: cannot be read as TIFF (is float32; expected 8 or 16 bit without sign)"),
    ("mixed TIFF", lambda d: tiffs(d, GREY, GREY[:3]), "DIR/P/P_2.tif: is 3 × 5 pixels, grey, uint8; expected 4 × 5 pixels, grey, uint8, as P_1.tif"),
    ("uneven stack", uneven_stack, "DIR/a.tif: cannot be read as TIFF (page 2 is (6, 5) of uint8; expected (4, 5) of uint8, as the first page)"),
    ("bomb in a stack", bomb_stack, "DIR/a.tif: cannot be read as TIFF (unpacks to over 65576 bytes, more than its pixels are)"),
    ("float stack", lambda d: stack(d, np.zeros((2, 4, 5), np.float32)), "DIR/a.tif: cannot be read as TIFF (is float32; expected 8 or 16 bit without sign)"),
    ("pickle", lambda d: npy(d, np.array([{}], object)), "DIR/a.npy: cannot be read as .npy (Array can't be memory-mapped: Python objects in dtype.)"),
    ("npy of 2-D", lambda d: npy(d, GREY), f"DIR/a.npy: is (4, 5); {SHAPES}"),
    ("npy of 4 channels", lambda d: npy(d, np.zeros((2, 4, 5, 4), np.uint8)), f"DIR/a.npy: is (2, 4, 5, 4); {SHAPES}"),
    ("npy of bool", lambda d: npy(d, np.zeros((2, 4, 5), bool)), "DIR/a.npy: holds bool; expected whole numbers or floats"),
    ("npy of complex", lambda d: npy(d, np.zeros((2, 4, 5), complex)), "DIR/a.npy: holds complex128; expected whole numbers or floats"),
    ("npy empty", lambda d: npy(d, np.zeros((0, 4, 5))), "DIR/a.npy: says it is 0 × 4 × 5; it holds no voxels"),
    ("npy long", huge_npy, f"DIR/a.npy: says it is 9000 × 2 × 2 voxels; {LIMIT}"),
    ("slice missing", lambda d: series(d, lambda paths: paths[1].unlink()), "DIR/P: a slice is missing: 004_1.dcm and 002_1.dcm are 10.00 mm apart, others 5.00 mm"),
    ("same place", lambda d: series(d, ImagePositionPatient=["0", "0", "0"]), "DIR/P: 001_1.dcm and 002_1.dcm lie at one place; expected one series with a slice a place"),
    ("DICOM sizes", other_size, "DIR/P/003_1.dcm: is 3 × 5 pixels; expected 6 × 5, as 001_1.dcm"),
    ("no position", lambda d: series(d, ImagePositionPatient=None), "DIR/P/001_1.dcm: lacks ImagePositionPatient; expected 3 numbers"),
    ("no decoder", video_syntax, "DIR/P/004_1.dcm: cannot be decoded: packed as High-Throughput JPEG 2000 Image Compression (Lossless Only); no decoder reads it, or it is damaged; convert it to NIfTI"),
    ("report", report_only, "DIR/P: holds no DICOM images: 001_1.dcm (SR)"),
    ("colour DICOM", lambda d: series(d, PhotometricInterpretation="RGB"), "DIR/P/001_1.dcm: its pixels are RGB; expected MONOCHROME2"),
    ("frames", lambda d: series(d, NumberOfFrames=3), "DIR/P/001_1.dcm: holds 3 frames; expected a file a slice. Convert it to NIfTI"),
    ("unknown series", lambda d: several(d, "DWI", "T2"), f"DIR/P: no description of its series names FLAIR: 'DWI' (4 files), 'T2' (4 files); {FOLDERS}"),
    ("two FLAIR", lambda d: several(d, "FLAIR a", "FLAIR b"), f"DIR/P: holds two series of flair: 'FLAIR a' (4 files), 'FLAIR b' (4 files); {FOLDERS}"),
    ("damaged DICOM", damaged_dicom, "DIR/P: holds no DICOM images: 1.dcm (no modality)"),
    ("not UTF-8", not_utf8, "DIR/P\\udcff.npy: the name is not printable UTF-8; rename it"),
    ("line break in the name", new_line, "DIR/a\\nb.npy: the name is not printable UTF-8; rename it"),
    ("loop of folders", loop, f"DIR/P: holds no scan; expected {EXTENSIONS}"),
    ("link to nothing", dangling, "DIR/a.npy: no such file or folder"),
    ("nnU-Net without FLAIR", nnunet_without_flair, "DIR/P/case: has case_0000.mha and no FLAIR; FLAIR is required"),
    ("nnU-Net with a fourth", nnunet_fourth, "DIR/P/case_0003.mha: has the number 0003; expected _0000 pre_contrast, _0001 flair, _0002 post_contrast"),
    ("BraTS twice", brats_twice, "DIR/P/case: has two files of flair: case-t2f.mha, case_flair.mha; expected one"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "line"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_scan_gives_one_exact_line_and_the_next_is_still_read(make, line, tmp_path, capfd):
    (tmp_path / "bad").mkdir()
    good = tmp_path / "good.npy"
    np.save(good, volume())
    bad, well = find_scans([make(tmp_path / "bad"), str(good)])
    with pytest.raises(UserError) as error:
        read_scan(bad)
    assert str(error.value).replace(str(tmp_path / "bad"), "DIR") == line
    np.testing.assert_array_equal(read_scan(well).image[..., 1], volume())
    assert capfd.readouterr() == ("", "")  # no library adds lines of its own


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = write_volume(tmp_path / "a.mha", volume())
    (files,) = find_scans([str(path)])

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as root, who may read everything
    with pytest.raises(UserError, match=rf"^{path}: cannot be read \(Permission denied\)$"):
        read_scan(files)


def test_memory_that_runs_out_is_one_line(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", volume())
    (files,) = find_scans([str(tmp_path / "a.npy")])

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("brainseg.scans.read.read_npy", fail)
    with pytest.raises(UserError, match=r"a\.npy: does not fit into memory$"):
        read_scan(files)
