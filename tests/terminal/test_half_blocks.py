from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from brainseg.terminal.half_blocks import can_show, half_blocks
from tests.terminal.colours import pixels_of, terminal


@pytest.mark.parametrize("height", [2, 7, 8])
def test_each_cell_has_the_colours_of_its_two_pixels(rng, height):
    pixels = rng.integers(0, 256, (height, 5, 3)).astype(np.uint8)
    [shown] = pixels_of(half_blocks(pixels), terminal())
    assert (shown[:height] == pixels).all()
    assert (shown[height:] == -1).all()  # of an odd number of rows, the last cells have no lower pixel


def test_all_pixels_are_sent_to_the_terminal(rng):
    console = terminal()
    console.print(half_blocks(rng.integers(0, 256, (4, 3, 3)).astype(np.uint8)))
    assert console.file.getvalue().count("▀") == 6
    assert console.file.getvalue().count("\n") == 2


@pytest.mark.parametrize(
    ("settings", "environment", "shown"),
    [
        ({"force_terminal": True, "color_system": "truecolor"}, {}, True),
        ({"force_terminal": True, "color_system": "256"}, {}, True),
        ({"force_terminal": True, "color_system": "standard"}, {}, False),
        ({"force_terminal": True, "color_system": "truecolor"}, {"NO_COLOR": "1"}, False),
        ({"force_terminal": True}, {"TERM": "dumb"}, False),
        ({"color_system": "truecolor"}, {}, False),  # a pipe
    ],
)
def test_only_a_terminal_of_many_colours_is_sent_pictures(settings, environment, shown):
    console = Console(file=StringIO(), _environ={"TERM": "xterm-256color"} | environment, **settings)
    assert can_show(console) == shown


def test_a_terminal_without_the_character_is_sent_none():
    class Latin(StringIO):
        encoding = "iso-8859-1"

    assert not can_show(Console(file=Latin(), force_terminal=True, color_system="truecolor"))
