"""The name of a method that has several experiments."""

import re
from collections.abc import Sequence
from os.path import commonprefix

# the remainder of -seed1, _fold0 or .s2 without its number
END = re.compile(r"(^|[-_ .]+)(seed|fold|s|f)?[-_ .]*$")


def method_names(groups: Sequence[Sequence[str]]) -> list[str]:
    """A unique name for each group of experiments' names: dice for dice-seed1 and dice-seed2.

    Where two groups would have the same name, each has the name of its first experiment.
    """
    common = [_common(names) for names in groups]
    chosen = []
    for number, names in enumerate(groups):
        others = [name for other, group in enumerate(groups) if other != number for name in [common[other], *group]]
        chosen.append(names[0] if not common[number] or common[number] in others else common[number])
    return chosen


def _common(names: Sequence[str]) -> str:
    """The common beginning of all names, in whole words and numbers; "" if there is none."""
    if len(names) == 1:
        return names[0]
    start = commonprefix(list(names))  # noqa: RUF071  of names, not of paths
    following = [name[len(start) : len(start) + 1] for name in names]
    if any(letter.isalpha() for letter in following):  # bold-cat and brave-dog have no common beginning b
        start = re.sub(r"[^\W\d_]+$", "", start)
    if any(digit.isdigit() for digit in following):  # seed10 and seed11 have no common beginning seed1
        start = re.sub(r"\d+$", "", start)
    while (shorter := END.sub("", start)) != start:
        start = shorter
    return start
