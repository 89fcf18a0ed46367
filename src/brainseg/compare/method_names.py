"""What a method of several experiments is called."""

import re
from collections.abc import Sequence
from os.path import commonprefix

# what is left of -seed1, _fold0 or .s2 without its number
END = re.compile(r"(^|[-_ .]+)(seed|fold|s|f)?[-_ .]*$")


def method_names(groups: Sequence[Sequence[str]]) -> list[str]:
    """A name for each group of names of experiments, none twice: dice of dice-seed1 and dice-seed2.

    Where two would be called the same, each is called by its first experiment.
    """
    common = [_common(names) for names in groups]
    chosen = []
    for number, names in enumerate(groups):
        others = [name for other, group in enumerate(groups) if other != number for name in [common[other], *group]]
        chosen.append(names[0] if not common[number] or common[number] in others else common[number])
    return chosen


def _common(names: Sequence[str]) -> str:
    """What all begin with, by whole words and numbers; "" if with nothing."""
    if len(names) == 1:
        return names[0]
    start = commonprefix(list(names))  # noqa: RUF071  of names, not of paths
    following = [name[len(start) : len(start) + 1] for name in names]
    if any(letter.isalpha() for letter in following):  # bold-cat and brave-dog do not begin with b
        start = re.sub(r"[^\W\d_]+$", "", start)
    if any(digit.isdigit() for digit in following):  # nor seed10 and seed11 with seed1
        start = re.sub(r"\d+$", "", start)
    while (shorter := END.sub("", start)) != start:
        start = shorter
    return start
