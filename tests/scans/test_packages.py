import subprocess
import sys

import pytest

from brainseg.core.errors import UserError
from brainseg.scans.packages import import_for

HEAVY = ("torch", "dvc", "pandas", "medpy", "SimpleITK", "pydicom", "highdicom", "tifffile", "PIL", "nibabel")


def test_a_package_that_is_not_there_is_named():
    line = r"^reading DICOM needs the package pydicom; install it: pip install pydicom$"
    with pytest.raises(UserError, match=line):
        import_for("reading DICOM", "no_such_module.part", "pydicom")


def test_a_package_that_is_there_but_lacks_another_says_so_itself(monkeypatch, tmp_path):
    (tmp_path / "half_installed.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_for("reading", "half_installed", "half-installed")


def test_the_room_itself_loads_no_package_of_one_format():
    """Scans in .npy need NumPy alone, and a start takes no seconds."""
    code = f"""
import sys
from brainseg.scans import dicom_seg, find, read, scan, write
print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
