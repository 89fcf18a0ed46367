"""The work of `brainseg audit`."""

from pathlib import Path

from brainseg.audit.files import Places, write
from brainseg.audit.run import audit as find
from brainseg.audit.run import lines
from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE, lookup_name, read_params
from brainseg.core.progress import print_line
from brainseg.data import split
from brainseg.data.raw import patients as raw


def audit(patients: Path | None, split_file: Path | None, out: Path) -> None:
    """Audit data/raw, or another folder of patients, and write three files to `out`. A UserError is raised before."""
    root = patients or raw.FOLDER
    if not root.is_dir():
        of_data = "run `dvc pull` or `dvc repro split` first, or name a folder of patients"
        raise UserError(f"{root}: no such folder; {'expected a folder' if patients else of_data}")
    of_project = root.resolve() == raw.FOLDER.resolve()
    if split_file is None and of_project and split.PATH.is_file():
        split_file = split.PATH
    if split_file is not None and not split_file.is_file():
        raise UserError(f"{split_file}: no such file; expected a CSV file of patient and subset")
    pattern, data = "auto", "folder"
    if PARAMS_FILE.is_file():
        params = read_params()
        pattern = lookup_name(params, "split.person_pattern")
        data = lookup_name(params, "data") if of_project else data
    found = find(root, split.read(split_file) if split_file else {}, pattern, data)
    places = Places(out / "audit.html", out / "findings.csv", out / "audit.json")
    write(found, places)
    for line in [*lines(found), f"Written to {out}/: audit.html, findings.csv, audit.json"]:
        print_line(line)
