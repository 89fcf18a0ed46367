"""A mask as DICOM-SEG, which refers to the series it was made from."""

import hashlib
import uuid
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from brainseg.core.errors import UserError
from brainseg.scans.packages import import_for
from brainseg.scans.scan import Scan

DATES = ("SeriesDate", "ContentDate", "InstanceCreationDate")
TIMES = ("SeriesTime", "ContentTime", "InstanceCreationTime")


def write_dicom_seg(path: Path, scan: Scan, mask: np.ndarray) -> None:
    """Write mask (S, H, W) bool, on the scan's axial grid, as a binary segmentation with one segment, Lesion.

    A frame a slice of the series, empty ones too. Identifiers come from the series and the mask, dates from the study:
    the same mask gives the same bytes. UserError where the series lacks what DICOM requires of it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values in the series that DICOM does not allow: nothing depends on them
        _segmentation(scan, mask).save_as(path)


def _segmentation(scan: Scan, mask: np.ndarray) -> Any:
    pydicom = import_for("writing DICOM-SEG", "pydicom", "pydicom")
    highdicom = import_for("writing DICOM-SEG", "highdicom", "highdicom")
    sources = [pydicom.dcmread(file, stop_before_pixels=True) for file in scan.series]
    frames = np.ascontiguousarray(scan.grid.from_axial(mask).T)  # (k, j, i): slices in the order of the series
    key = f"{sources[0].SeriesInstanceUID} {hashlib.sha256(np.packbits(frames).tobytes()).hexdigest()}"
    series_uid, instance_uid = (
        highdicom.UID.from_uuid(str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key} {what}"))) for what in ("series", "instance")
    )
    try:
        segmentation = highdicom.seg.Segmentation(
            source_images=sources,
            pixel_array=frames.astype(np.uint8),
            segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=[_lesion(highdicom)],
            series_instance_uid=series_uid,
            series_number=9000,  # beyond a scanner's own
            sop_instance_uid=instance_uid,
            instance_number=1,
            manufacturer="brainseg",
            manufacturer_model_name="brainseg",
            software_versions=_version(),
            device_serial_number="0",
            series_description="Lesion (brainseg)",
            omit_empty_frames=False,
        )
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"{scan.series[0]}: no DICOM-SEG can refer to this series ({reason}); choose --format nifti"
        ) from None
    _make_reproducible(segmentation, sources[0], highdicom.UID.from_uuid(str(uuid.uuid5(uuid.NAMESPACE_OID, key))))
    return segmentation


def _make_reproducible(segmentation: object, source: object, organization_uid: str) -> None:
    """Replace what highdicom takes from the clock or draws at random."""
    for key in DATES:
        setattr(segmentation, key, source.get("StudyDate") or "19000101")
    for key in TIMES:
        setattr(segmentation, key, source.get("StudyTime") or "000000")
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = organization_uid
    for item in segmentation.get("ContributingEquipmentSequence", ())[-1:]:  # the last is highdicom's own
        item.pop("ContributionDateTime", None)


def _lesion(highdicom: object) -> object:
    """The segment's description, with the codes of SNOMED CT and DICOM."""
    concept = highdicom.sr.CodedConcept
    return highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="Lesion",
        segmented_property_category=concept("49755003", "SCT", "Morphologically Abnormal Structure"),
        segmented_property_type=concept("52988006", "SCT", "Lesion"),
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name="brainseg", version=_version(), family=concept("123109", "DCM", "Artificial Intelligence")
        ),
    )


def _version() -> str:
    try:
        return version("brainseg")
    except PackageNotFoundError:  # run from a folder without installing it
        return "unknown"
