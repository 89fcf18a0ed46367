"""A template filled and written as one HTML file that loads nothing: style, script and data are inside it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent
STYLE = "page.css"


def render(template: Path, scripts: Sequence[str], values: Mapping[str, Any]) -> bytes:
    """The page of a template beside or below `shared`; the same values give the same bytes.

    scripts: names of files of this folder. The page's policy allows no other script and no request, so a name that
    looks like HTML can do nothing even if a template forgot to escape it.
    """
    script = "\n".join((HERE / name).read_text(encoding="utf-8") for name in scripts)
    environment = Environment(
        loader=FileSystemLoader([template.parent, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "share": share}
    page = environment.get_template(template.name).render(
        values,
        style=Markup((HERE / STYLE).read_text(encoding="utf-8")),  # ours, not a user's
        script=Markup(script),
        policy=_policy(script),
    )
    return page.encode("utf-8")


def _policy(script: str) -> str:
    """The browser runs the script with this digest alone, and asks the network for nothing."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:"


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many digits after the point; a dash where it is undefined."""
    if value is None or value != value:  # nan
        return "–"
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def share(value: float | None) -> str:
    """0.9 as 90 %."""
    return "–" if value is None or value != value else f"{100 * value:.0f}\N{NO-BREAK SPACE}%"
