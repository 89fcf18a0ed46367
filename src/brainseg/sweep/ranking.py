"""Which settings of a sweep are best, by the validation patients: test patients have no part in a choice."""

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from brainseg.compare.git import Git
from brainseg.compare.lock import flat
from brainseg.sweep.plan import Row
from brainseg.sweep.project import Project

NO_CHOICE = ("seed", "split.fold")  # rows that differ in these alone are one setting, whose scores are averaged


def ranking(project: Project, rows: Sequence[Row], revisions: Mapping[str, str]) -> pd.DataFrame:
    """A line for each setting, the best first: what varies, validation_dsc (of the last epoch, the mean over its
    rows), rows and the minutes of training.

    validation_dsc is on the network's own grid, so settings that change that grid are not to be ranked by it.
    """
    lines = []
    with Git(project.folder) as git:
        for row in rows:
            training = json.loads(git.read(revisions[row.name], "metrics/training.json"))
            timing = json.loads(git.read(revisions[row.name], "metrics/timing.json"))
            settings = {key: leaf for part, value in row.params.items() for key, leaf in flat(part, value).items()}
            line = {key: str(value) for key, value in settings.items() if key not in NO_CHOICE}
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
    grouped = table.groupby(varied, sort=False)
    ranked = grouped.agg(validation_dsc=("validation_dsc", "mean"), rows=("rows", "sum"), minutes=("minutes", "sum"))
    return ranked.reset_index().sort_values("validation_dsc", ascending=False, kind="stable")
