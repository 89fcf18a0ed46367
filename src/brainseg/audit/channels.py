"""Channels that hold nothing of their own: equal to another, or of one value."""

from itertools import combinations

import numpy as np

from brainseg.audit.findings import Finding


def channel_findings(name: str, image: np.ndarray, shows_head: np.ndarray) -> list[Finding]:
    """Of a patient with image (S, H, W, C); shows_head: (S,) bool.

    A channel of one value counts where others show the head. Slices that are empty in all channels count only inside
    the stack: stacks often end in them.
    """
    constant = image.min(axis=(1, 2)) == image.max(axis=(1, 2))  # (S, C)
    with_image = np.flatnonzero(~constant.all(axis=1))
    if not len(with_image):
        return []
    channels = range(image.shape[3])
    equal = [pair for pair in combinations(channels, 2) if np.array_equal(image[..., pair[0]], image[..., pair[1]])]
    found = [
        Finding("equal channels", name, channel=group[0] + 1, value=len(group), what=_words(group))
        for group in _groups(equal)
    ]
    inside = range(with_image[0], with_image[-1])
    found += [Finding("empty slice inside the stack", name, place + 1) for place in inside if constant[place].all()]
    for channel in channels:
        places = np.flatnonzero(constant[:, channel] & shows_head & ~constant.all(axis=1))
        if len(places):
            what = f"channel {channel + 1}: {_ranges(places + 1)} of {len(image)}"
            shown = int(places[len(places) // 2]) + 1
            found.append(Finding("constant channel", name, shown, channel=channel + 1, value=len(places), what=what))
    return found + _repeated(name, image, with_image)


def _groups(pairs: list[tuple[int, int]]) -> list[list[int]]:
    """Channels that are all equal to each other: [[0, 1, 2]] of (0, 1), (0, 2), (1, 2)."""
    groups: list[list[int]] = []
    for first, second in pairs:
        of_first = next((group for group in groups if first in group), None)
        if of_first is None:
            groups.append([first, second])
        elif second not in of_first:
            of_first.append(second)
    return groups


def _words(channels: list[int]) -> str:
    return "channels " + ", ".join(str(channel + 1) for channel in channels)


def _ranges(numbers: np.ndarray) -> str:
    """slices 1 to 3, 7 of 1, 2, 3, 7."""
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    words = ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return f"slice{'s' if len(numbers) > 1 else ''} {words}"


def _repeated(name: str, image: np.ndarray, with_image: np.ndarray) -> list[Finding]:
    """The same image under two numbers; the first of them is the other slice."""
    first_of: dict[bytes, int] = {}
    found = []
    for place in with_image:
        first = first_of.setdefault(image[place].tobytes(), int(place))
        if first != place:
            found.append(
                Finding("repeated slice", name, int(place) + 1, name, first + 1, what=f"the same as slice {first + 1}")
            )
    return found
