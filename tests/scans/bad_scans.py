"""Kinds of bad scan: each function writes one into a folder and gives the argument that names it."""

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import tifffile
from PIL import Image

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


def tiffs(folder: Path, *pictures: np.ndarray, names: tuple[str, ...] = ("P_1", "P_2")) -> str:
    (folder / "P").mkdir()
    for name, picture in zip(names, pictures, strict=False):
        tifffile.imwrite(folder / "P" / f"{name}.tif", picture, photometric="minisblack")
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
    for number in ("0000", "0001", "0003"):
        write_volume(folder / "P" / f"case_{number}.mha", volume())
    return str(folder / "P")


def brats_twice(folder: Path) -> str:
    write_volume(folder / "P" / "case-t2f.mha", volume())
    write_volume(folder / "P" / "case_flair.mha", volume())
    return str(folder / "P")


def no_image_files(folder: Path) -> str:
    (folder / "P").mkdir()
    return str(Path(content(folder / "P" / "readme.txt", b"x")).parent)


MAKERS: dict[str, Make] = {
    "missing": missing,
    "empty folder": empty_folder,
    "no scan in it": no_image_files,
    "unknown extension": unknown_extension,
    "text as nifti": text_as_nifti,
    "NIfTI-2": nifti_2,
    "cut off nii": cut_off_nifti,
    "cut off gz": cut_off_gz,
    "short gz": short_gz,
    "huge header": huge_header,
    "long side": long_side,
    "cut off mha": cut_off_mha,
    "cut off nrrd": cut_off_nrrd,
    "no data file": no_data_file,
    "2-D": two_dimensions,
    "5-D": five_dimensions,
    "2 components": two_components,
    "4 components": four_components,
    "complex": complex_numbers,
    "all NaN": all_nan,
    "sheared affine": sheared,
    "singular direction": singular_direction,
    "zero spacing": zero_spacing,
    "fine spacing": fine_spacing,
    "no overlap": far_apart,
    "three as one": three_as_one,
    "flair missing": keyed("pre=DIR/a.mha"),
    "unknown key": keyed("flair=DIR/a.mha,t2=x"),
    "key twice": keyed("flair=DIR/a.mha,pre=DIR/a.mha,pre_contrast=DIR/a.mha"),
    "empty value": keyed("flair="),
    "value missing": keyed("flair=DIR/b.mha"),
    "value no volume": keyed("flair=DIR/notes.txt"),
    "mixed sizes": lambda d: slices(d, GREY, GREY[:3]),
    "mixed colour": lambda d: slices(d, GREY, RGB),
    "palette": lambda d: slices(d, Image.fromarray(RGB).convert("P")),
    "1 bit": lambda d: slices(d, Image.fromarray(GREY).convert("1")),
    "alpha": lambda d: slices(d, png_alpha()),
    "CMYK": lambda d: slices(d, Image.fromarray(RGB).convert("CMYK"), extension="jpg"),
    "16-bit RGB": sixteen_bit_rgb,
    "damaged PNG": damaged_png,
    "damaged TIFF": damaged_tiff,
    "float TIFF": lambda d: tiffs(d, GREY.astype(np.float32)),
    "mixed TIFF": lambda d: tiffs(d, GREY, GREY[:3]),
    "uneven stack": uneven_stack,
    "bomb in a stack": bomb_stack,
    "float stack": lambda d: stack(d, np.zeros((2, 4, 5), np.float32)),
    "pickle": lambda d: npy(d, np.array([{}], object)),
    "npy of 2-D": lambda d: npy(d, GREY),
    "npy of 4 channels": lambda d: npy(d, np.zeros((2, 4, 5, 4), np.uint8)),
    "npy of bool": lambda d: npy(d, np.zeros((2, 4, 5), bool)),
    "npy of complex": lambda d: npy(d, np.zeros((2, 4, 5), complex)),
    "npy empty": lambda d: npy(d, np.zeros((0, 4, 5))),
    "npy long": huge_npy,
    "slice missing": lambda d: series(d, lambda paths: paths[1].unlink()),
    "same place": lambda d: series(d, ImagePositionPatient=["0", "0", "0"]),
    "DICOM sizes": other_size,
    "no position": lambda d: series(d, ImagePositionPatient=None),
    "no decoder": video_syntax,
    "report": report_only,
    "colour DICOM": lambda d: series(d, PhotometricInterpretation="RGB"),
    "frames": lambda d: series(d, NumberOfFrames=3),
    "unknown series": lambda d: several(d, "DWI", "T2"),
    "two FLAIR": lambda d: several(d, "FLAIR a", "FLAIR b"),
    "damaged DICOM": damaged_dicom,
    "not UTF-8": not_utf8,
    "line break in the name": new_line,
    "loop of folders": loop,
    "link to nothing": dangling,
    "nnU-Net without FLAIR": nnunet_without_flair,
    "nnU-Net with a fourth": nnunet_fourth,
    "BraTS twice": brats_twice,
    "slices of two scans": lambda d: tiffs(d, GREY, GREY, names=("a_1", "b_1")),
    "one number twice": lambda d: tiffs(d, GREY, GREY, names=("a_1", "a_01")),
    "negative spacing": lambda d: header_of(d, "a.mha", b"ElementSpacing = -1 1 1"),
}
