import pytest

from site_pages.paths import missing_paths
from tests.conftest import ROOT


@pytest.mark.parametrize("path", ["src/brainseg/gone.py", "docs/gone", "tests/losses/test_gone.py"])
def test_a_path_that_is_gone_is_found(path):
    assert missing_paths(f"See `{path}`, and `dvc.yaml`.", ROOT) == [path]


@pytest.mark.parametrize(
    "path",
    [
        "src/brainseg/losses/dice.py",
        "experiments",
        "src/brainseg/losses/NAME.py",
        "tests/ROOM/test_MODULE.py",
        "data/raw/x",
    ],
)
def test_paths_that_exist_stand_for_many_or_are_no_source_are_not(path):
    assert missing_paths(f"See `{path}`.", ROOT) == []
