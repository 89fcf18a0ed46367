"""params.yaml, read as YAML 1.2 (as DVC reads it) and checked against typed settings."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from brainseg.core.errors import UserError, joined, shown

PARAMS_FILE = Path("params.yaml")
MOST_VALUES = 100_000  # with aliases written out; params.yaml has hundreds
# what ruamel raises for text that is no valid YAML: it takes `!!int x` and the 99th of a month at their word
NOT_YAML = (YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class StrictSettings(BaseModel):
    """Base of every block of settings: no unknown keys, no silent conversion, no nan."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


AnySettings = TypeVar("AnySettings", bound=StrictSettings)


def read_params(path: Path = PARAMS_FILE) -> dict[str, Any]:
    """All of params.yaml as plain dictionaries.

    PyYAML is not used, since it follows YAML 1.1, where `1e-4` is a string.
    """
    try:
        params = YAML(typ="safe", pure=True).load(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run this in the folder that holds it") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise UserError(f"{path}{line}: {problem}") from None
    except NOT_YAML as error:
        reason = " ".join(str(error).split())[:100]
        raise UserError(f"{path}: not valid YAML ({type(error).__name__}: {reason})") from None
    if holds_too_much(params):
        raise UserError(f"{path}: holds over {MOST_VALUES:,} values where its aliases (*name) are written out")
    if not isinstance(params, dict):
        raise UserError(f"{path}: expected keys and values, found {type(params).__name__}")
    return params


def holds_too_much(content: Any) -> bool:
    """Whether lists and blocks hold over MOST_VALUES values, aliases written out: nine levels of nine are gigabytes."""
    count, left = 0, [content]
    while left and count <= MOST_VALUES:
        value = left.pop()
        if isinstance(value, Mapping | list):
            count += len(value)
            left.extend(value.values() if isinstance(value, Mapping) else value)
    return count > MOST_VALUES


def lookup(params: Mapping[str, Any], key: str) -> Any:
    """The value under a dotted key, such as `losses.dice`."""
    value: Any = params
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise UserError(f"{PARAMS_FILE}: {key} is missing")
        value = value[part]
    return value


def lookup_name(params: Mapping[str, Any], key: str) -> str:
    """A top-level word, such as the name of the loss."""
    value = lookup(params, key)
    if not isinstance(value, str):
        raise UserError(f"{PARAMS_FILE}: {key} is {shown(value)}; expected a word")
    return value


def lookup_seed(params: Mapping[str, Any], key: str) -> int:
    """A top-level whole number from 0 to 2**32 - 1, such as the seed."""
    value = lookup(params, key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise UserError(f"{PARAMS_FILE}: {key} is {shown(value)}; expected a whole number from 0 to {2**32 - 1}")
    return value


def parse_settings(kind: type[AnySettings], params: Mapping[str, Any], key: str) -> AnySettings:
    """The block under `key` as a checked `kind`; a UserError has one line for each fault."""
    return validated(kind, lookup(params, key), PARAMS_FILE, key)


def validated(kind: type[AnySettings], given: Any, file: Path, key: str = "") -> AnySettings:
    """The content of `file` under `key`, or all of it, as a checked `kind`; a UserError has one line for each fault."""
    if not isinstance(given, Mapping):
        allowed = ", ".join(kind.model_fields)
        raise UserError(f"{file}: {key} is {shown(given)}; expected a block with: {allowed}")
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        faults = [_describe_fault(fault, kind, file, key) for fault in error.errors()]
        raise joined(list(dict.fromkeys(faults))) from None


def _describe_fault(fault: Mapping[str, Any], kind: type[StrictSettings], file: Path, key: str) -> str:
    name = ": ".join(filter(None, [str(file), ".".join([*filter(None, [key]), *map(str, fault["loc"])])]))
    if fault["type"] == "missing":
        return f"{name} is missing"
    if fault["type"] == "extra_forbidden":
        close = get_close_matches(str(fault["loc"][-1]), kind.model_fields, n=1)
        hint = f"did you mean {close[0]}?" if close else f"allowed: {', '.join(kind.model_fields)}"
        return f"{name} is not a setting; {hint}"
    if fault["type"] == "value_error":  # raised by a check of this project, whose message is complete
        return f"{name}: {fault['ctx']['error']}"
    allowed = fault["msg"].removeprefix("Input should be ").removeprefix("List should have ")
    return f"{name} is {shown(fault['input'])}; expected {allowed}"
