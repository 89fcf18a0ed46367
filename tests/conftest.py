import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from brainseg.core.params import read_params
from tests.browser import browser, opened  # noqa: F401  (fixtures: one browser for all tests)

settings.register_profile("no deadline", deadline=None)  # a busy machine is no fault of a test
settings.load_profile("no deadline")

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # for `stages`, which is not part of the installed package


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def params() -> dict:
    """The project's params.yaml."""
    return read_params(ROOT / "params.yaml")


@pytest.fixture(scope="session")
def lgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kaggle_3m folder with real patients: BRAINSEG_LGG, or unpacked from beside the project."""
    if given := os.environ.get("BRAINSEG_LGG"):
        return Path(given)
    packed = ROOT.parent / "shared" / "lgg" / "unpack.py"
    if not packed.exists():
        pytest.skip("no real patients at hand: set BRAINSEG_LGG to a kaggle_3m folder")
    folder = tmp_path_factory.mktemp("lgg")
    subprocess.run([sys.executable, packed, folder, "--patients", "3"], check=True, capture_output=True)
    return folder / "kaggle_3m"
