"""An image in the terminal: each cell shows two pixels, one above the other, as a half block."""

import numpy as np
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

HALF_BLOCK = "▀"  # the text's colour is the upper pixel, the background's the lower


def can_show(console: Console) -> bool:
    """A terminal of 256 or more colours that takes the character, and nobody has asked for no colours."""
    colours = console.color_system in ("256", "truecolor") and not console.no_color
    return console.is_terminal and colours and console.encoding.startswith("utf")


def half_blocks(pixels: np.ndarray) -> Text:
    """pixels (H, W, 3) uint8 as lines of W cells; of an odd number of rows, the last line has no background."""
    text = Text(no_wrap=True)
    for row in range(0, len(pixels), 2):
        text.append("\n" if row else "")
        for column in range(pixels.shape[1]):
            below = pixels[row + 1, column] if row + 1 < len(pixels) else None
            text.append(HALF_BLOCK, Style(color=_colour(pixels[row, column]), bgcolor=_colour(below)))
    return text


def _colour(pixel: np.ndarray | None) -> Color | None:
    return None if pixel is None else Color.from_rgb(*map(int, pixel))
