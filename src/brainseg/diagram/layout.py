"""The positions of the boxes of an architecture's diagram, and the paths of its arrows."""

from collections.abc import Iterator
from math import log2

import numpy as np

from brainseg.diagram.graph import IMAGE, Box, Edge, Graph

HEIGHT = 0.42  # inches, size of a box
BESIDE, BELOW, HALFWAY = 1.0, 0.45, 0.4  # columns from a box to the next: in its row, in another, half a row away

Places = dict[str, tuple[float, float]]


def level_of(box: Box, graph: Graph) -> float:
    """The level of a map: 0 at the image's height, 1 at half of it."""
    return log2(graph.boxes[0].shape[1] / box.shape[1])


def places(graph: Graph, groups: dict[str, str]) -> Places:
    """Box -> (column, row), which need not be integers; row 1 is at half the image's height.

    Tokens are in the row of the finest map that they come from. Upsampling is halfway to the row of its output. Columns
    follow the longest way from the image. A box without free space is moved above its row.
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
        if box.name not in found:  # it has no inputs: place it beside the first box that uses it
            targets = [edge.target for edge in graph.edges if edge.source == box.name]
            column, row = found[targets[0]] if targets else (0, 0)
            found[box.name] = free(found, row, column - BESIDE, column - BESIDE)
    return found


def columns_between(row: float, next_row: float) -> float:
    away = abs(next_row - row)
    return BESIDE if away < 0.3 else HALFWAY if away < 0.75 else BELOW


def free(taken: Places, row: float, column: float, lifted: float) -> tuple[float, float]:
    """(column, row), or the first place above, from the column `lifted`, without another box."""
    tried = [(column, row)]
    tried += [(lifted + side * BESIDE, row - lane) for lane in range(1, len(taken) + 2) for side in (0, 1)]
    return next(
        (x, y) for x, y in tried if all(abs(x - u) > 0.99 * BESIDE or abs(y - v) > 0.45 for u, v in taken.values())
    )


def way(edge: Edge, at: Places, width: float) -> np.ndarray:
    """Three points of a quadratic curve from box to box, (3, 2) inches: the best one that crosses no box."""
    half = np.array([width, HEIGHT]) / 2
    others = np.array([place for name, place in at.items() if name not in (edge.source, edge.target)]).reshape(-1, 2)
    ends = np.array([at[edge.source], at[edge.target]])

    def length_in_boxes(curve: np.ndarray) -> int:
        points = along(curve)[1:-1, None]
        inside = (abs(points - others) < half + 0.03).all(axis=2).sum()
        return inside + (abs(points - ends) < half - 0.01).all(axis=2).sum()

    return min(curves(*ends, half), key=length_in_boxes)


def curves(source: np.ndarray, target: np.ndarray, half: np.ndarray) -> Iterator[np.ndarray]:
    """Curves from box to box, the best first: horizontal or vertical, then from side to side with different bends."""
    right, below = half * (1, 0), half * (0, 1)
    (dx, dy), middle = target - source, (source + target) / 2
    if abs(dy) < HEIGHT:  # in one row, otherwise above or below the boxes between
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
