"""A drawing of a network: one box per module, finer maps above coarser ones, image on the left, logits on the right."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from brainseg.diagram.graph import IMAGE, LOGITS, Box, Edge, Graph, with_runs_as_one
from brainseg.diagram.layout import HEIGHT, along, level_of, places, way

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
ROW, SPACE = 1.3, 0.14  # inches: from row to row, between boxes of a row
LEFT, RIGHT, TOP, BOTTOM = 0.62, 0.12, 0.34, 0.36  # inches around boxes and arrows, for their labels


def architecture(graph: Graph, title: str) -> Figure:
    """Draw the graph of one network; the figure's size follows from it. A run of equal boxes is one box."""
    graph = with_runs_as_one(graph)
    groups = group_of_each(graph)
    texts = {box.name: words_in(box, graph) for box in graph.boxes}
    width = 0.14 + max(width_of(line) for text in texts.values() for line in text.split("\n"))
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
        draw_box(axes, at[box.name], width, texts[box.name], COLOURS[groups[box.name]])
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
    """The text in a box: the shortest possible name, the kind, the size."""
    last_parts = [".".join(other.name.split(".")[-2:]) for other in graph.boxes]
    short = ".".join(box.name.split(".")[-2:])
    name = short if last_parts.count(short) == 1 else box.name
    return f"{name}\n{box.kind}\n{' × '.join(map(str, box.shape))}"


def width_of(line: str) -> float:
    return TextPath((0, 0), line, size=FONT_PT).get_extents().width / 72  # inches


def group_of_each(graph: Graph) -> dict[str, str]:
    """Box -> a key of COLOURS. A box after a coarser one, or after tokens, is part of the decoder."""
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


def skips_of(graph: Graph) -> set[Edge]:
    """The skip connections: edges into a concatenation whose other input took a longer way from the image."""
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


def draw_edge(axes: Axes, edge: Edge, curve: np.ndarray, colour: str) -> None:
    """Draw an arrow, labelled with its operations. Concatenation is not labelled where several arrows meet."""
    path = Path(curve, [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=6, lw=0.9, color=colour))
    operations = [word for word in edge.operations if word != "concatenate"]
    if operations:
        down = curve[2, 1] > curve[0, 1]
        x, y = along(curve)[40] + (-0.06 if down else 0.06, 0)
        text = axes.text(x, y, "\n".join(operations), va="center", ha="right" if down else "left", style="italic")
        text.set(fontsize=FONT_PT - 0.5, color=INK)


def draw_box(axes: Axes, place: tuple[float, float], width: float, words: str, colour: str) -> None:
    x, y = place
    corner, style = (x - width / 2, y - HEIGHT / 2), "round,pad=0,rounding_size=0.05"
    axes.add_patch(FancyBboxPatch(corner, width, HEIGHT, boxstyle=style, fc=colour, ec=INK, lw=0.6, zorder=2))
    axes.text(x, y, words, ha="center", va="center", fontsize=FONT_PT, linespacing=1.15, zorder=3)
