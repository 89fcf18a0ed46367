"""NIfTI, MHA/MHD and NRRD files, through medpy.io."""

import gzip
import re
import struct
import zlib
from pathlib import Path
from types import ModuleType

import numpy as np

from brainseg.core.errors import UserError
from brainseg.scans.c_messages import silenced
from brainseg.scans.orientation import Grid
from brainseg.scans.packages import import_for
from brainseg.scans.resampling import check_size

# how the format is called, and the one reader of SimpleITK that may open it
KINDS = {
    ".nii.gz": ("nifti", "NiftiImageIO"),
    ".nii": ("nifti", "NiftiImageIO"),
    ".mha": ("mha", "MetaImageIO"),
    ".mhd": ("mha", "MetaImageIO"),
    ".nrrd": ("nrrd", "NrrdImageIO"),
    ".nhdr": ("nrrd", "NrrdImageIO"),
}
EXTENSIONS = {"nifti": ".nii.gz", "mha": ".mha", "nrrd": ".nrrd"}  # of the files that are written
CHUNK = 2**20
NIFTI_1, NIFTI_2 = (size.to_bytes(4, "little") for size in (348, 540))  # of the header, its first field
ADDRESS = re.compile(r"\w+ ?\(0x[0-9a-f]+\): ?")  # of an object, in ITK's errors


def read_volume(path: Path) -> tuple[np.ndarray, Grid]:
    """The voxels (i, j, k) or, of 4-D files and vectors, (i, j, k, 3), and their grid. UserError for other files."""
    kind = _check_header(path)
    not_finite = _scan_nifti(path) if kind == "nifti" else ()
    medpy_io = _medpy()
    try:
        with silenced():
            array, header = medpy_io.load(str(path))
    except RuntimeError:  # its sentence repeats the path
        fault = "its header is whole, but its voxels are cut off, damaged or in a file that is not there"
        raise UserError(f"{path}: {fault}") from None
    if len(header.get_voxel_spacing()) == 4:
        # medpy takes any array of four axes for a vector and rolls the axes of a true 4-D file: (j, k, t, i)
        array = np.moveaxis(array, -1, 0)
    if len(not_finite):
        array.T.flat[not_finite] = np.nan  # the NIfTI reader of SimpleITK puts 0 in their place
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    grid = Grid(
        shape=array.shape[:3],
        spacing_mm=tuple(float(value) for value in header.get_voxel_spacing()[:3]),
        origin_mm=tuple(float(value) for value in header.get_offset()[:3]),
        direction=np.array(header.get_direction(), float)[:3, :3],
    )
    return array, grid


def write_volume(path: Path, volume: np.ndarray, grid: Grid) -> None:
    """Write (i, j, k) bool, uint8 or float32 with the grid's spacing, origin and direction, compressed."""
    medpy_io = _medpy()
    # of medpy's Header a direction cannot be given to the constructor, which takes the length of a number then
    header = medpy_io.Header(spacing=grid.spacing_mm, offset=grid.origin_mm)
    header.set_direction(grid.direction)
    medpy_io.save(volume, str(path), header, use_compression=True)


def kind_of(path: Path) -> tuple[str, str] | None:
    """The extension and the format of a volume's file name, or None."""
    name = path.name.lower()
    return next(((extension, KINDS[extension][0]) for extension in KINDS if name.endswith(extension)), None)


def itk_reason(error: Exception) -> str:
    """ITK's own sentence in an error of SimpleITK, whose text is several lines with paths of its sources."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line.split("ERROR:", 1)[1].strip() for line in lines if "ERROR:" in line]
    return ADDRESS.sub("", (said or lines or [type(error).__name__])[-1])[:200]


def quiet_sitk() -> ModuleType:
    """SimpleITK without its warnings on stderr, which name lines of its sources."""
    sitk = import_for("reading medical images", "SimpleITK", "SimpleITK")
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    return sitk


def _medpy() -> ModuleType:
    quiet_sitk()
    return import_for("reading medical images", "medpy.io", "medpy")


def _check_header(path: Path) -> str:
    """The format. Refuse, before memory is taken, what is no scan: sizes, dimensions, components and types."""
    extension, kind = kind_of(path)
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    sitk = quiet_sitk()
    reader = sitk.ImageFileReader()
    reader.SetImageIO(KINDS[extension][1])
    reader.SetFileName(str(path))
    try:
        with silenced():
            reader.ReadImageInformation()
    except RuntimeError as error:
        if kind == "nifti" and _is_nifti_2(path):
            raise UserError(f"{path}: is NIfTI-2, which SimpleITK cannot read; save it as NIfTI-1") from None
        reason = itk_reason(error).replace(f"{path} ", "")
        raise UserError(f"{path}: cannot be read as {extension} ({reason})") from None
    size, components = tuple(reader.GetSize()), reader.GetNumberOfComponents()
    if reader.GetPixelID() in (sitk.sitkComplexFloat32, sitk.sitkComplexFloat64):
        raise UserError(f"{path}: holds complex numbers; expected whole numbers or floats")
    if len(size) == 4 and components == 1:
        size, components = size[:3], size[3]
    if len(size) != 3:
        raise UserError(f"{path}: has {len(size)} dimensions {size}; expected 3, or 4 with the three sequences")
    if components not in (1, 3):
        raise UserError(f"{path}: has {components} sequences; expected 1 (FLAIR), or 3: pre, FLAIR, post")
    check_size(path, (*size, components))
    _check_axes(path, reader.GetSpacing()[:3], np.reshape(reader.GetDirection(), (len(reader.GetSize()), -1))[:3, :3])
    return kind


def _check_axes(path: Path, spacing: tuple[float, ...], direction: np.ndarray) -> None:
    if not all(np.isfinite(value) and value > 0 for value in spacing):
        raise UserError(f"{path}: has a voxel spacing of {spacing} mm; expected three numbers above 0")
    if not np.isfinite(direction).all() or abs(np.linalg.det(direction)) < 0.1:
        raise UserError(f"{path}: has the direction matrix {direction.tolist()}; expected three independent axes")


def _scan_nifti(path: Path) -> np.ndarray:
    """The places of values that are not finite, counted as the file has them; UserError where it ends too early.

    SimpleITK reads 0 in both cases, without a word.
    """
    found = [np.empty(0, np.int64)]
    count = 0
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            offset, length, kind = _layout_of_nifti(file.read(348))
            file.seek(offset)
            while count < length and (chunk := file.read(min(CHUNK, length - count))):
                if kind and len(chunk) % kind.itemsize == 0:
                    found.append(np.flatnonzero(~np.isfinite(np.frombuffer(chunk, kind))) + count // kind.itemsize)
                count += len(chunk)
            file.read(1)  # behind the last byte gzip compares the checksum
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path}: is cut off or damaged ({error})") from None
    if count < length:
        raise UserError(f"{path}: is cut off: holds {count:,} bytes of voxels; its header asks for {length:,}")
    return np.concatenate(found)


def _layout_of_nifti(header: bytes) -> tuple[int, int, np.dtype | None]:
    """Where the voxels of a NIfTI-1 file begin, how many bytes they are, and their type if that is a float."""
    order = "<" if header[:4] == NIFTI_1 else ">"
    dim = struct.unpack_from(order + "8h", header, 40)
    code, bits = struct.unpack_from(order + "2h", header, 70)
    (offset,) = struct.unpack_from(order + "f", header, 108)
    sides = [max(1, side) for side in dim[1 : 1 + dim[0]]]
    floats = {16: np.dtype(order + "f4"), 64: np.dtype(order + "f8")}
    return int(offset), int(np.prod(sides, dtype=float)) * bits // 8, floats.get(code)


def _is_nifti_2(path: Path) -> bool:
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            return file.read(4) in (NIFTI_2, NIFTI_2[::-1])
    except (OSError, EOFError, zlib.error):
        return False
