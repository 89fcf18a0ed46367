"""A chart as inline SVG: places in pixels, computed here and drawn by chart.html."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 380, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 42

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """Points in the units of the axes; kind is a class of page.css: main, second, ideal, bar."""

    points: Sequence[Point]
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Dot:
    """hint: the text that a browser shows when the mouse rests on it."""

    x: float
    y: float
    hint: str
    kind: str = "main"
    radius_px: float = 4.0


@dataclass(frozen=True)
class Chart:
    """Axes are linear from the first to the last tick. title: what it shows, for readers who do not see it."""

    title: str
    x_label: str
    y_label: str
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    lines: Sequence[Line] = ()
    dots: Sequence[Dot] = ()
    x_range: tuple[float, float] | None = None  # where the ticks do not reach the ends
    width: int = WIDTH
    height: int = HEIGHT
    right: int = field(default=RIGHT)

    @property
    def bottom(self) -> float:
        return self.height - BOTTOM

    @property
    def left(self) -> float:
        return LEFT

    def x(self, value: float) -> float:
        low, high = self.x_range or (self.x_ticks[0][0], self.x_ticks[-1][0])
        return round(LEFT + (value - low) / (high - low) * (self.width - LEFT - self.right), 2)

    def y(self, value: float) -> float:
        low, high = self.y_ticks[0][0], self.y_ticks[-1][0]
        return round(self.bottom - (value - low) / (high - low) * (self.bottom - TOP), 2)

    def path(self, line: Line) -> str:
        """The line as SVG's path; a point that is nan breaks it."""
        parts, pen = [], "M"
        for x, y in line.points:
            if x != x or y != y:
                pen = "M"
                continue
            parts.append(f"{pen}{self.x(x):g} {self.y(y):g}")
            pen = "L"
        return "".join(parts)

    @property
    def legend(self) -> list[Line]:
        return [line for line in self.lines if line.label]


def ticks(low: float, high: float, most: int = 6) -> list[tuple[float, str]]:
    """Round numbers that span low to high, at most so many: steps of 1, 2 or 5 times a power of ten."""
    span = high - low if high > low else max(abs(high), 1.0)
    tenth = math.floor(math.log10(span)) - 1
    for step in (digit * 10.0**power for power in range(tenth, tenth + 3) for digit in (1, 2, 5)):
        first, last = step * (low // step), -step * (-(low + span) // step)
        count = round((last - first) / step)
        if count < most:
            digits = max(0, -int(f"{step:e}".partition("e")[2]))
            return [
                (first + place * step, f"{first + place * step:.{digits}f}".replace("-", "\N{MINUS SIGN}"))
                for place in range(count + 1)
            ]
    raise ValueError(f"no ticks from {low} to {high}")


SHARES = [(step / 5, f"{step / 5:.1f}") for step in range(6)]  # 0.0 ... 1.0
