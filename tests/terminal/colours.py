"""What a terminal of true colours is sent, as colours of cells."""

from io import StringIO

import numpy as np
from rich.console import Console, RenderableType

from brainseg.terminal.half_blocks import HALF_BLOCK


def terminal(width: int = 100, color_system: str = "truecolor") -> Console:
    return Console(
        file=StringIO(), record=True, force_terminal=True, color_system=color_system, width=width, highlight=False
    )


def pixels_of(shown: RenderableType, console: Console) -> list[np.ndarray]:
    """The pixels (2 * lines, cells, 3) of each row of pictures, with -1 where a cell has no lower pixel."""
    pictures, rows = [], []
    for line in [*console.render_lines(shown), []]:
        cells = [segment for segment in line if segment.text.strip(" ")]
        if cells and all(set(segment.text) == {HALF_BLOCK} for segment in cells):
            upper, lower = [], []
            for segment in cells:
                style = segment.style
                upper += [style.color.triplet] * len(segment.text)
                lower += [style.bgcolor.triplet if style.bgcolor else (-1, -1, -1)] * len(segment.text)
            rows += [upper, lower]
        elif rows:
            pictures.append(np.array(rows))
            rows = []
    return pictures
