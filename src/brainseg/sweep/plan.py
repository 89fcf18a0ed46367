"""The experiments of a sweep, each with its whole params.yaml, checked before any of them runs."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from brainseg.core.errors import UserError, shown
from brainseg.core.params import PARAMS_FILE
from brainseg.experiments.lock import flat_params
from brainseg.params_check import find_errors
from brainseg.sweep.random_search import random_search
from brainseg.sweep.row_names import check_name, label
from brainseg.sweep.sweep_file import Changes, SweepFile

MOST_ROWS = 10_000
SHOWN = 3  # number of rows with the same fault that are listed; the rest is counted


@dataclass(frozen=True)
class Row:
    name: str  # of the experiment
    short: str  # without the sweep's name
    changes: Changes  # base, row, grid, draw and --set together
    params: dict[str, Any]  # all of params.yaml with these

    @property
    def epochs(self) -> int:
        return self.params["train"]["epochs"]


def plan(sweep: SweepFile, name: str, params: Mapping[str, Any], overrides: Changes) -> list[Row]:
    """All experiments, in the order of the file; `overrides` apply to all of them.

    Raises UserError with all faults in any of them, each fault once.
    """
    check_name("the sweep's name", name)
    count = len(sweep.rows or [""]) * prod(map(len, sweep.grid.values())) * (sweep.random.count if sweep.random else 1)
    if count > MOST_ROWS:
        raise UserError(f"{name}: rows, grid and random make {shown(count)} experiments; expected up to {MOST_ROWS:,}")
    drawn = random_search(sweep.random) if sweep.random else [{}]
    rows: list[Row] = []
    for row_name, row in (sweep.rows or {"": {}}).items():
        if row_name:
            check_name("rows:", row_name)
        for point in product(*sweep.grid.values()):
            on_grid = dict(zip(sweep.grid, point, strict=True))
            for draw in drawn:
                # where --set replaces a varied setting, its rows would be the same experiment several times
                varied = {key: value for key, value in (on_grid | draw).items() if key not in overrides}
                short = "-".join(filter(None, [row_name, label(varied)]))
                full = "-".join(filter(None, [name, short]))
                check_name("an experiment's name", full)
                changes = sweep.base | row | on_grid | draw | overrides
                rows.append(Row(full, short or name, changes, with_changes(params, changes, full)))
    rows = _each_once(rows)
    _check_all(rows)
    return rows


def _each_once(rows: Sequence[Row]) -> list[Row]:
    """Rows that are equal because of --set become one; different rows need different names."""
    by_name: dict[str, Row] = {}
    for row in rows:
        if by_name.setdefault(row.name, row).params != row.params:
            raise UserError(f"two rows would be called {row.name}; use rows: with names instead of grid or random")
    return list(by_name.values())


def with_changes(params: Mapping[str, Any], changes: Changes, row: str) -> dict[str, Any]:
    """A copy of params with other values under dotted keys. Raises UserError for a key that params lacks."""
    changed = deepcopy(dict(params))
    known = list(flat_params(params))
    for key, value in changes.items():
        if key not in known:
            inside = [setting for setting in known if setting.startswith(f"{key}.")]
            close = inside or get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else "`brainseg sweep` sets only keys that are there"
            raise UserError(f"{row}: {key} is no setting of {PARAMS_FILE}; {hint}")
        set_value(changed, key, value)
    return changed


def set_value(params: Any, key: str, value: Any) -> None:
    *path, last = key.split(".")
    for part in path:
        params = params[part]
    params[last] = value


def _check_all(rows: Sequence[Row]) -> None:
    rows_of: dict[str, list[str]] = {}
    for row in rows:
        for fault in find_errors(row.params) or _in_a_folder_of_its_own(row.params):
            rows_of.setdefault(fault, []).append(row.name)
    lines = []
    for fault, names in rows_of.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        who = "all rows" if len(names) == len(rows) > 1 else f"{', '.join(names[:SHOWN])}{more}"
        lines.append(f"{who}: {fault}")
    if lines:
        raise UserError("\n".join(lines))


def _in_a_folder_of_its_own(params: Mapping[str, Any]) -> list[str]:
    """Faults of paths that exist in the project but not in the clone that a row runs in."""
    if params["predict"]["networks"] != "data/weights":
        return [f"{PARAMS_FILE}: predict.networks is not 'data/weights'; rows run elsewhere, and know no ensemble"]
    data = params["data"]
    if data in ("folder", "nifti") and not Path(path := params["datasets"][data]["path"]).is_absolute():
        return [f"{PARAMS_FILE}: datasets.{data}.path is {shown(path)}; expected an absolute path: rows run elsewhere"]
    return []


def filter_rows(rows: Sequence[Row], patterns: Sequence[str]) -> list[Row]:
    """The rows that match any pattern, with or without the sweep's name; all rows without patterns."""
    if not patterns:
        return list(rows)
    for pattern in patterns:
        if not any(_means(pattern, row) for row in rows):
            known = [row.short for row in rows]
            close = get_close_matches(pattern, known, n=3) or known[:10]
            raise UserError(f"--only {pattern}: no such row; expected one of: {', '.join(close)}")
    return [row for row in rows if any(_means(pattern, row) for pattern in patterns)]


def _means(pattern: str, row: Row) -> bool:
    return fnmatchcase(row.name, pattern) or fnmatchcase(row.short, pattern)
