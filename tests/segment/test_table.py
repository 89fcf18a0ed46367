import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.segment.segmenter import Segmentation
from brainseg.segment.table import Row, is_done, read_rows, remove_written, row_of, write_rows


class OfName:
    name = "anna, the 2nd"


def segmentation(**changes) -> Segmentation:
    mask = np.zeros((2, 3, 3), bool)
    mask[0, 0] = True
    values = {
        "mask": mask,
        "probability": mask.astype(np.float32),
        "volume_ml": 1.23456,
        "largest_lesion_ml": None,
        "lesions": 1,
        "predicted_dsc": 0.87654,
        "dsc_lower_bound": None,
        "warnings": ("one", "two"),
        "scan": OfName(),
    }
    return Segmentation(**(values | changes))


def test_a_row_by_hand():
    assert row_of(segmentation(), {"mask": "a, b.nii.gz"}, "m 01", "f1") == Row(
        scan="anna, the 2nd",
        lesion_voxels="3",
        volume_ml="1.235",
        lesions="1",
        predicted_dsc="0.8765",
        warnings="one; two",
        mask="a, b.nii.gz",
        model="m 01",
        fingerprint="f1",
    )


def test_rows_are_read_as_they_were_written(tmp_path):
    rows = {row.scan: row for row in (Row(scan='a "b", c', lesions="1"), Row(scan="007", error="no, file"))}
    write_rows(tmp_path / "scans.csv", rows)
    assert read_rows(tmp_path / "scans.csv") == rows
    assert read_rows(tmp_path / "none.csv") == {}


def test_a_table_of_an_earlier_release_without_pages_is_read(tmp_path):
    write_rows(tmp_path / "scans.csv", {"a": Row(scan="a", lesions="1", model="m")})
    text = (tmp_path / "scans.csv").read_text().replace("picture,page,", "picture,").replace(",,m,", ",m,")
    (tmp_path / "scans.csv").write_text(text)
    assert "page" not in text and read_rows(tmp_path / "scans.csv") == {"a": Row(scan="a", lesions="1", model="m")}


def test_another_file_of_this_name_is_not_overwritten(tmp_path):
    (tmp_path / "scans.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=r"scans.csv: lacks the columns scan, .*"):
        read_rows(tmp_path / "scans.csv")


def test_a_scan_is_done_if_its_files_are_there_and_nothing_changed(tmp_path):
    (tmp_path / "my mask.png").touch()
    row = Row(scan="a", mask="my mask.png", fingerprint="f")
    assert is_done(row, "f", tmp_path)
    assert not is_done(row, "g", tmp_path)
    assert not is_done(None, "f", tmp_path)
    assert not is_done(Row(scan="a", error="x", mask="my mask.png", fingerprint="f"), "f", tmp_path)
    assert not is_done(Row(scan="a", mask="my mask.png", picture="b.png", fingerprint="f"), "f", tmp_path)


def test_what_was_written_is_removed_folders_too(tmp_path):
    (tmp_path / "a_mask").mkdir()
    (tmp_path / "a_mask" / "1.png").touch()
    for name in ("a_picture.png", "other.png"):
        (tmp_path / name).touch()
    remove_written(Row(scan="a", mask="a_mask", picture="a_picture.png", probability="gone.npy"), tmp_path)
    remove_written(None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other.png"]
