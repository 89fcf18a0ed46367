"""The settings of a run that differ from the defaults."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brainseg.core.components import KINDS
from brainseg.core.params import read_params

DEFAULTS = Path(__file__).with_name("defaults.yaml")  # params.yaml as it is released
NO_RESULT = ("plot", "page")  # blocks of pictures and of this page


def changed_settings(params: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(key, value, default) of each setting that counts in this run and has another value than the default.

    They are in the order of the defaults, whatever the order in params, so that the same settings give the same page.
    Blocks of losses, optimizers and so on that were not chosen do not count. The default is "" where params.yaml of
    the release lacks the setting.
    """
    defaults, given = _that_count(read_params(DEFAULTS), params), _that_count(params, params)
    in_order = [*(key for key in defaults if key in given), *sorted(given.keys() - defaults.keys())]
    return [
        (key, _text(given[key]), _text(defaults.get(key, "")))
        for key in in_order
        if key not in defaults or defaults[key] != given[key]
    ]


def _that_count(params: Mapping[str, Any], chosen_by: Mapping[str, Any]) -> dict[str, Any]:
    """By dotted keys; chosen_by names the loss, the optimizer and so on."""
    counted = {key: value for key, value in params.items() if key not in NO_RESULT}
    for word, section in KINDS.values():
        name = chosen_by.get(word)
        counted[section] = {name: params.get(section, {}).get(name, {})}
    return _flat(counted)


def _flat(params: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in params.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": value}
    return flat


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)
