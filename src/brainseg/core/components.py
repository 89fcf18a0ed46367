"""Losses, optimizers, schedules, architectures and data sources, found by name.

A component is one file, `brainseg/<kind>/<name>.py`, or one folder, `brainseg/<kind>/<name>/`, with two
things in it: a function of the same name, and `Settings`, the type of its keyword arguments (an architecture
takes them as one `settings`). The numbers come from the block `<kind>.<name>` of params.yaml.
`brainseg/<kind>/shared/` holds code that several components of a kind use. No module imports a whole kind, so an
edit of one component re-runs only the stages that use it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE, lookup_name, parse_settings

PACKAGE = Path(__file__).parent.parent

# kind -> (the word in params.yaml that chooses, the section that holds the blocks)
KINDS = {
    "losses": ("loss", "losses"),
    "optims": ("optim", "optims"),
    "schedules": ("schedule", "schedules"),
    "archs": ("arch", "archs"),
    "sources": ("data", "datasets"),
}


def available(kind: str) -> list[str]:
    """All components of a kind, by the names of their files or folders."""
    folder = PACKAGE / kind
    found = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    return sorted(found - {"__init__", "shared"})


def build(kind: str, name: str, params: Mapping[str, Any]) -> Callable[..., Any]:
    """The component `name` with the settings of its block in params bound as keywords."""
    word, section = KINDS[kind]
    if name not in available(kind):
        allowed = ", ".join(available(kind))
        fault = f"{word} is {name!r}" if params.get(word) == name else f"{section}.{name} is a block of nothing"
        raise UserError(f"{PARAMS_FILE}: {fault}; expected one of: {allowed}")
    module = import_module(f"brainseg.{kind}.{name}")
    block = parse_settings(module.Settings, params, f"{section}.{name}")
    if kind == "archs":  # a network has too many settings for separate arguments
        return partial(getattr(module, name), settings=block)
    return partial(getattr(module, name), **dict(block))


def data_channels(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the chosen data's channels; of a source that does not say them, those of the LGG set."""
    name = lookup_name(params, "data")
    source = import_module(f"brainseg.sources.{name}")
    block = parse_settings(source.Settings, params, f"datasets.{name}")
    return source.channels(**dict(block)) if hasattr(source, "channels") else LGG_CHANNELS


def build_chosen(kind: str, params: Mapping[str, Any]) -> Callable[..., Any]:
    """The component that the top-level word of params chooses."""
    return build(kind, lookup_name(params, KINDS[kind][0]), params)
