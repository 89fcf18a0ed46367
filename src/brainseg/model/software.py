"""Versions of the software that made a model file."""

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("brainseg", "torch", "numpy", "scipy")


def software_versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a folder, without installation
        return "not installed"
