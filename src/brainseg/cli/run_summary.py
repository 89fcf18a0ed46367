"""The work of `brainseg show`: an experiment's scores and pictures in the terminal, and its page."""

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from brainseg.compare.methods import held_out
from brainseg.compare.stats.bootstrap import mean_interval
from brainseg.core.errors import UserError, escaped
from brainseg.core.files import write_bytes
from brainseg.core.params import lookup_name
from brainseg.evaluation.summary import FAILURE_DSC
from brainseg.experiments.dvc_cache import cache_folder, fetch
from brainseg.experiments.find import find
from brainseg.experiments.lock import files
from brainseg.experiments.reader import Experiment
from brainseg.experiments.remedy import how_to_get
from brainseg.terminal.half_blocks import can_show

PAGE = "plots/report.html"
COLUMNS = {
    "dsc": "DSC",
    "nsd": "NSD",
    "hd95_px": "HD95, px",
    "hd95_mm": "HD95, mm",
    "sensitivity": "sensitivity",
    "precision": "precision",
}


def show(name: str, out: Path | None, console: Console, pictures: bool = True) -> None:
    """Print the headline and a row a held-out patient, the worst first; write the page to `out` if that is given.

    pictures: draw three of the patients, where the console is a terminal with enough colours.
    """
    folder = Path.cwd()
    found = find(folder, [name])
    if len(found) != 1:
        raise UserError(f"{name}: means {len(found)} experiments; expected one")
    [experiment] = found
    subset, patients = held_out(experiment.per_volume)
    console.print(_headline(experiment, subset, patients))
    console.print(_table(patients))
    if pictures and can_show(console):
        from brainseg.terminal.held_out_pictures import held_out_pictures  # here: it loads matplotlib

        console.print(held_out_pictures(experiment, patients, folder, console))
    console.print(_page(experiment, folder, out))


def _headline(experiment: Experiment, subset: str, patients: pd.DataFrame) -> Text:
    low, high = mean_interval(patients.dsc.to_numpy())
    failures = int((patients.dsc < FAILURE_DSC).sum())
    params = experiment.params
    method = ", ".join(lookup_name(params, word) for word in ("arch", "loss", "optim"))
    text = Text(f"{escaped(experiment.name)}: {method} on {lookup_name(params, 'data')}\n")
    text.append(f"mean DSC {patients.dsc.mean():.4f}", "bold")
    text.append(f" [{low:.3f}, {high:.3f}] of {len(patients)} {subset} patients, median {patients.dsc.median():.4f}, ")
    text.append(f"failures {failures}", "red" if failures else "")
    if experiment.evaluation.get("selected_on") == "validation":
        text.append("\nThe validation patients chose the epoch or the final mask.")
    return text


def _table(patients: pd.DataFrame) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("patient", overflow="fold")
    shown = [
        column for column in COLUMNS if column in patients
    ]  # a distance has one unit; older experiments, and other programs', have fewer
    for column in shown:
        table.add_column(COLUMNS[column], justify="right")
    for name, row in patients.sort_values("dsc", kind="stable").iterrows():
        cells = [Text("–" if pd.isna(row[column]) else f"{row[column]:.3f}") for column in shown]
        table.add_row(Text(escaped(str(name))), *cells, style="red" if row.dsc < FAILURE_DSC else "")
    return table


def _page(experiment: Experiment, folder: Path, out: Path | None) -> Text:
    """Where the experiment's page is; a UserError where it is asked for and the cache lacks it."""
    md5 = files(experiment.lock, "page", "outs").get(PAGE)
    name = escaped(experiment.name)
    if out is None:
        if not md5:
            return Text("no page: the stage page was not run; `dvc repro` writes it")
        here = not experiment.revision and (folder / PAGE).is_file()
        return Text(f"page: {PAGE}" if here else f"page: `brainseg show {name} --out report.html` writes it")
    content = fetch(cache_folder(folder), md5, folder / PAGE) if md5 else None
    if content is None:
        todo = how_to_get(folder, experiment.revision) if md5 else "run the stage page"
        raise UserError(f"{name}: {PAGE} is not in DVC's cache; {todo}")
    write_bytes(out, content)
    return Text(f"page: {out}")
