"""Which of several DICOM series is which sequence, by what they are called."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brainseg.core.channels import LGG_CHANNELS, in_words, main_channel
from brainseg.core.errors import UserError
from brainseg.scans.volumes.channel_words import KNOWN, ordered, short

FLAIR = re.compile(r"flair|dark.?fluid|tirm", re.IGNORECASE)
T2 = re.compile(r"t2", re.IGNORECASE)
T1 = re.compile(r"t1|mprage|spgr|bravo", re.IGNORECASE)
CONTRAST = re.compile(
    r"\+\s*c|c\s*\+|(?<![a-z])(gd|gad[a-z]*|post|ce|contrast|km|t1ce|t1c)(?![a-z])|t1_?gd|t1post", re.IGNORECASE
)
NO_CONTRAST = re.compile(r"(?<![a-z])(pre|non|without|native|w/?o)(?![a-z])", re.IGNORECASE)


Header = Mapping[str, Any]  # keywords of DICOM and their values, None for what a file lacks


@dataclass(frozen=True)
class Series:
    """The headers of one series and their files, in no order yet."""

    description: str
    contrast: bool
    headers: tuple[Header, ...]
    files: tuple[Path, ...]

    def __str__(self) -> str:
        return f"{self.description!r} ({len(self.files)} files)"


def sequence_of(description: str, contrast_agent: bool, channels: Sequence[str] = LGG_CHANNELS) -> str | None:
    """The channel that a series' description names, or None."""
    named = _named(description, contrast_agent, channels)
    return named if named in channels else None


def _named(description: str, contrast_agent: bool, channels: Sequence[str]) -> str | None:
    for name in channels:
        word = rf"(?<![a-z0-9]){name.replace('_', '[ _-]')}(?![a-z0-9])"
        if name not in KNOWN.values() and re.search(word, description, re.IGNORECASE):
            return name
    if T1.search(description):  # before FLAIR: there is a T1 FLAIR
        enhanced = contrast_agent or bool(CONTRAST.search(description))
        return "post_contrast" if enhanced and not NO_CONTRAST.search(description) else "pre_contrast"
    if FLAIR.search(description):  # before T2: there is a T2 FLAIR
        return "flair"
    return "t2" if T2.search(description) else None


def assign(
    path: Path, series: Sequence[Series], channels: Sequence[str] = LGG_CHANNELS
) -> tuple[dict[str, Series], list[str]]:
    """The series of each sequence, and what a person should know of the choice. UserError where it is not clear."""
    main = channels[main_channel(channels)]
    remedy = f"give a folder a series: {','.join(f'{short(name)}=FOLDER' for name in ordered(channels))}"
    if len(series) == 1:
        named = sequence_of(series[0].description, series[0].contrast, channels)
        doubt = f"the only series is called {series[0].description!r}; it is taken as {in_words(main)}"
        return {main: series[0]}, [doubt] if named not in (None, main) else []
    chosen: dict[str, Series] = {}
    unknown = []
    for one in series:
        sequence = sequence_of(one.description, one.contrast, channels)
        if not sequence:
            unknown.append(one)
        elif sequence in chosen:
            raise UserError(f"{path}: holds two series of {sequence}: {listed(series)}; {remedy}")
        else:
            chosen[sequence] = one
    if main not in chosen:
        fault = f"no description of its series names {in_words(main)}: {listed(series)}"
        raise UserError(f"{path}: {fault}; {remedy}")
    return chosen, [f"the series {one} is none of the sequences and was left out" for one in unknown]


def listed(series: Sequence[Series]) -> str:
    return ", ".join(map(str, series))
