"""What MkDocs calls for each page: see mkdocs.yml. It puts in the generated parts, and warns of paths that are gone."""

import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # MkDocs loads this file alone

from site_pages.catalogue_table import api_of, catalogue_table  # noqa: E402
from site_pages.command_line import command_line  # noqa: E402
from site_pages.params_page import params_page  # noqa: E402
from site_pages.paths import missing_paths  # noqa: E402
from site_pages.pipeline_table import pipeline_table  # noqa: E402

MARKER = re.compile(r"^<!-- generated: (.+) -->$", re.MULTILINE)
PARTS: dict[str, Callable[[], str]] = {
    "params": lambda: params_page(ROOT),
    "command line": command_line,
    "pipeline": lambda: pipeline_table(ROOT),
    "losses": lambda: catalogue_table("losses"),
    "optimizers": lambda: catalogue_table("optims"),
    "schedules": lambda: catalogue_table("schedules"),
    "architectures": lambda: catalogue_table("archs"),
    "functions of losses": lambda: api_of("losses"),
}
WORDS = '<div class="words" markdown>\n\n{}\n\n</div>'  # docs/assets/extra.css has what it looks like

log = logging.getLogger("mkdocs.hooks.site_pages")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    for path in missing_paths(markdown, ROOT):
        log.warning(f"{page.file.src_uri}: `{path}` is named, and there is no such file")  # an error under --strict
    return with_generated(markdown)


def with_generated(markdown: str) -> str:
    """The page with each marker replaced by its part. Raises KeyError for a name that is not in PARTS."""
    return MARKER.sub(lambda found: WORDS.format(PARTS[found[1]]()), markdown)
