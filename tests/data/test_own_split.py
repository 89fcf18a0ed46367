from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.data import own_split

PATIENTS = ["A", "B", "C", "D_20010101", "D_20020202", "E"]
SUBSETS = "patient,subset\nA,train\nB,train\nC,validation\nD_20010101,test\nD_20020202,test\nE,train\n"
FOLDS = "patient,fold\nA,0\nB,1\nC,1\nD_20010101,2\nD_20020202,2\nE,0\n"


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(content: str | bytes, pattern: str = "auto", folds: int = 3) -> own_split.OwnSplit:
        path = Path("own.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return own_split.read(path, PATIENTS, pattern, folds)

    return read


def faults(read, content: str | bytes, **changes) -> list[str]:
    with pytest.raises(UserError) as error:
        read(content, **changes)
    return str(error.value).splitlines()


def test_subsets_and_folds_are_read(read):
    subsets, folds = read(SUBSETS), read(FOLDS)
    assert list(subsets.place.items()) == [tuple(line.split(",")) for line in SUBSETS.split()[1:]]
    assert folds.place == {"A": 0, "B": 1, "C": 1, "D_20010101": 2, "D_20020202": 2, "E": 0}
    assert folds.has_folds and not subsets.has_folds
    assert subsets.person == {name: name[:1] for name in PATIENTS}


@pytest.mark.parametrize(
    "written",
    [
        SUBSETS.encode("utf-8-sig"),  # Excel
        SUBSETS.replace("\n", "\r\n"),
        SUBSETS.replace("\nB", "\n\nB").removesuffix("\n"),
        "".join(f"{s},note,{p}\n" for p, s in (line.split(",") for line in SUBSETS.split())),  # another column
        SUBSETS.replace("A,train", '"A","train"'),
    ],
)
def test_what_programs_write_is_read(read, written):
    assert read(written) == read(SUBSETS)


LINES = {
    "an unknown patient": (
        SUBSETS + "D_20010102,test\n",
        ["line 8: 'D_20010102' is no patient of data/raw; did you mean D_20010101?"],
    ),
    "a missing patient": (
        SUBSETS.replace("A,train\n", ""),
        [": lacks A; each patient of data/raw has a line"],
    ),
    "many missing patients": ("patient,subset\n", [": lacks A, B, C, D_20010101, D_20020202 and 1 more"]),
    "a patient twice": (
        SUBSETS + "A,train\n",
        ["line 8: A is in line 2 too; a patient has one line"],
    ),
    "an unknown subset": (
        SUBSETS.replace("B,train", "B,trian"),
        ["line 3: subset is 'trian'; expected train, validation, test"],
    ),
    "a space": (SUBSETS.replace("B,train", "B, train"), ["line 3: subset is ' train'"]),
    "a fold too high": (FOLDS.replace("B,1", "B,3"), ["line 3: fold is '3'; expected 0 to 2, as split.folds is 3"]),
    "a fold below 0": (FOLDS.replace("B,1", "B,-1"), ["line 3: fold is '-1'"]),
    "a fold that is no number": (FOLDS.replace("B,1", "B,one"), ["line 3: fold is 'one'"]),
    "half a fold": (FOLDS.replace("B,1", "B,0.5"), ["line 3: fold is '0.5'"]),
    "a fold of another script": (FOLDS.replace("B,1", "B,\N{DEVANAGARI DIGIT ONE}"), ["line 3: fold is "]),
    "a huge fold": (FOLDS.replace("B,1", f"B,{'9' * 5000}"), ["line 3: fold is "]),
    "a person on two sides by name": (
        SUBSETS.replace("D_20020202,test", "D_20020202,train"),
        ["line 6: D_20020202 is in train, but in line 5 D_20010101 of the same person is in test"],
    ),
    "a person in two folds": (
        FOLDS.replace("D_20020202,2", "D_20020202,0"),
        ["line 6: D_20020202 is in fold 0, but in line 5 D_20010101 of the same person is in fold 2"],
    ),
    "another number of values": (
        SUBSETS.replace("B,train", "B,train,more"),
        ["line 3: has 3 values; the header has 2", "lacks B"],
    ),
    "several faults": (
        SUBSETS.replace("B,train", "X,train").replace("C,validation", "C,"),
        ["line 3: 'X' is no patient", "line 4: subset is ''", ": lacks B"],
    ),
    "a line end in a name": ('patient,subset\n"A\nB",train\n', ["line 3: 'A\\nB' is no patient", ": lacks A"]),
    "not UTF-8": (SUBSETS.encode() + b"M\xfcller,train\n", ["line 8: is not UTF-8"]),
    "no column patient": (SUBSETS.replace("patient", "name"), ["line 1: has the columns name, subset; expected pat"]),
    "no subset": ("patient\nA\n", ["line 1: has the columns patient; expected patient, and either subset or fold"]),
    "subset and fold": ("patient,subset,fold\n", ["line 1: has the columns patient, subset, fold; expected"]),
    "a column twice": ("patient,fold,patient\n", ["line 1: has the columns patient, fold, patient; expected"]),
    "semicolons": (SUBSETS.replace(",", ";"), ["line 1: has the columns patient;subset; expected patient"]),
    "nothing": ("", ["line 1: has the columns none; expected patient"]),
    "an open quote": (SUBSETS + '"A', ["line 8: is not CSV ("]),
}


@pytest.mark.parametrize(("content", "expected"), LINES.values(), ids=LINES)
def test_every_fault_is_reported_by_its_line(read, content, expected):
    reported = faults(read, content)
    assert len(reported) == len(expected), reported
    for line, part in zip(reported, expected, strict=True):
        assert line.startswith("own.csv") and part in line


def with_persons(**words: str) -> str:
    rows = [line.split(",") for line in SUBSETS.split()[1:]]
    return "patient,subset,person\n" + "".join(f"{p},{s},{words.get(p, '')}\n" for p, s in rows)


def test_the_column_person_joins_what_names_do_not(read):
    assert read(with_persons()) == read(SUBSETS)
    assert read(with_persons(A="anna", B="anna")).person == {**read(SUBSETS).person, "B": "A"}
    reported = faults(read, with_persons(A="anna", C="anna"))
    assert len(reported) == 1
    assert "line 4: C is in validation, but in line 2 A of the same person is in train; a person" in reported[0]


def test_one_person_over_several_steps(read):
    """A shares a word with the first scan of D, whose second scan shares another word with E."""
    content = with_persons(A="x", D_20010101="x", D_20020202="y", E="y").replace("train", "test")
    person = read(content).person
    assert len({person[name] for name in ("A", "D_20010101", "D_20020202", "E")}) == 1
    assert len(set(person.values())) == 3


def test_the_column_does_not_part_what_names_join(read):
    content = with_persons(D_20010101="one", D_20020202="two").replace("D_20020202,test", "D_20020202,train")
    assert "line 6: D_20020202 is in train, but in line 5 D_20010101" in faults(read, content)[0]
    assert read(content, pattern="(.+)").place["D_20020202"] == "train"  # who says that they are two persons


def test_a_folder_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/own_split").mkdir(parents=True)
    with pytest.raises(UserError, match="split.file is data/own_split, a folder; split.strategy file needs a CSV file"):
        own_split.read(own_split.FOLDER, PATIENTS, "auto", 3)
