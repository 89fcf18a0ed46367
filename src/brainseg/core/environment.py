"""Settings read from the environment: they change speed and display, but no result."""

import os

from brainseg.core.errors import UserError, shown

MOST_DIGITS = 9


def whole_number(name: str, default: int) -> int:
    """The variable as a whole number from 1, or the default where it is not set."""
    value = os.environ.get(name)
    if value is None:
        return default
    # isdecimal is true of digits of all scripts, isdigit of ² too
    if not (value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS) or int(value) < 1:
        raise UserError(f"{name} is {shown(value)}; expected a whole number from 1")
    return int(value)
