"""Rows and projects of sweeps, written by hand: nothing is trained."""

from pathlib import Path
from typing import Any

from brainseg.sweep.plan import Row
from tests.compare.small_project import SmallProject, state


def row(short: str, changes: dict[str, Any] | None = None) -> Row:
    """A row of the sweep `tune`, over the small project's params.yaml."""
    return Row(f"tune-{short}", short, changes or {}, state(changes)["params"])


def committed(folder: Path) -> SmallProject:
    """A project whose commit has all that experiments read, and nothing else."""
    project = SmallProject(folder)
    project.run()
    project.write("dvc.yaml", "stages: {}\n")
    project.write("src/brainseg/training.py", "lr = 1\n")
    project.commit()
    return project
