"""Your own split: a CSV file of patient and subset, or of patient and fold; a column `person` may join scans."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from brainseg.core.errors import UserError, escaped, joined, shown
from brainseg.data.raw.patients import persons
from brainseg.data.split import SUBSETS

FOLDER = Path("data/own_split")  # split.file where the split is drawn
LISTED = 5  # names in a line; the rest is counted


@dataclass(frozen=True)
class OwnSplit:
    """place: the subset, or the number of the fold, of each patient; person: whose scan each patient is."""

    place: dict[str, str | int]
    person: dict[str, str]

    @property
    def has_folds(self) -> bool:
        return any(isinstance(place, int) for place in self.place.values())


def read(path: Path, patients: Sequence[str], person_pattern: str, folds: int) -> OwnSplit:
    """The split of these patients. Raises UserError with a line for each fault: see docs/how-to/own-data.md.

    Two scans are of one person where the file's column `person` has the same word, or where `person_pattern` finds the
    same person in their names. An empty word says nothing.
    """
    column, rows, faults = _read_rows(path)
    known = set(patients)
    line_of: dict[str, int] = {}
    place: dict[str, str | int] = {}
    word: dict[str, str] = {}
    for line, row in rows:
        patient, at = row["patient"], f"{path}, line {line}"
        if patient not in known:
            close = get_close_matches(patient[:200], patients, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            faults.append(f"{at}: {shown(patient)} is no patient of data/raw{hint}")
        elif patient in line_of:
            faults.append(f"{at}: {patient} is in line {line_of[patient]} too; a patient has one line")
        else:
            line_of[patient], word[patient] = line, row.get("person", "")
            found = _place(column, row[column], folds)
            if found is None:
                allowed = f"0 to {folds - 1}, as split.folds is {folds}" if column == "fold" else ", ".join(SUBSETS)
                faults.append(f"{at}: {column} is {shown(row[column])}; expected {allowed}")
            else:
                place[patient] = found
    if missing := [patient for patient in patients if patient not in line_of]:
        more = f" and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        faults.append(f"{path}: lacks {', '.join(missing[:LISTED])}{more}; each patient of data/raw has a line")
    by_name = persons(line_of, person_pattern)
    faults += _on_two_sides(path, place, line_of, by_name, word)
    if faults:
        raise joined(faults)
    return OwnSplit(place, _united(by_name, word))


def _place(column: str, text: str, folds: int) -> str | int | None:
    """The subset or the number of the fold; None for what is neither."""
    if column == "subset":
        return text if text in SUBSETS else None
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) and int(text) < folds else None


def _on_two_sides(
    path: Path, place: Mapping[str, str | int], line_of: Mapping[str, int], *labels: Mapping[str, str]
) -> Iterator[str]:
    """A line for each patient that is elsewhere than the first patient with the same label."""
    reported: set[str] = set()
    for label in labels:
        first: dict[str, str] = {}
        for patient in place:
            other = first.setdefault(label[patient], patient) if label[patient] else patient
            if place[other] != place[patient] and patient not in reported:
                reported.add(patient)
                here, there = (f"fold {at}" if isinstance(at, int) else at for at in (place[patient], place[other]))
                yield (
                    f"{path}, line {line_of[patient]}: {patient} is in {here}, but in line {line_of[other]} {other} of "
                    f"the same person is in {there}; a person is on one side"
                )


def _united(by_name: Mapping[str, str], word: Mapping[str, str]) -> dict[str, str]:
    """The person of each patient, where sharing either makes two patients one person, over any number of steps."""
    person = dict(by_name)
    first: dict[str, str] = {}
    for patient, its_word in word.items():
        other = first.setdefault(its_word, patient) if its_word else patient
        if person[other] != person[patient]:
            old, new = person[patient], person[other]
            person = {each: new if its_person == old else its_person for each, its_person in person.items()}
    return person


def _read_rows(path: Path) -> tuple[str, list[tuple[int, dict[str, str]]], list[str]]:
    """The column that places the patients, the rows with their line numbers, and faults of single lines."""
    if path.is_dir():
        raise UserError(f"split.file is {path}, a folder; split.strategy file needs a CSV file of patient and subset")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")  # Excel begins its UTF-8 with a byte-order mark
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(f"{path}, line {line}: is not UTF-8; save the file as CSV in UTF-8") from None
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(table, [])
        column = _column(path, header)
        numbered = [(table.line_num, values) for values in table if values]  # an empty line has no values
    except csv.Error as error:
        raise UserError(f"{path}, line {table.line_num}: is not CSV ({error})") from None
    other = f"values; the header has {len(header)}"
    faults = [f"{path}, line {line}: has {len(v)} {other}" for line, v in numbered if len(v) != len(header)]
    rows = [(line, dict(zip(header, v, strict=True))) for line, v in numbered if len(v) == len(header)]
    return column, rows, faults


def _column(path: Path, header: Iterable[str]) -> str:
    """subset or fold, whichever the file has. Raises UserError for neither, both, or no column patient."""
    columns = [*header]
    found = [column for column in ("subset", "fold") if column in columns]
    if "patient" in columns and len(found) == 1 and len(set(columns)) == len(columns):
        return found[0]
    has = escaped(", ".join(columns)[:200]) or "none"
    raise UserError(f"{path}, line 1: has the columns {has}; expected patient, and either subset or fold, each once")
