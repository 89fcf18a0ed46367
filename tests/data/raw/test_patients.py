import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.errors import UserError
from brainseg.data.raw import volume
from brainseg.data.raw.patients import (
    check_patients,
    lesion_size,
    patient_names,
    read_channels,
    read_images,
    read_mask,
    read_spacing_mm,
    write_patient,
)
from brainseg.data.raw.slices import slice_files
from tests.data.raw.small_volumes import small_volume


def write(folder: Path, slices: int = 3, height: int = 8, width: int = 6) -> Path:
    """A fine patient: slice k is of intensity k, with a lesion in the second."""
    image = np.empty((slices, height, width, 3), np.uint8)
    image[:] = np.arange(1, slices + 1, dtype=np.uint8)[:, None, None, None]
    mask = np.zeros(image.shape[:3], bool)
    mask[1, 2:4, 2:5] = True
    write_patient(folder, image, mask)
    return folder


@pytest.fixture
def patient(tmp_path) -> Path:
    return write(tmp_path / "A")


def faults(root: Path) -> list[str]:
    with pytest.raises(UserError) as error:
        check_patients(root)
    return str(error.value).splitlines()


def test_written_and_read_back_it_is_the_same(tmp_path, rng):
    image, mask = rng.integers(0, 256, (4, 9, 7, 3)).astype(np.uint8), rng.random((4, 9, 7)) < 0.3
    write_patient(tmp_path / "P", image, mask)
    np.testing.assert_array_equal(read_images(tmp_path / "P"), image, strict=True)
    np.testing.assert_array_equal(read_mask(tmp_path / "P"), mask, strict=True)


def test_patients_are_the_folders_sorted(tmp_path):
    for name in ("B", "A", "C"):
        write(tmp_path / name)
    (tmp_path / "data.csv").write_text("")
    assert patient_names(tmp_path) == ["A", "B", "C"]


def masks_of_0_and_1(folder: Path) -> None:
    for path in slice_files(folder)[1].values():
        tifffile.imwrite(path, tifffile.imread(path) // 255)


def no_lesion(folder: Path) -> None:
    for path in slice_files(folder)[1].values():
        tifffile.imwrite(path, tifffile.imread(path) * 0)


def other_files(folder: Path) -> None:
    for name in ("notes.txt", "A.tif", ".DS_Store", "overview_mask.tif"):
        (folder / name).write_text("hello")


def other_suffix(folder: Path) -> None:
    (folder / "A_1.tif").rename(folder / "A_1.TIFF")


def images_of_16_bit(folder: Path) -> None:
    for path in slice_files(folder)[0].values():
        tifffile.imwrite(path, tifffile.imread(path).astype(np.uint16) * 257)


def masks_of_16_bit(folder: Path) -> None:
    for path in slice_files(folder)[1].values():
        tifffile.imwrite(path, tifffile.imread(path).astype(np.uint16))


def files_of_macos(folder: Path) -> None:
    for path in list(folder.iterdir()):
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")


def another_name_than_the_folders(folder: Path) -> None:
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("A_", "scan_0_")))


FINE = [masks_of_0_and_1, no_lesion, other_files, other_suffix, images_of_16_bit, masks_of_16_bit, files_of_macos]


@pytest.mark.parametrize("change", [lambda _: None, *FINE, another_name_than_the_folders])
def test_these_are_fine(patient, change):
    write(patient.with_name("B"), slices=5, height=10)  # patients need not be alike
    lesion = 0 if change is no_lesion else 6
    change(patient)
    check_patients(patient.parent)
    assert read_mask(patient).sum() == lesion and len(read_images(patient)) == 3


def replaced(name: str, pixels: np.ndarray) -> Callable[[Path], None]:
    return lambda folder: tifffile.imwrite(folder / name, pixels)


def without(*names: str) -> Callable[[Path], None]:
    return lambda folder: [folder.joinpath(name).unlink() for name in names]


def truncated(name: str, share: float) -> Callable[[Path], None]:
    def truncate(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(share * len(content))])

    return truncate


def copied_as_text(name: str) -> Callable[[Path], None]:
    def copy(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes().decode("utf-8", "replace").encode())

    return copy


def folder_called(name: str) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return replace


def renamed(before: str, after: str) -> Callable[[Path], None]:
    return lambda folder: [
        path.rename(path.with_name(path.name.replace(before, after))) for path in sorted(folder.glob(f"{before}*"))
    ]


THREE_VALUES = np.array([[0, 100, 255, 0, 0, 0]] * 8, np.uint8)
FAULTS = {
    "mask missing": (without("A_2_mask.tif"), "A_2.tif: has no mask"),
    "hole in the numbers": (
        without("A_2.tif", "A_2_mask.tif"),
        "A: slices are numbered up to 3 but 1 missing, the first 2",
    ),
    "three values": (replaced("A_2_mask.tif", THREE_VALUES), r"A_2_mask.tif: mask holds \[0, 100, 255\]; expected"),
    "mask of 0 and 7": (replaced("A_2_mask.tif", np.uint8(THREE_VALUES > 0) * 7), "A_2_mask.tif: mask holds"),
    "mask in colour": (replaced("A_2_mask.tif", np.zeros((8, 6, 3), np.uint8)), "A_2_mask.tif: mask .*one channel"),
    "mask of another shape": (
        replaced("A_2_mask.tif", np.zeros((9, 6), np.uint8)),
        r"A_2_mask.tif: is \(9, 6\) pixels",
    ),
    "image of another shape": (replaced("A_3.tif", np.zeros((8, 7, 3), np.uint8)), r"A_3.tif: is \(8, 7\) pixels"),
    "grey image": (
        replaced("A_2.tif", np.zeros((8, 6), np.uint8)),
        r"A_2.tif: image is \(8, 6\); expected \(H, W, 3\)",
    ),
    "one 16-bit image": (
        replaced("A_2.tif", np.zeros((8, 6, 3), np.uint16)),
        "A_2.tif: image is uint16, the patient's first slice uint8",
    ),
    "image of numbers with a point": (
        replaced("A_2.tif", np.zeros((8, 6, 3), np.float32)),
        r"A_2.tif: cannot be read as TIFF \(is float32; expected 8 or 16 bit without sign\)",
    ),
    "16-bit mask of 0 and 65535": (
        replaced("A_2_mask.tif", np.uint16(THREE_VALUES > 0) * 65535),
        r"A_2_mask.tif: mask holds \[0, 65535\]; expected one channel of 0 and 255, or 0 and 1",
    ),
    "copied as text": (copied_as_text("A_2.tif"), "A_2.tif: was copied as text"),
    "another name": (renamed("A_3.tif", "B_3.tif"), "B_3.tif: is not called A_"),
    "no number 1": (renamed("A_1", "A_4"), "A: slices are numbered up to 4 but 1 missing, the first 1"),
    "one slice": (without("A_2.tif", "A_2_mask.tif", "A_3.tif", "A_3_mask.tif"), "A: has one slice; expected a volume"),
    "a folder called like a slice": (folder_called("A_2.tif"), r"A_2.tif: cannot be read \(Is a directory\)"),
    "cut in its pixels": (truncated("A_2.tif", 0.9), "A_2.tif: cannot be read as TIFF"),
    "cut in its header": (truncated("A_2.tif", 0.2), "A_2.tif: cannot be read as TIFF"),
    "empty file": (truncated("A_2_mask.tif", 0), "A_2_mask.tif: cannot be read as TIFF"),
}


@pytest.mark.parametrize(("spoil", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line_naming_the_file(patient, spoil, expected):
    spoil(patient)
    lines = faults(patient.parent)
    assert len(lines) == 1
    assert re.match(f"{re.escape(str(patient.parent))}/(A/)?{expected}", lines[0])


def test_an_image_missing_is_reported_with_its_mask(patient):
    without("A_2.tif")(patient)
    assert any("A_2_mask.tif: has no image" in line for line in faults(patient.parent))


def test_all_faults_of_all_patients_are_reported_at_once(patient):
    other = write(patient.with_name("B"))
    replaced("A_2_mask.tif", THREE_VALUES)(patient)
    without("A_3_mask.tif")(patient)
    truncated("B_1.tif", 0.5)(other)
    (patient.parent / "C").mkdir()
    named = sorted(Path(line.split(": ")[0]).name for line in faults(patient.parent))
    assert named == ["A_2_mask.tif", "A_3.tif", "B_1.tif", "C"]


def test_numbers_that_start_at_0_are_reported(patient):
    for path in sorted(patient.iterdir()):  # A_1 becomes A_0 and so on
        number = int(path.name.split("_")[1].removesuffix(".tif"))
        path.rename(path.with_name(path.name.replace(f"A_{number}", f"A_{number - 1}")))
    assert len(faults(patient.parent)) == 1


@pytest.mark.parametrize("second", ["A_01.tif", "A_1.tiff", "other_1.tif"])
def test_a_second_file_of_one_number_is_reported(patient, second):
    (patient / second).write_bytes((patient / "A_1.tif").read_bytes())
    assert any("A_1.tif" in line or second in line for line in faults(patient.parent))


def test_no_patients_and_no_slices_are_reported(tmp_path):
    assert faults(tmp_path) == [f"{tmp_path}: no patients found"]
    (tmp_path / "A").mkdir()
    assert faults(tmp_path) == [f"{tmp_path / 'A'}: no slices found; expected A_1.tif, A_1_mask.tif, ..."]


def test_an_rgb_mask_is_reported_by_its_shape(patient):
    tifffile.imwrite(patient / "A_2_mask.tif", np.zeros((8, 6, 3), np.uint8), photometric="rgb")
    [line] = faults(patient.parent)
    assert line.endswith("A_2_mask.tif: mask is (8, 6, 3); expected one channel of 0 and 255, or 0 and 1")


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a\x1b[2Jb"])
def test_a_name_that_breaks_a_line_is_refused_and_shown_escaped(tmp_path, name):
    write(tmp_path / name)
    with pytest.raises(UserError, match="the folder's name has a line end or the like; rename it") as error:
        patient_names(tmp_path)
    assert str(error.value).isprintable()


def test_a_volume_is_read_by_the_same_functions_as_slices_and_states_more(patient, rng):
    folder, given = patient.with_name("B"), small_volume(rng)
    volume.write(folder, given)
    np.testing.assert_array_equal(read_images(folder), given.image, strict=True)
    np.testing.assert_array_equal(read_mask(folder), given.mask, strict=True)
    assert (read_spacing_mm(folder), read_channels(folder)) == ((5.0, 0.5, 0.75), ("t1", "t2"))
    assert (read_spacing_mm(patient), read_channels(patient)) == (None, LGG_CHANNELS)


def test_a_lesion_is_measured_in_ml_where_the_spacing_is_known_and_else_in_voxels(patient, rng):
    folder, given = patient.with_name("B"), small_volume(rng)
    volume.write(folder, given)
    assert lesion_size(folder) == pytest.approx(given.mask.sum() * 5.0 * 0.5 * 0.75 / 1000)
    assert lesion_size(patient) == 6


def test_volumes_are_checked_as_slices_are(patient, rng):
    volume.write(patient.with_name("B"), small_volume(rng))
    assert check_patients(patient.parent) == {"A": 3, "B": 4}
    volume.write(patient.with_name("C"), volume.read(patient.with_name("B")))
    volume.write(patient.with_name("D"), small_volume(rng, slices=1))
    assert faults(patient.parent) == [
        f"{patient.with_name('D')}: has one slice; expected a volume of at least 2",
        f"{patient.parent}/C: 4 of its 4 images are those of B; one patient needs one name, else copies train and test",
    ]


def test_the_slices_of_each_patient_are_counted(patient):
    write(patient.with_name("B"), slices=5, height=10)
    assert check_patients(patient.parent) == {"A": 3, "B": 5}
