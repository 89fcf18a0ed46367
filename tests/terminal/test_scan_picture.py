from types import SimpleNamespace

import numpy as np
import pytest

from brainseg.figures.style import PREDICTION
from brainseg.terminal.scan_picture import print_scan
from tests.terminal.colours import terminal


@pytest.fixture
def found(rng) -> SimpleNamespace:
    """Slice 2 of three has most of the lesion."""
    mask = np.zeros((3, 20, 20), bool)
    mask[0, 5:7, 5:7] = mask[1, 5:15, 5:15] = True
    image = rng.integers(100, 200, (3, 20, 20, 1)).astype(np.uint8)
    return SimpleNamespace(scan=SimpleNamespace(name="a", image=image, channels=("t2",), spacing_mm=None), mask=mask)


def test_the_slice_with_most_of_the_lesion_is_printed(found):
    console = terminal()
    print_scan(found, console)
    text = console.export_text(clear=False).splitlines()
    assert text[0] == "a: slice 2 of 3"
    assert text[-1] == "t2; outlines: ■ prediction"
    assert [line.rstrip() for line in text[1:-1]] == ["▀" * 40] * 20
    assert ";".join(map(str, bytes.fromhex(PREDICTION[1:]))) in console.file.getvalue()


def test_a_scan_without_lesion_has_a_picture_too(found):
    found.mask[:] = False
    console = terminal(20)
    print_scan(found, console)
    assert "slice 2 of 3" in console.export_text()
