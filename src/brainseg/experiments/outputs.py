"""Outputs of an experiment, brought out of DVC's cache without a checkout."""

from pathlib import Path

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException

from brainseg.core.errors import UserError
from brainseg.experiments.reader import Experiment


def copy_output(experiment: Experiment, path: str, target: Path) -> None:
    """Copy a folder that the experiment wrote, such as data/weights, to target; a UserError if it is not available.

    The workspace's is the folder itself.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        DVCFileSystem(str(Path.cwd()), rev=experiment.revision or None).get(path, str(target), recursive=True)
    except (DvcException, OSError) as error:
        reason = " ".join(str(error).split())[:150]
        raise UserError(f"{experiment.name}: {path} is not in DVC's cache ({reason}); `dvc exp pull` it") from None
