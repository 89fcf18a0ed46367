"""Settings of `evaluate` in one form, so that older experiments compare with newer ones."""

from collections.abc import Mapping
from typing import Any

NUMBER_OF_RULE = {"share": "evaluate.least_share", "size": "evaluate.least_voxels"}
IN_MM, IN_PX = ("evaluate.tolerance_mm",), ("evaluate.tolerance_px", "evaluate.slice_step_px")


def comparable_settings(used: Mapping[str, Any], in_mm: bool = False) -> dict[str, Any]:
    """The settings by dotted keys, with evaluate.components for evaluate.largest_component, its name in version 0.2.

    Numbers of a rule that was not used are left out, as are tolerances in another unit than that of the scores.
    in_mm: whether distances are, which they are where the spacing is known.
    """
    settings = dict(used)
    if "evaluate.largest_component" in settings:
        settings["evaluate.components"] = "largest" if settings.pop("evaluate.largest_component") else "every"
    for rule, number in NUMBER_OF_RULE.items():
        if settings.get("evaluate.components") != rule:
            settings.pop(number, None)
    for key in IN_PX if in_mm else IN_MM:
        settings.pop(key, None)
    return settings
