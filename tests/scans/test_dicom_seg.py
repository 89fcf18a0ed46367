import highdicom
import numpy as np
import pydicom
import pytest

from brainseg.core.errors import UserError
from brainseg.scans.dicom_seg import write_dicom_seg
from tests.scans.small_scans import OBLIQUE, read, volume, write_series

SAGITTAL = np.array([[0, 0, -1.0], [1, 0, 0], [0, -1, 0]])


@pytest.fixture
def scan(tmp_path):
    write_series(tmp_path / "P", volume(), direction=OBLIQUE, spacing=(0.75, 0.75, 4.0))
    return read(tmp_path / "P")


@pytest.mark.parametrize("direction", [np.eye(3), OBLIQUE, SAGITTAL, np.diag([-1.0, -1.0, 1.0])])
def test_each_frame_lies_over_its_slice(tmp_path, direction, rng):
    write_series(tmp_path / "P", volume(), direction=direction)
    scan = read(tmp_path / "P")
    mask = rng.random(scan.axial_shape) > 0.7
    write_dicom_seg(tmp_path / "m.dcm", scan, mask)
    segmentation = pydicom.dcmread(tmp_path / "m.dcm")
    frames = segmentation.pixel_array
    sources = {path: pydicom.dcmread(path) for path in scan.series}
    by_position = {tuple(source.ImagePositionPatient): number for number, source in enumerate(sources.values())}
    assert segmentation.NumberOfFrames == len(sources)
    for frame, item in zip(frames, segmentation.PerFrameFunctionalGroupsSequence, strict=True):
        number = by_position[tuple(item.PlanePositionSequence[0].ImagePositionPatient)]
        expected = scan.grid.from_axial(mask).T[number]
        np.testing.assert_array_equal(frame, expected)
        source = item.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert source == sources[scan.series[number]].SOPInstanceUID
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    orientation = shared.PlaneOrientationSequence[0].ImageOrientationPatient
    np.testing.assert_allclose(orientation, next(iter(sources.values())).ImageOrientationPatient, atol=1e-6)


def test_it_refers_to_the_series_of_flair(tmp_path, scan):
    write_dicom_seg(tmp_path / "m.dcm", scan, np.ones(scan.axial_shape, bool))
    segmentation, source = pydicom.dcmread(tmp_path / "m.dcm"), pydicom.dcmread(scan.series[0])
    assert segmentation.Modality == "SEG"
    assert segmentation.ReferencedSeriesSequence[0].SeriesInstanceUID == source.SeriesInstanceUID
    for key in ("FrameOfReferenceUID", "StudyInstanceUID", "PatientID", "PatientName", "StudyDate"):
        assert segmentation[key].value == source[key].value, key
    assert segmentation.SeriesInstanceUID != source.SeriesInstanceUID
    assert segmentation.SegmentSequence[0].SegmentLabel == "Lesion"


def test_highdicom_reads_it_with_the_series_geometry(tmp_path, scan, rng):
    mask = rng.random(scan.axial_shape) > 0.5
    write_dicom_seg(tmp_path / "m.dcm", scan, mask)
    read_back = highdicom.seg.segread(tmp_path / "m.dcm").get_volume(combine_segments=True)
    back = read_back.to_patient_orientation("HPL")  # slices to the head, rows to posterior, columns to the left
    np.testing.assert_array_equal(np.asarray(back.array) > 0, mask)
    axial = scan.grid.axial()
    np.testing.assert_allclose(back.position, axial.origin_mm, atol=1e-6)
    np.testing.assert_allclose(back.spacing, tuple(reversed(axial.spacing_mm)), atol=1e-6)


def test_an_empty_mask_is_written_too(tmp_path, scan):
    write_dicom_seg(tmp_path / "m.dcm", scan, np.zeros(scan.axial_shape, bool))
    assert not pydicom.dcmread(tmp_path / "m.dcm").pixel_array.any()


def test_the_same_mask_gives_the_same_bytes_and_another_mask_other_identifiers(tmp_path, scan):
    mask = np.zeros(scan.axial_shape, bool)
    write_dicom_seg(tmp_path / "a.dcm", scan, mask)
    write_dicom_seg(tmp_path / "b.dcm", scan, mask)
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    mask[0, 0, 0] = True
    write_dicom_seg(tmp_path / "b.dcm", scan, mask)
    one, other = pydicom.dcmread(tmp_path / "a.dcm"), pydicom.dcmread(tmp_path / "b.dcm")
    assert one.SOPInstanceUID != other.SOPInstanceUID and one.SeriesInstanceUID != other.SeriesInstanceUID


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [("FrameOfReferenceUID", "no Frame Of Reference UID"), ("StudyInstanceUID", "'StudyInstanceUID'")],
)
def test_a_series_that_lacks_what_it_must_have(tmp_path, lacking, reason):
    write_series(tmp_path / "P", volume(), **{lacking: None})
    scan = read(tmp_path / "P")
    line = rf"004_1\.dcm: no DICOM-SEG can refer to this series \(.*{reason}.*\); choose --format nifti$"
    with pytest.raises(UserError, match=line):
        write_dicom_seg(tmp_path / "m.dcm", scan, np.zeros(scan.axial_shape, bool))
