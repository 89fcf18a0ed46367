"""A segmented scan as one small picture in the terminal."""

import numpy as np
from rich.console import Console, Group
from rich.text import Text

from brainseg.core.channels import in_words, main_channel
from brainseg.core.errors import escaped
from brainseg.core.progress import above_bar
from brainseg.data.geometry import aspect_of
from brainseg.figures.style import PREDICTION
from brainseg.segment.segmenter import Segmentation
from brainseg.terminal.half_blocks import half_blocks
from brainseg.terminal.slice_picture import largest_lesion, legend, slice_pixels, white

WIDEST = 40  # cells


def print_scan(found: Segmentation, console: Console) -> None:
    """Print the slice with most of the predicted lesion, above any bar that is being shown."""
    scan = found.scan
    channel = main_channel(scan.channels)
    image, nothing = scan.image[..., channel], np.zeros(found.mask.shape, bool)
    number = largest_lesion(nothing, found.mask)
    slices = (image[number], nothing[number], found.mask[number])
    pixels = slice_pixels(*slices, white(image), min(WIDEST, console.width), aspect_of(scan.spacing_mm))
    caption = Text(f"{escaped(scan.name)}: slice {number + 1} of {len(image)}")
    with above_bar():
        console.print(
            Group(caption, half_blocks(pixels), legend(in_words(scan.channels[channel]), {PREDICTION: "prediction"}))
        )
