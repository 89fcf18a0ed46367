import math

import numpy as np
import pandas as pd
import pytest

from brainseg.core.errors import UserError
from brainseg.data.tables import read_table, write_table

TABLE = pd.DataFrame(
    {
        "patient": ["TCGA_CS_1", "with space, and comma", "Größe"],
        "subset": ["train", "test", "validation"],
        "dsc": [0.1 + 0.2, math.nan, 1.0],
        "lesion_voxels": [3, 0, 12],
        "equal_channels": ["none", "1=2", "none"],
    }
)


def test_written_and_read_back_it_is_the_same(tmp_path):
    write_table(tmp_path / "new folder" / "a.csv", TABLE)
    pd.testing.assert_frame_equal(read_table(tmp_path / "new folder" / "a.csv"), TABLE, check_exact=True)


def test_numbers_of_any_size_come_back(tmp_path, rng):
    table = pd.DataFrame(
        {"tiny": rng.random(3000) * 1e-12, "usual": rng.random(3000), "large": rng.random(3000) * 1e12}
    )
    write_table(tmp_path / "a.csv", table)
    np.testing.assert_allclose(read_table(tmp_path / "a.csv"), table, rtol=1e-15)


def test_none_stays_a_word_and_what_is_empty_is_nan(tmp_path):
    (tmp_path / "a.csv").write_text("equal_channels,size,dsc\nnone,,0.5\nnan,NA,\n")
    table = read_table(tmp_path / "a.csv")
    assert table.equal_channels.tolist() == ["none", "nan"]
    assert table["size"].isna().tolist() == [True, False] and table["size"][1] == "NA"
    assert table.dsc.isna().tolist() == [False, True]


@pytest.mark.parametrize("names", [["007", "07"], ["1", "2"], ["True", "False"], ["1e3", "inf"], ["NA", "null"]])
def test_names_that_look_like_something_else_stay_names(tmp_path, names):
    write_table(tmp_path / "a.csv", pd.DataFrame({"patient": names, "institution": names}))
    table = read_table(tmp_path / "a.csv")
    assert table.patient.tolist() == table.institution.tolist() == names


def test_a_column_of_names_without_any_is_one_of_words_all_the_same(tmp_path):
    write_table(tmp_path / "a.csv", pd.DataFrame({"patient": ["a", "b"], "institution": ["", ""]}))
    institution = read_table(tmp_path / "a.csv").institution
    assert institution.isna().all()
    assert institution.fillna("?").tolist() == ["?", "?"]


def test_the_same_table_gives_the_same_bytes_and_one_line_end(tmp_path):
    write_table(tmp_path / "a.csv", TABLE)
    write_table(tmp_path / "b.csv", TABLE.set_index(pd.Index([7, 8, 9])))  # the index is not written
    write_table(tmp_path / "c.csv", read_table(tmp_path / "a.csv"))
    written = (tmp_path / "a.csv").read_bytes()
    assert written == (tmp_path / "b.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()
    assert b"\r" not in written and written.count(b"\n") == 4


def test_broken_off_it_leaves_what_was_there(tmp_path, monkeypatch):
    write_table(tmp_path / "a.csv", TABLE)
    before = (tmp_path / "a.csv").read_bytes()

    def breaks_off(self, path, **_):
        path.write_text("patient,sub")
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_csv", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        write_table(tmp_path / "a.csv", TABLE.head(1))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"patient,dsc\nA,0.5", "breaks off"),
        (b"patient,dsc\n", "has no rows"),
        (b"patient,iou\nA,0.5\n", "lacks the columns dsc; it has patient, iou"),
        (b"patient,dsc\nA,good\n", "dsc is 'good' in a row; expected a number"),
        (b"patient,dsc\nA,0.5,1,2\n", "not a whole CSV file"),
        (b"patient,dsc\n\xe9,0.5\n", "not a whole CSV file"),
        (b"", "not a whole CSV file"),
    ],
)
def test_a_table_that_is_damaged_is_refused(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UserError, match=f"a.csv: .*{message}"):
        read_table(tmp_path / "a.csv", numbers=("dsc",), text=("patient",))


@pytest.mark.parametrize("digits", [30, 400, 5000])
def test_a_whole_number_too_large_for_any_type_is_named(tmp_path, digits):
    (tmp_path / "a.csv").write_text(f"epoch,loss\n1,{'9' * digits}\n2,0.5\n")
    with pytest.raises(UserError, match=r"a.csv: loss is '?9{30}"):
        read_table(tmp_path / "a.csv", ("epoch", "loss"))
