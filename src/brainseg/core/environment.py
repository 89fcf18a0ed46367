"""What a run reads from the environment: things that change no result, only speed and looks."""

import os

from brainseg.core.errors import UserError


def whole_number(name: str, default: int) -> int:
    """The variable as a whole number from 1, or the default where it is not set."""
    given = os.environ.get(name)
    if given is None:
        return default
    if not given.isdigit() or int(given) < 1:
        raise UserError(f"{name} is {given!r}; expected a whole number from 1")
    return int(given)
