"""Room for names of any length."""

from collections.abc import Iterable


def inches(words: Iterable[str], font_pt: float = 10) -> float:
    """How wide the longest is, about, and never too little: a letter is at most 0.62 of its font's size on average."""
    return max(map(len, words)) * 0.62 * font_pt / 72
