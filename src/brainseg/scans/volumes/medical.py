"""NIfTI, MHA/MHD and NRRD files, through medpy.io."""

import re
from pathlib import Path
from types import ModuleType

import numpy as np

from brainseg.core.channels import MOST
from brainseg.core.errors import UserError
from brainseg.scans.c_messages import silenced
from brainseg.scans.packages import import_for
from brainseg.scans.volumes.nifti import is_nifti_2, not_finite
from brainseg.scans.volumes.orientation import Grid
from brainseg.scans.volumes.resampling import check_size

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
ADDRESS = re.compile(r"\w+ ?\(0x[0-9a-f]+\): ?")  # of an object, in ITK's errors


def read_volume(path: Path) -> tuple[np.ndarray, Grid]:
    """The voxels (i, j, k) or, of 4-D files and vectors, (i, j, k, C), and their grid. UserError for other files."""
    kind = _check_header(path)
    bad = not_finite(path) if kind == "nifti" else None
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
    if bad is not None:
        array.T[bad.reshape(array.T.shape)] = np.nan  # the NIfTI reader of SimpleITK puts 0 in their place
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
    """Write (i, j, k) bool, uint8 or float32 with the grid's spacing, origin and direction, compressed.

    UserError where it cannot be written: SimpleITK does not say whether the disk is full or the folder not there.
    """
    medpy_io = _medpy()
    # of medpy's Header a direction cannot be given to the constructor, which takes the length of a number then
    header = medpy_io.Header(spacing=grid.spacing_mm, offset=grid.origin_mm)
    header.set_direction(grid.direction)
    try:
        with silenced():
            medpy_io.save(volume, str(path), header, use_compression=True)
    except RuntimeError as error:
        raise UserError(f"{path}: cannot be written ({itk_reason(error)})") from None


def kind_of(path: Path) -> tuple[str, str] | None:
    """The extension and the format of a volume's file name, or None."""
    name = path.name.lower()
    return next(((extension, KINDS[extension][0]) for extension in KINDS if name.endswith(extension)), None)


def itk_reason(error: Exception) -> str:
    """ITK's own sentence in an error of SimpleITK, whose text is several lines with paths of its sources."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line.split("ERROR:", 1)[1].strip() for line in lines if "ERROR:" in line]
    sentence = ADDRESS.sub("", (said or lines or [type(error).__name__])[-1])
    return " ".join(sentence.split())[:200]


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
        if kind == "nifti" and is_nifti_2(path):
            raise UserError(f"{path}: is NIfTI-2, which SimpleITK cannot read; save it as NIfTI-1") from None
        reason = itk_reason(error).replace(f"{path} ", "")
        raise UserError(f"{path}: cannot be read as {extension} ({reason})") from None
    size, components = tuple(reader.GetSize()), reader.GetNumberOfComponents()
    if reader.GetPixelID() in (sitk.sitkComplexFloat32, sitk.sitkComplexFloat64):
        raise UserError(f"{path}: holds complex numbers; expected whole numbers or floats")
    if len(size) == 4 and components == 1:
        size, components = size[:3], size[3]
    if len(size) != 3:
        raise UserError(f"{path}: has {len(size)} dimensions {size}; expected 3, or 4 with the sequences")
    if not 1 <= components <= MOST:
        raise UserError(f"{path}: has {components} sequences; expected 1 to {MOST}")
    check_size(path, (*size, components))
    _check_axes(path, reader.GetSpacing()[:3], np.reshape(reader.GetDirection(), (len(reader.GetSize()), -1))[:3, :3])
    return kind


def _check_axes(path: Path, spacing: tuple[float, ...], direction: np.ndarray) -> None:
    if not all(np.isfinite(value) and value > 0 for value in spacing):
        raise UserError(f"{path}: has a voxel spacing of {spacing} mm; expected three numbers above 0")
    if not np.isfinite(direction).all() or abs(np.linalg.det(direction)) < 0.1:
        raise UserError(f"{path}: has the direction matrix {direction.tolist()}; expected three independent axes")
