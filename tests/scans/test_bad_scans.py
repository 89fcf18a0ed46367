"""Each kind of bad scan gives one exact line, and the other scans of the same call are still read."""

from pathlib import Path

import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.scans.find import find_scans
from brainseg.scans.read import read_scan
from tests.scans.bad_scans import MAKERS
from tests.scans.small_scans import volume, write_volume

EXTENSIONS = ".nii, .nii.gz, .mha, .mhd, .nrrd, .nhdr, .npy, .tif, .png, .jpg or DICOM"
SHAPES = "expected (S, H, W, 3), or (S, H, W) for FLAIR alone"
LIMIT = "at most 8192 a side and 2147483648 in all"
READ = "cannot be read as PNG or JPEG"
KEYS = "flair, pre, pre_contrast, post, post_contrast"
FOLDERS = "give a folder a series: flair=FOLDER,pre=FOLDER,post=FOLDER"
VOLUMES = ".nii.gz, .nii, .mha, .mhd, .nrrd, .nhdr or a DICOM folder"

# DIR is the folder in which the bad scan lies
LINES = {
    "missing": "DIR/gone.nii.gz: no such file or folder",
    "empty folder": f"DIR/empty: holds no scan; expected {EXTENSIONS}",
    "no scan in it": f"DIR/P: holds no scan; expected {EXTENSIONS}",
    "unknown extension": f"DIR/scan.docx: has no known extension; expected {EXTENSIONS}",
    "text as nifti": "DIR/a.nii.gz: cannot be read as .nii.gz (is not recognized as a NIFTI file)",
    "NIfTI-2": "DIR/a.nii.gz: is NIfTI-2, which SimpleITK cannot read; save it as NIfTI-1",
    "cut off nii": "DIR/a.nii: is cut off: holds 380 bytes of voxels; its header asks for 480",
    "cut off gz": (
        "DIR/a.nii.gz: is cut off or damaged (Compressed file ended before the end-of-stream marker was reached)"
    ),
    "short gz": "DIR/a.nii.gz: is cut off: holds 380 bytes of voxels; its header asks for 480",
    "huge header": f"DIR/a.nii.gz: says it is 4000 × 4000 × 4000 × 1 voxels; {LIMIT}",
    "long side": f"DIR/a.mha: says it is 9000 × 2 × 2 × 1 voxels; {LIMIT}",
    "cut off mha": (
        "DIR/a.mha: its header is whole, but its voxels are cut off, damaged or in a file that is not there"
    ),
    "cut off nrrd": (
        "DIR/a.nrrd: its header is whole, but its voxels are cut off, damaged or in a file that is not there"
    ),
    "no data file": (
        "DIR/a.mhd: its header is whole, but its voxels are cut off, damaged or in a file that is not there"
    ),
    "2-D": "DIR/a.nii.gz: has 2 dimensions (4, 5); expected 3, or 4 with the sequences",
    "5-D": ("DIR/a.nii.gz: has 5 dimensions (4, 5, 3, 2, 3); expected 3, or 4 with the sequences"),
    "2 components": "DIR/a.nii.gz: has 2 sequences; expected 1 (FLAIR), or 3: pre_contrast, flair, post_contrast",
    "4 components": "DIR/a.nrrd: has 4 sequences; expected 1 (FLAIR), or 3: pre_contrast, flair, post_contrast",
    "complex": "DIR/a.nii.gz: holds complex numbers; expected whole numbers or floats",
    "all NaN": "DIR/a.nii.gz: flair holds no finite value; expected numbers",
    "sheared affine": (
        "DIR/a.nii: cannot be read as .nii (ITK only supports orthonormal direction cosines. No orthonormal "
        "definition found!)"
    ),
    "singular direction": (
        "DIR/a.mha: has the direction matrix [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]; expected "
        "three independent axes"
    ),
    "zero spacing": "DIR/a.mha: has a voxel spacing of (0.0, 1.0, 1.0) mm; expected three numbers above 0",
    "fine spacing": ("DIR/a.mha: has pixels of 0.0001 × 1 mm; one side may be 100 times the other at most"),
    "no overlap": ("DIR/pre.mha: does not overlap with FLAIR; expected sequences of one patient in one position"),
    "three as one": "DIR/a.mha: holds 3 sequences; expected one",
    "flair missing": "pre=DIR/a.mha: lacks flair=; FLAIR is required",
    "unknown key": f"flair=DIR/a.mha,t2=x: has the key 't2'; expected {KEYS}",
    "key twice": (
        "flair=DIR/a.mha,pre=DIR/a.mha,pre_contrast=DIR/a.mha: names pre_contrast twice; expected each sequence once"
    ),
    "empty value": "flair=: flair has no value; expected a file or a DICOM folder",
    "value missing": "DIR/b.mha: no such file or folder, given as flair=",
    "value no volume": f"DIR/notes.txt: given as flair=; expected {VOLUMES}",
    "mixed sizes": ("DIR/P/s2.png: is 3 × 5 pixels, grey, uint8; expected 4 × 5 pixels, grey, uint8, as s1.png"),
    "mixed colour": ("DIR/P/s2.png: is 4 × 5 pixels, RGB, uint8; expected 4 × 5 pixels, grey, uint8, as s1.png"),
    "palette": (f"DIR/P/s1.png: {READ} (has a palette; expected grey or RGB of 8 bit, or grey of 16 bit)"),
    "1 bit": (f"DIR/P/s1.png: {READ} (has 1 bit a pixel; expected grey or RGB of 8 bit, or grey of 16 bit)"),
    "alpha": f"DIR/P/s1.png: {READ} (has transparent pixels; save it without an alpha channel)",
    "CMYK": (f"DIR/P/s1.jpg: {READ} (is in mode CMYK; expected grey or RGB of 8 bit, or grey of 16 bit)"),
    "16-bit RGB": (f"DIR/a.png: {READ} (has 16 bits a channel in colour, which is read as 8; save it as TIFF)"),
    "damaged PNG": f"DIR/P/s1.png: {READ} (image file is truncated)",
    "damaged TIFF": "DIR/a.tif: cannot be read as TIFF (holds no image)",
    "float TIFF": "DIR/P/P_1.tif: cannot be read as TIFF (is float32; expected 8 or 16 bit without sign)",
    "mixed TIFF": ("DIR/P/P_2.tif: is 3 × 5 pixels, grey, uint8; expected 4 × 5 pixels, grey, uint8, as P_1.tif"),
    "uneven stack": (
        "DIR/a.tif: cannot be read as TIFF (page 2 is (6, 5) of uint8; expected (4, 5) of uint8, as the first page)"
    ),
    "bomb in a stack": ("DIR/a.tif: cannot be read as TIFF (unpacks to over 65576 bytes, more than its pixels are)"),
    "float stack": "DIR/a.tif: cannot be read as TIFF (is float32; expected 8 or 16 bit without sign)",
    "pickle": ("DIR/a.npy: cannot be read as .npy (Array can't be memory-mapped: Python objects in dtype.)"),
    "npy of 2-D": f"DIR/a.npy: is (4, 5); {SHAPES}",
    "npy of 4 channels": f"DIR/a.npy: is (2, 4, 5, 4); {SHAPES}",
    "npy of bool": "DIR/a.npy: holds bool; expected whole numbers or floats",
    "npy of complex": "DIR/a.npy: holds complex128; expected whole numbers or floats",
    "npy empty": "DIR/a.npy: says it is 0 × 4 × 5; it holds no voxels",
    "npy long": f"DIR/a.npy: says it is 9000 × 2 × 2 voxels; {LIMIT}",
    "slice missing": "DIR/P: a slice is missing: 004_1.dcm and 002_1.dcm are 10.00 mm apart, others 5.00 mm",
    "same place": ("DIR/P: 001_1.dcm and 002_1.dcm lie at one place; expected one series with a slice a place"),
    "DICOM sizes": "DIR/P/003_1.dcm: is 3 × 5 pixels; expected 6 × 5, as 001_1.dcm",
    "no position": "DIR/P/001_1.dcm: lacks ImagePositionPatient; expected 3 numbers",
    "no decoder": (
        "DIR/P/004_1.dcm: cannot be decoded: packed as High-Throughput JPEG 2000 Image Compression (Lossless "
        "Only); no decoder reads it, or it is damaged; convert it to NIfTI"
    ),
    "report": "DIR/P: holds no DICOM images: 001_1.dcm (SR)",
    "colour DICOM": "DIR/P/001_1.dcm: its pixels are RGB; expected MONOCHROME2",
    "frames": "DIR/P/001_1.dcm: holds 3 frames; expected a file a slice. Convert it to NIfTI",
    "unknown series": (f"DIR/P: no description of its series names FLAIR: 'DWI' (4 files), 'T2' (4 files); {FOLDERS}"),
    "two FLAIR": f"DIR/P: holds two series of flair: 'FLAIR a' (4 files), 'FLAIR b' (4 files); {FOLDERS}",
    "damaged DICOM": "DIR/P: holds no DICOM images: 1.dcm (no modality)",
    "not UTF-8": "DIR/P\\udcff.npy: the name is not printable UTF-8; rename it",
    "line break in the name": "DIR/a\\nb.npy: the name is not printable UTF-8; rename it",
    "loop of folders": f"DIR/P: holds no scan; expected {EXTENSIONS}",
    "link to nothing": "DIR/a.npy: no such file or folder",
    "nnU-Net without FLAIR": "DIR/P/case: has case_0000.mha and no FLAIR; FLAIR is required",
    "nnU-Net with a fourth": (
        "DIR/P/case_0003.mha: has the number 0003; expected _0000 pre_contrast, _0001 flair, _0002 post_contrast"
    ),
    "BraTS twice": "DIR/P/case: has two files of flair: case-t2f.mha, case_flair.mha; expected one",
    "slices of two scans": "DIR/P: holds slices of 2 names: 'a_#', 'b_#'; expected one scan a folder",
    "one number twice": "DIR/P/a_1.tif: has the number of a_01.tif; expected each once",
    "negative spacing": "DIR/a.mha: has a voxel spacing of (-1.0, 1.0, 1.0) mm; expected three numbers above 0",
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_bad_scan_gives_one_exact_line_and_the_next_is_still_read(kind, tmp_path, capfd):
    (tmp_path / "bad").mkdir()
    good = tmp_path / "good.npy"
    np.save(good, volume())
    bad, well = find_scans([MAKERS[kind](tmp_path / "bad"), str(good)])
    with pytest.raises(UserError) as error:
        read_scan(bad)
    assert str(error.value).replace(str(tmp_path / "bad"), "DIR") == LINES[kind]
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
