"""Methods and verdicts to draw, written by hand."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from brainseg.compare.methods import Method
from brainseg.compare.stats.paired_test import PairedTest
from brainseg.compare.verdicts import Verdict
from brainseg.figures.style import save

LONG = "sensitivity_specificity-sgd-features32-128px"
WORDS = ("better", "worse", "equivalent", "inconclusive")


def drawn(figure: Figure, folder) -> bool:
    """Whether it can be saved and has something on it."""
    save(figure, folder / "a.png", dpi=40)
    return np.ptp(imread(folder / "a.png")[..., :3]) > 0.5


def cut_off(figure: Figure) -> list[str]:
    """The words that reach beyond the picture; of numbers matplotlib has some at ticks that it does not show."""
    figure.draw_without_rendering()
    width, height = figure.bbox.size + 1  # a pixel
    boxes = {text.get_text(): text.get_window_extent() for text in figure.findobj(Text)}
    words = {word: box for word, box in boxes.items() if any(letter.isalpha() for letter in word)}
    return [
        word
        for word, (x0, y0, x1, y1) in ((word, box.extents) for word, box in words.items())
        if min(x0, y0) < -1 or x1 > width or y1 > height
    ]


def names(count: int) -> list[str]:
    return [f"{LONG}-{number}" for number in range(count)]


def methods(count: int, patients: int) -> list[Method]:
    rng = np.random.default_rng(0)
    ids = [f"TCGA_HT_{7600 + number}_19940813" for number in range(patients)]
    return [
        Method(name, rng.beta(9, 1, (patients, 1)), np.zeros(patients, int), ids, [])
        for number, name in enumerate(names(count))
    ]


def verdict(a: str, b: str, word: str = "inconclusive", shift: float = 0.02, low: float = -0.01, high: float = 0.05):
    test = PairedTest(0.5, 0.5, shift, low, high, 0.1)
    return Verdict(a, b, word, shift, test, None, 0.0004 if word == "better" else 0.5, 0.5, 0.001, 10, "")


def against(count: int, **given) -> list[Verdict]:
    first, *others = names(count)
    return [verdict(name, first, WORDS[number % 4], **given) for number, name in enumerate(others)]
