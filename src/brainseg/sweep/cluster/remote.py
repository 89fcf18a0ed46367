"""The DVC remote that all nodes reach: its configuration, whether it answers, and files beside DVC's own."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.config import Config
from dvc.fs import get_cloud_fs
from dvc.repo import Repo

from brainseg.core.errors import UserError

OURS = "brainseg"  # a folder in the remote, which `dvc gc` leaves alone
MARK = "sweeps.txt"
MARK_TEXT = "brainseg sweep --on ray: unfinished/ has the states of trainings that were not finished.\n"


@dataclass(frozen=True)
class RemoteSettings:
    """A remote as in DVC's configuration, with an absolute URL; local settings, such as passwords, are in it."""

    name: str
    settings: Mapping[str, Any]

    @property
    def url(self) -> str:
        return self.settings["url"]


def default_remote(folder: Path) -> RemoteSettings:
    """The project's default remote. Raises UserError if there is none."""
    config = Config(str(folder / ".dvc"))
    name = config["core"].get("remote")
    if not name or name not in config["remote"]:
        raise UserError(
            f"{folder}: no default DVC remote; rows on Ray exchange data and results through one: "
            "dvc remote add --default NAME URL"
        )
    return RemoteSettings(name, dict(config["remote"][name]))


def configure(folder: Path, remote: RemoteSettings, cache: Mapping[str, Any]) -> None:
    """Have DVC in the folder use this remote and this cache, without a change of what git tracks."""
    with Config(str(folder / ".dvc"), validate=False).edit("local") as config:
        # else DVC leaves one in /var/tmp for each folder, for ever
        config["core"] = {"remote": remote.name, "site_cache_dir": str(folder / ".dvc" / "tmp" / "site")}
        config["remote"] = {remote.name: dict(remote.settings)}
        config["cache"] = dict(cache)


def push_uncached(folder: Path) -> None:
    """Push what the stages wrote to git-tracked files, such as metrics/training.json.

    `dvc push --run-cache` leaves them out, and without them another node finds nothing in the run cache.
    """
    with Repo(str(folder)) as repo:
        outs = [out for stage in repo.index.stages for out in stage.outs if not out.use_cache and out.hash_info]
        result = repo.cloud.push([out.hash_info for out in outs])
    if result.failed:
        raise ConnectionError(f"{len(result.failed)} files did not reach the remote")


class Remote:
    """A folder of ours in a DVC remote. Methods raise what the remote's file system raises where it does not answer."""

    def __init__(self, remote: RemoteSettings) -> None:
        kind, settings, path = get_cloud_fs({"remote": {remote.name: dict(remote.settings)}}, name=remote.name)
        self.url = remote.url
        self.fs = kind(**settings)
        self.path = self.fs.join(path, OURS)

    def mark(self) -> None:
        """Write the file by which nodes know that they reach the same remote."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / MARK
            path.write_text(MARK_TEXT)
            self.fs.put_file(str(path), self._at(MARK))

    def check(self) -> None:
        """Raises if the remote does not answer, or is another: DVC would create a missing folder and push to it."""
        if not self._exists(MARK):
            raise FileNotFoundError(f"{self.url} lacks {OURS}/{MARK}, which this sweep wrote there")

    def upload(self, path: Path, *place: str) -> None:
        self.check()
        self.fs.put_file(str(path), self._at(*place))

    def download(self, folder: Path, *place: str) -> list[str]:
        """Download the files of a folder in the remote; their names. None if there is no such folder."""
        self.check()
        names = []
        if self._exists(*place):
            for path in self.fs.find(self._at(*place)):
                name = self.fs.name(path)
                self.fs.get_file(path, str(folder / name))
                names.append(name)
        return names

    def remove(self, *place: str) -> None:
        """Remove a folder and all that is in it, if it is there."""
        if self._exists(*place):
            self.fs.rm(self._at(*place), recursive=True)

    def _exists(self, *place: str) -> bool:
        self.fs.fs.invalidate_cache()  # fsspec remembers listings, and other nodes change them
        return self.fs.exists(self._at(*place))

    def _at(self, *place: str) -> str:
        return self.fs.join(self.path, *place)
