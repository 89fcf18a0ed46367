"""The tests mirror the package: tests/ROOM/test_MODULE.py, or several test_MODULE_ASPECT.py."""

from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE, TESTS = ROOT / "src" / "brainseg", ROOT / "tests"
# tested elsewhere, and where
ELSEWHERE = {
    "archs/shared/blocks.py": "archs/unet/test_model.py",
    "archs/shared/unet_body.py": "archs/unet/test_model.py",
    "data/paths.py": "pipeline/test_dependencies.py",  # the stages write there what dvc.yaml declares
    "sources/shared/cases.py": "sources/test_nifti.py",
    "training/recipe.py": "training/test_loop.py",
}
KINDS_TESTED_TOGETHER = {
    "losses": "test_every_loss.py",
    "optims": "test_every_optim.py",
    "schedules": "test_every_schedule.py",
}


def modules() -> list[str]:
    found = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    return sorted(str(path.relative_to(PACKAGE)) for path in found)


@pytest.mark.parametrize("module", modules())
def test_each_module_has_its_tests(module):
    path = Path(module)
    here = (TESTS / path.parent).glob(f"test_{path.stem}*.py")
    mirrored = any(test.stem == f"test_{path.stem}" or test.stem.startswith(f"test_{path.stem}_") for test in here)
    together = path.parts[0] if len(path.parts) == 2 else ""
    elsewhere = ELSEWHERE.get(module) or (
        f"{together}/{KINDS_TESTED_TOGETHER[together]}" if together in KINDS_TESTED_TOGETHER else None
    )
    assert mirrored or elsewhere, f"tests/{path.parent}/test_{path.stem}.py is missing"
    assert mirrored or (TESTS / elsewhere).exists()
    assert module not in ELSEWHERE or not mirrored, f"{module} has tests of its own: it need not be listed"


def test_what_is_listed_is_there():
    assert set(ELSEWHERE) <= set(modules())
