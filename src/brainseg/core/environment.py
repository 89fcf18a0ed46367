"""Settings read from the environment: they change speed and display, but no result."""

import os

from brainseg.core.errors import UserError


def whole_number(name: str, default: int) -> int:
    """The variable as a whole number from 1, or the default where it is not set."""
    value = os.environ.get(name)
    if value is None:
        return default
    if not value.isdigit() or int(value) < 1:
        raise UserError(f"{name} is {value!r}; expected a whole number from 1")
    return int(value)
