"""Packages that only some formats need are imported when such a file is met."""

from importlib import import_module
from types import ModuleType

from brainseg.core.errors import UserError


def import_for(task: str, module: str, package: str) -> ModuleType:
    """The module; a UserError that names the package where it is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0]:
            raise
        raise UserError(f"{task} needs the package {package}; install it: pip install {package}") from None
