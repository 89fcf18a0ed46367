"""Small scans in files, with hand-made geometry."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from brainseg.scans.find import find_scans
from brainseg.scans.read import read_scan
from brainseg.scans.scan import Scan
from brainseg.scans.scan_files import ScanFiles

OBLIQUE = np.array([[0.96, -0.28, 0.0], [0.28, 0.96, 0.0], [0.0, 0.0, 1.0]])  # 16.26 degrees about z


def volume(
    shape: tuple[int, int, int] = (4, 6, 5), seed: int = 0, high: int = 256, dtype: type = np.uint8
) -> np.ndarray:
    """(S, H, W) with no two equal slices."""
    return np.random.default_rng(seed).integers(0, high, shape).astype(dtype)


def write_volume(
    path: Path,
    axial: np.ndarray,
    spacing=(1.0, 1.0, 1.0),
    origin=(0.0, 0.0, 0.0),
    direction=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
) -> Path:
    """Write (k, j, i), or (k, j, i, 3) as a vector, by SimpleITK."""
    image = sitk.GetImageFromArray(axial, isVector=axial.ndim == 4)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(tuple(np.ravel(direction)))
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path), True)
    return path


def names(*arguments: object) -> list[str]:
    """The names of the scans that the arguments name, none of them faulty."""
    found = find_scans([str(argument) for argument in arguments])
    assert [files.fault for files in found] == [None] * len(found)
    return [files.name for files in found]


def one(argument: object) -> ScanFiles:
    """The one scan that the argument names, unread."""
    (files,) = find_scans([str(argument)])
    return files


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def read(*arguments: object) -> Scan:
    """The one scan that the arguments name."""
    (files,) = find_scans([str(argument) for argument in arguments])
    return read_scan(files)


def write_series(
    folder: Path,
    volume: np.ndarray,
    *,
    spacing=(1.0, 1.0, 5.0),
    origin=(-10.0, -20.0, 30.0),
    direction=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    description: str = "AX T2 FLAIR",
    number: int = 1,
    study: str = "1.2.826.0.1.3680043.8.498.1",
    frame: str = "1.2.826.0.1.3680043.8.498.2",
    **tags: object,
) -> list[Path]:
    """Write (k, j, i) uint8 or uint16 as a series of MR images, a file a slice. tags: of every file; None removes."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    folder.mkdir(parents=True, exist_ok=True)
    direction = np.asarray(direction, float)
    paths = []
    for k, pixels in enumerate(volume):
        uid = f"{study}.{number}.{k + 1}"
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = MRImageStorage
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = uid
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.PatientName, image.PatientID, image.PatientBirthDate, image.PatientSex = "A^B", "P1", "", "O"
        image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = study, f"{study}.{number}", frame
        image.StudyDate, image.StudyTime, image.StudyID, image.AccessionNumber = "20010203", "101112", "1", ""
        image.ReferringPhysicianName = image.PositionReferenceIndicator = ""
        image.Modality, image.Manufacturer, image.SeriesDescription = "MR", "Test", description
        image.SeriesNumber, image.InstanceNumber = number, k + 1
        image.ScanningSequence, image.SequenceVariant, image.ScanOptions, image.MRAcquisitionType = (
            "SE",
            "NONE",
            "",
            "2D",
        )
        image.EchoTime, image.EchoTrainLength = "100", "1"
        image.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        image.ImagePositionPatient = [f"{x:.10g}" for x in np.asarray(origin) + k * spacing[2] * direction[:, 2]]
        image.ImageOrientationPatient = [f"{x:.10g}" for x in (*direction[:, 0], *direction[:, 1])]
        image.PixelSpacing, image.SliceThickness = [str(spacing[1]), str(spacing[0])], str(spacing[2])
        image.Rows, image.Columns = pixels.shape
        image.SamplesPerPixel, image.PhotometricInterpretation, image.PixelRepresentation = 1, "MONOCHROME2", 0
        image.BitsAllocated = image.BitsStored = pixels.itemsize * 8
        image.HighBit = image.BitsStored - 1
        image.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
        image["PixelData"].VR = "OB" if pixels.itemsize == 1 else "OW"
        for tag, value in tags.items():
            if value is None:
                delattr(image, tag)
            else:
                setattr(image, tag, value)
        paths.append(folder / f"{len(volume) - k:03}_{number}.dcm")  # names in another order than the positions
        image.save_as(paths[-1], enforce_file_format=True)
    return paths
