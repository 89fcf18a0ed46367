"""The work of `brainseg compare`."""

from collections.abc import Sequence
from pathlib import Path

from brainseg.compare.comparison import Comparison, compare
from brainseg.compare.methods import METRICS
from brainseg.compare.page.files import write
from brainseg.compare.page.markdown import text
from brainseg.core.errors import UserError
from brainseg.core.progress import print_line
from brainseg.experiments.find import Experiment, all_evaluated, find
from brainseg.experiments.judged import find_judged, is_judged


def check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"--out is {out}, a file; expected a folder, or a name for one")


def _experiments(folder: Path, patterns: Sequence[str]) -> list[Experiment]:
    """Of the repository, and judged masks, in the order of the patterns, each once."""
    if not any(map(is_judged, patterns)):
        return find(folder, patterns)
    found: dict[tuple[str, str], Experiment] = {}
    for pattern in patterns:
        for experiment in find_judged(folder, pattern) if is_judged(pattern) else find(folder, [pattern]):
            found.setdefault((experiment.revision, experiment.name), experiment)
    return list(found.values())


def run(patterns: Sequence[str], baseline: str | None, metric: str, margin: float, out: Path) -> Comparison:
    """Print and write the comparison."""
    if metric not in METRICS:
        raise UserError(f"--metric is {metric!r}; expected one of: {', '.join(METRICS)}")
    if not 0 < margin < 1:
        raise UserError(f"--margin is {margin}; expected above 0 and below 1")
    check_folder(out)
    folder = Path.cwd()
    comparison = compare(_experiments(folder, patterns), all_evaluated(folder), metric, margin, baseline)
    write(comparison, out)  # first: stdout may be a pipe that is closed early
    print_line(text(comparison))
    print_line(f"Written to {out}/: comparison.md with its pictures, comparison.json, and tables")
    return comparison
