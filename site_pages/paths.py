"""Paths that the pages name: a file that was renamed must not live on in the documentation."""

import re
from pathlib import Path

CODE = re.compile(r"`([^`\n]+)`")
FOLDERS = ("src", "stages", "studies", "benchmarks", "experiments", "tests", "docs", "site_pages")
# no path: a name that stands for many, as NAME.py and *.csv
PATH = re.compile(rf"({'|'.join(FOLDERS)})/[\w./-]*")


def missing_paths(markdown: str, root: Path) -> list[str]:
    """Paths of this repository in code spans at which there is nothing."""
    named = {span.strip() for span in CODE.findall(markdown)}
    paths = {path for path in named if PATH.fullmatch(path) and not _stands_for_many(path)}
    return sorted(path for path in paths if not (root / path).exists())


def _stands_for_many(path: str) -> bool:
    return any(part.split(".")[0].removeprefix("test_").isupper() for part in path.split("/"))
