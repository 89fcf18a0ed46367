"""Files that are none: DVC, which reads a whole folder, hangs at a pipe and stops at a link that leads nowhere."""

import os
import stat
from pathlib import Path

KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def special_files(folder: Path) -> list[str]:
    """A line for each pipe, socket, device, and link without end or target, at or below the folder."""
    faults = []
    for place, folders, files in os.walk(folder):
        for name in sorted([*folders, *files]):
            path = Path(place, name)
            try:
                kind = stat.S_IFMT(path.stat().st_mode)
            except FileNotFoundError:
                faults.append(f"{path}: is a link to {path.readlink()}, which does not exist; remove it")
            except OSError as error:  # a circle of links, a folder that may not be entered
                faults.append(f"{path}: cannot be read ({error.strerror})")
            else:
                if kind in KINDS:
                    faults.append(f"{path}: is {KINDS[kind]}; expected files and folders, move it elsewhere")
                elif path.is_symlink() and Path(place).resolve().is_relative_to(path.resolve()):
                    faults.append(f"{path}: is a link to a folder that it lies in; remove it")
    return faults
