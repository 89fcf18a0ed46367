"""Settings of the final mask in one form, so that older experiments compare with newer ones."""

from collections.abc import Mapping
from typing import Any

NUMBER_OF_RULE = {"share": "evaluate.least_share", "size": "evaluate.least_voxels"}


def comparable_settings(used: Mapping[str, Any]) -> dict[str, Any]:
    """The settings by dotted keys, with evaluate.components for evaluate.largest_component, its name in version 0.2.

    Numbers of a rule that was not used are left out, as are the blocks of losses that were not chosen.
    """
    settings = dict(used)
    if "evaluate.largest_component" in settings:
        settings["evaluate.components"] = "largest" if settings.pop("evaluate.largest_component") else "every"
    for rule, number in NUMBER_OF_RULE.items():
        if settings.get("evaluate.components") != rule:
            settings.pop(number, None)
    return settings
