"""The ranking of a sweep's settings by validation patients. Test patients are not used for a choice."""

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from brainseg.core.errors import UserError
from brainseg.experiments.git import Git
from brainseg.experiments.lock import flat_params
from brainseg.sweep.plan import Row
from brainseg.sweep.project import Project

OTHER_GROUNDS = ("datasets.", "split.", "preprocess.")
NO_CHOICE = ("seed", "split.fold")  # rows that differ only in these are one setting, and their scores are averaged


def ranking(project: Project, rows: Sequence[Row], revisions: Mapping[str, str]) -> pd.DataFrame:
    """One row per setting, the best first: what varies, validation_dsc (of the last epoch, the mean over its
    rows), rows and the minutes of training. Empty if nothing varies.

    Raises UserError where validation_dsc is not comparable, because patients or grid differ, and where the validation
    patients are also those that are reported.
    """
    lines = []
    with Git(project.folder) as git:
        for row in rows:
            training = json.loads(git.read(revisions[row.name], "metrics/training.json"))
            timing = json.loads(git.read(revisions[row.name], "metrics/timing.json"))
            line = {key: str(value) for key, value in flat_params(row.params).items() if key not in NO_CHOICE}
            lines.append(
                line
                | {
                    "validation_dsc": training["validation_dsc"]["last_epoch"],
                    "minutes": timing["training_seconds"] / 60,
                    "rows": 1,
                }
            )
    table = pd.DataFrame(lines)
    measured = ["validation_dsc", "minutes", "rows"]
    varied = [key for key in table if key not in measured and table[key].nunique() > 1]
    if not varied:
        return pd.DataFrame()
    if unfair := [key for key in varied if key == "data" or key.startswith(OTHER_GROUNDS)]:
        raise UserError(f"{unfair[0]} varies: validation DSC is of other patients, or on another grid")
    if "report" in {row.params["split"]["strategy"] for row in rows}:
        raise UserError("split.strategy is report: its validation patients are those whose scores are reported")
    grouped = table.groupby(varied, sort=False)
    ranked = grouped.agg(validation_dsc=("validation_dsc", "mean"), rows=("rows", "sum"), minutes=("minutes", "sum"))
    return ranked.reset_index().sort_values("validation_dsc", ascending=False, kind="stable")
