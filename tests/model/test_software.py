import platform

import torch

from brainseg.model import software
from brainseg.model.software import software_versions


def test_versions_are_those_that_run():
    found = software_versions()
    assert found["python"] == platform.python_version()
    assert torch.__version__.startswith(found["torch"].split("+")[0])


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(software, "PACKAGES", ("no-such-package",))
    assert software_versions()["no-such-package"] == "not installed"
