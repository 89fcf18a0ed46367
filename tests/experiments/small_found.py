"""What tests of experiments ask of a small project."""

import pytest

from brainseg.core.errors import UserError
from brainseg.experiments.find import find
from tests.compare.small_project import SmallProject

PER_VOLUME = "metrics/per_volume.csv"


OTHER_SCORES = {PER_VOLUME: "patient,subset,dsc\n007,test,0.25\n"}


def names(project: SmallProject, *patterns: str) -> list[str]:
    return [experiment.name for experiment in find(project.folder, patterns)]


def fault(project: SmallProject, *patterns: str) -> str:
    with pytest.raises(UserError) as raised:
        find(project.folder, patterns)
    reported = str(raised.value)
    assert "\n" not in reported
    return reported


def change(project: SmallProject, file: str, old: str, new: str) -> None:
    """The first `old` in a file of the workspace becomes `new`."""
    text = (project.folder / file).read_text()
    assert old in text
    project.write(file, text.replace(old, new, 1))
