import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

from brainseg.core.errors import UserError
from brainseg.sources.shared.cases import Case
from brainseg.sources.shared.read_case import read_case
from tests.scans.small_scans import OBLIQUE, volume, write_volume

CHANNELS = ("flair", "t2")


def written(folder, **label_place) -> Case:
    """Oblique and stored as SAR; label_place: where the label lies instead."""
    place = {"spacing": (0.5, 1.25, 3.0), "origin": (3.0, -7.0, 9.0), "direction": OBLIQUE}
    for number, name in enumerate(("flair", "t2", "label")):
        values = (volume(seed=number) > 128).astype(np.uint8) if name == "label" else volume(seed=number)
        path = write_volume(folder / f"{name}.nrrd", values, **place | (label_place if name == "label" else {}))
        if name != "label":  # the same grid, its axes in another order
            sitk.WriteImage(sitk.DICOMOrient(sitk.ReadImage(path), "SAR"), path)
    return Case("A", {name: folder / f"{name}.nrrd" for name in CHANNELS}, folder / "label.nrrd")


def test_files_whose_axes_are_stored_in_another_order_are_one_grid(tmp_path):
    read = read_case(written(tmp_path), CHANNELS, {}, None)
    np.testing.assert_array_equal(read.volume.image, np.stack([volume(seed=0), volume(seed=1)], axis=-1))
    np.testing.assert_array_equal(read.volume.mask, volume(seed=2) > 128, strict=True)
    assert read.volume.mask.flags.c_contiguous
    assert (read.volume.spacing_mm, read.values, read.notes) == ((3.0, 1.25, 0.5), {0, 1}, ())


@pytest.mark.parametrize(
    ("place", "reported"),
    [
        ({"origin": (3.0, -7.0, 9.02)}, "flair.nrrd: lies up to 0.02 mm from label.nrrd"),
        ({"spacing": (0.5, 1.25, 3.5)}, "lies up to 1.5 mm from"),
        ({"direction": np.eye(3)}, "lies up to"),
    ],
)
def test_a_label_of_another_grid_is_refused(tmp_path, place, reported):
    with pytest.raises(UserError, match=f"{reported}.*; expected one grid a patient"):
        read_case(written(tmp_path, **place), CHANNELS, {}, None)


def test_a_hundredth_of_a_voxel_is_the_same_place(tmp_path):
    read_case(written(tmp_path, origin=(3.0, -7.0, 9.004)), CHANNELS, {}, None)


def test_lesion_labels_that_are_asked_for(tmp_path):
    case = written(tmp_path)
    assert read_case(case, CHANNELS, {0: "background", 1: "lesion"}, [1]).volume.mask.any()
    assert not read_case(case, CHANNELS, {}, [2]).volume.mask.any()
    with pytest.raises(UserError, match="label.nrrd: holds the label 1; dataset.json names 0, 3"):
        read_case(case, CHANNELS, {0: "background", 3: "lesion"}, None)


def test_slices_that_are_far_from_axial_are_a_note(tmp_path):
    place = {"direction": Rotation.from_euler("x", 24, degrees=True).as_matrix()}
    for number, name in enumerate(("flair", "t2", "label")):
        write_volume(tmp_path / f"{name}.mha", volume(seed=number), **place)
    case = Case("A", {name: tmp_path / f"{name}.mha" for name in CHANNELS}, tmp_path / "label.mha")
    notes = read_case(case, CHANNELS, {}, None).notes
    assert notes == ("the slices are oblique by 24 degrees; the nearest plane is used",)


def test_a_file_that_states_no_orientation_is_a_note(tmp_path):
    image = sitk.GetImageFromArray(volume())
    for name in ("flair", "t2", "label"):
        sitk.WriteImage(image, tmp_path / f"{name}.nii")
        content = bytearray((tmp_path / f"{name}.nii").read_bytes())
        content[252:256] = bytes(4)  # neither qform_code nor sform_code
        (tmp_path / f"{name}.nii").write_bytes(content)
    case = Case("A", {name: tmp_path / f"{name}.nii" for name in CHANNELS}, tmp_path / "label.nii")
    assert any("states no orientation" in note for note in read_case(case, CHANNELS, {}, None).notes)
