from pathlib import Path

import pytest

from brainseg.sources.phantom import phantom


@pytest.fixture
def original(tmp_path) -> Path:
    """Three patients."""
    phantom(tmp_path / "original", patients=3, slices=6, side_px=32, noise=0.0, seed=0)
    return tmp_path / "original"
