"""A network's architecture: a box a module, finer maps above coarser ones, from the image on the left to the logits."""

from collections.abc import Iterator
from math import log2

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from brainseg.architecture_graph import IMAGE, LOGITS, Box, Edge, Graph, with_runs_as_one

COLOURS = {
    "image, logits": "#ffffff",
    "encoder": "#cfe0f2",
    "decoder": "#d3ead2",
    "upsampling": "#fbe3bd",
    "tokens × width": "#e3d7ef",
    "head": "#f5d0cf",
}
INK, SKIP = "#444444", "#5b86b8"
FONT_PT = 6.5
HEIGHT, ROW, SPACE = 0.42, 1.3, 0.14  # inches: of a box, from row to row, between boxes of a row
LEFT, RIGHT, TOP, BOTTOM = 0.62, 0.12, 0.34, 0.36  # inches about boxes and arrows, for the words there
BESIDE, BELOW, HALFWAY = 1.0, 0.45, 0.4  # columns from a box to the next: in its row, in another, half a row away

Places = dict[str, tuple[float, float]]


def architecture(graph: Graph, title: str) -> Figure:
    """The graph of one network; its size follows from it. Runs of equal boxes are one."""
    graph = with_runs_as_one(graph)
    groups = group_of_each(graph)
    words = {box.name: words_in(box, graph) for box in graph.boxes}
    width = 0.14 + max(width_of(line) for text in words.values() for line in text.split("\n"))
    at = {name: (x * (width + SPACE), y * ROW) for name, (x, y) in places(graph, groups).items()}
    ways = {edge: way(edge, at, width) for edge in graph.edges}
    half = np.array([width, HEIGHT]) / 2
    reached = [np.array(list(at.values())) + sign * half for sign in (-1, 1)] + [
        along(curve) for curve in ways.values()
    ]
    (left, top), (right, bottom) = np.vstack(reached).min(axis=0), np.vstack(reached).max(axis=0)
    left, right, top, bottom = left - LEFT, right + RIGHT, top - TOP, bottom + BOTTOM
    figure = Figure(figsize=(right - left, bottom - top))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))  # inches, downwards
    axes.set_axis_off()
    skips = skips_of(graph)
    for edge, curve in ways.items():
        draw_edge(axes, edge, curve, SKIP if edge in skips else INK)
    for box in graph.boxes:
        draw_box(axes, at[box.name], width, words[box.name], COLOURS[groups[box.name]])
    for level in sorted({level_of(box, graph) for box in graph.boxes if len(box.shape) == 3}):
        word = f"1/{2**level:g}" if level else "full size"
        axes.text(left + 0.1, at[IMAGE][1] + ROW * level, word, va="center", fontsize=FONT_PT + 0.5, color=INK)
    axes.text(left + 0.1, top + 0.16, title, va="center", fontsize=10)
    shown: list[Patch | Line2D] = [
        Patch(fc=colour, ec=INK, lw=0.6, label=group) for group, colour in COLOURS.items() if group in groups.values()
    ]
    if skips:
        shown.append(Line2D([], [], color=SKIP, lw=1, label="skip, concatenated"))
    axes.legend(handles=shown, loc="lower left", ncols=len(shown), frameon=False, fontsize=FONT_PT + 0.5)
    return figure


def words_in(box: Box, graph: Graph) -> str:
    """What stands in a box: a name as short as it may be, the kind, the size."""
    last_parts = [".".join(other.name.split(".")[-2:]) for other in graph.boxes]
    short = ".".join(box.name.split(".")[-2:])
    name = short if last_parts.count(short) == 1 else box.name
    return f"{name}\n{box.kind}\n{' × '.join(map(str, box.shape))}"


def width_of(line: str) -> float:
    return TextPath((0, 0), line, size=FONT_PT).get_extents().width / 72  # inches


def group_of_each(graph: Graph) -> dict[str, str]:
    """Box -> a key of COLOURS. A decoder is what comes after something coarser, or after tokens."""
    groups: dict[str, str] = {}
    shapes = {box.name: box.shape for box in graph.boxes}
    for box in graph.boxes:
        before = [edge.source for edge in graph.into(box.name)]
        if box.name in (IMAGE, LOGITS):
            groups[box.name] = "image, logits"
        elif len(box.shape) < 3:
            groups[box.name] = "tokens × width"
        elif box.shape[0] == 1 and box.kind.startswith("conv"):
            groups[box.name] = "head"
        elif box.kind.startswith("up-conv"):
            groups[box.name] = "upsampling"
        else:
            coarser = any(len(shapes[name]) < 3 or shapes[name][1] < box.shape[1] for name in before)
            decodes = coarser or any(groups[name] in ("decoder", "upsampling") for name in before)
            groups[box.name] = "decoder" if decodes else "encoder"
    return groups


def level_of(box: Box, graph: Graph) -> float:
    """Of a map: 0 of the image's height, 1 of half of it."""
    return log2(graph.boxes[0].shape[1] / box.shape[1])


def places(graph: Graph, groups: dict[str, str]) -> Places:
    """Box -> (column, row), neither of them whole; row 1 is at half the image's height.

    Tokens stand in the row of the finest map that they come from, upsampling halfway to what it gives. Columns follow
    the longest way from the image. A box that finds no room is lifted above its row.
    """
    levels: dict[str, float] = {}
    found: Places = {}
    for box in graph.boxes:
        before = [edge.source for edge in graph.into(box.name) if edge.source in found]
        if not before and box.name != IMAGE:
            continue
        finest = min((levels[name] for name in before), default=0)
        levels[box.name] = level_of(box, graph) if len(box.shape) == 3 else finest
        row = (levels[box.name] + finest) / 2 if groups[box.name] == "upsampling" else levels[box.name]
        column = max((found[name][0] + columns_between(found[name][1], row) for name in before), default=0)
        found[box.name] = free(found, row, column, found[before[-1]][0] + HALFWAY if before else 0)
    for box in reversed(graph.boxes):
        if box.name not in found:  # it needs nothing: beside what needs it first
            targets = [edge.target for edge in graph.edges if edge.source == box.name]
            column, row = found[targets[0]] if targets else (0, 0)
            found[box.name] = free(found, row, column - BESIDE, column - BESIDE)
    return found


def columns_between(row: float, next_row: float) -> float:
    away = abs(next_row - row)
    return BESIDE if away < 0.3 else HALFWAY if away < 0.75 else BELOW


def free(taken: Places, row: float, column: float, lifted: float) -> tuple[float, float]:
    """(column, row), or the first place above, from the column `lifted`, where no other box stands."""
    tried = [(column, row)]
    tried += [(lifted + aside * BESIDE, row - lane) for lane in range(1, len(taken) + 2) for aside in (0, 1)]
    return next(
        (x, y) for x, y in tried if all(abs(x - u) > 0.99 * BESIDE or abs(y - v) > 0.45 for u, v in taken.values())
    )


def skips_of(graph: Graph) -> set[Edge]:
    """The edges that join by concatenation what came a longer way from the image."""
    depth = {IMAGE: 0}
    for box in graph.boxes:
        before = [depth[edge.source] for edge in graph.into(box.name) if edge.source in depth]
        if before:
            depth[box.name] = max(before) + 1
    return {
        edge
        for edge in graph.edges
        if "concatenate" in edge.operations and edge.source in depth and depth[edge.target] > depth[edge.source] + 1
    }


def way(edge: Edge, at: Places, width: float) -> np.ndarray:
    """Three points of a quadratic curve from box to box, (3, 2) inches: the best that runs through no box."""
    half = np.array([width, HEIGHT]) / 2
    others = np.array([place for name, place in at.items() if name not in (edge.source, edge.target)]).reshape(-1, 2)
    ends = np.array([at[edge.source], at[edge.target]])

    def length_in_boxes(curve: np.ndarray) -> int:
        points = along(curve)[1:-1, None]
        inside = (abs(points - others) < half + 0.03).all(axis=2).sum()
        return inside + (abs(points - ends) < half - 0.01).all(axis=2).sum()

    return min(curves(*ends, half), key=length_in_boxes)


def curves(source: np.ndarray, target: np.ndarray, half: np.ndarray) -> Iterator[np.ndarray]:
    """Ways from box to box, the best first: level or upright, then from side to side, more or less bent."""
    right, below = half * (1, 0), half * (0, 1)
    (dx, dy), middle = target - source, (source + target) / 2
    if abs(dy) < HEIGHT:  # in one row, else over or under what stands between
        yield straight(source + right, target - right)
        sides = [(source - below, target - below), (source + below, target + below)]
        bends = [-0.2, -0.16, -0.13, -0.1, -0.08, -0.06, -0.05, -0.04, 0.04, 0.05, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2]
    else:
        towards = below * np.sign(dy)
        if abs(dx) < 1.6 * half[0]:
            yield straight(np.array([middle[0], (source + towards)[1]]), np.array([middle[0], (target - towards)[1]]))
        starts = [source + towards, source - towards] + ([source + right] if dx > 2 * half[0] else [])
        sides = [(start, target - towards) for start in starts]
        bends = [0, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3, 0.45, -0.45, 0.6, -0.6]
    for start, end in sides:
        across = np.array([start[1] - end[1], end[0] - start[0]])
        for bend in bends:
            yield np.array([start, (start + end) / 2 + bend * across, end])


def straight(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.array([start, (start + end) / 2, end])


def along(curve: np.ndarray) -> np.ndarray:
    """(80, 2): points of a quadratic curve (3, 2)."""
    t = np.linspace(0, 1, 80)[:, None]
    return (1 - t) ** 2 * curve[0] + 2 * t * (1 - t) * curve[1] + t**2 * curve[2]


def draw_edge(axes: Axes, edge: Edge, curve: np.ndarray, colour: str) -> None:
    """An arrow; beside it what is done on the way. Concatenation goes without saying where several arrows meet."""
    path = Path(curve, [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=6, lw=0.9, color=colour))
    words = [word for word in edge.operations if word != "concatenate"]
    if words:
        down = curve[2, 1] > curve[0, 1]
        x, y = along(curve)[40] + (-0.06 if down else 0.06, 0)
        text = axes.text(x, y, "\n".join(words), va="center", ha="right" if down else "left", style="italic")
        text.set(fontsize=FONT_PT - 0.5, color=INK)


def draw_box(axes: Axes, place: tuple[float, float], width: float, words: str, colour: str) -> None:
    x, y = place
    corner, style = (x - width / 2, y - HEIGHT / 2), "round,pad=0,rounding_size=0.05"
    axes.add_patch(FancyBboxPatch(corner, width, HEIGHT, boxstyle=style, fc=colour, ec=INK, lw=0.6, zorder=2))
    axes.text(x, y, words, ha="center", va="center", fontsize=FONT_PT, linespacing=1.15, zorder=3)
