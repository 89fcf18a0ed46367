from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from brainseg.core.params import read_params
from brainseg.diagram.drawing import architecture, group_of_each, skips_of
from brainseg.diagram.graph import Box, Edge, Graph, trace_by_name, with_runs_as_one
from brainseg.diagram.layout import along, places, way
from brainseg.figures.style import save
from tests.compare.figures.small_verdicts import cut_off, drawn

pytestmark = pytest.mark.filterwarnings("error::UserWarning")
NAMES = ("unet", "unetpp", "transunet", "refining_unet")


@pytest.fixture(scope="module", params=NAMES)
def graph(request) -> Graph:
    params = read_params(Path(__file__).resolve().parents[2] / "params.yaml")
    params["archs"]["unetpp"]["deep_supervision"] = True
    params["predict"]["heads"] = "mean"
    return trace_by_name(request.param, params)


def boxes_of(figure) -> list[FancyBboxPatch]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


def test_each_box_stands_there_once_with_its_kind_and_its_size(graph, tmp_path):
    figure = architecture(graph, "a title")
    assert drawn(figure, tmp_path) and cut_off(figure) == []
    shown = Counter(text.get_text() for text in figure.axes[0].texts)
    assert shown["a title"] == 1
    for box in with_runs_as_one(graph).boxes:
        name = ".".join(box.name.split(".")[-2:])
        assert shown[f"{name}\n{box.kind}\n{' × '.join(map(str, box.shape))}"] == 1
    assert len(boxes_of(figure)) == len(with_runs_as_one(graph).boxes)
    arrows = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == len(with_runs_as_one(graph).edges)


def test_boxes_are_inside_and_apart_and_hold_their_words(graph):
    figure = architecture(graph, "")
    figure.draw_without_rendering()
    page = figure.axes[0].bbox
    boxes = [patch.get_window_extent() for patch in boxes_of(figure)]
    for box in boxes:
        assert page.x0 < box.x0 and box.x1 < page.x1 and page.y0 < box.y0 and box.y1 < page.y1
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    words = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text().count("\n") == 2]
    assert len(words) == len(boxes)
    for box, word in zip(boxes, words, strict=True):
        assert box.x0 < word.x0 and word.x1 < box.x1 and box.y0 < word.y0 and word.y1 < box.y1


def test_no_arrow_runs_through_a_box(graph):
    graph = with_runs_as_one(graph)
    at = {name: (0.9 * x, 1.3 * y) for name, (x, y) in places(graph, group_of_each(graph)).items()}
    for edge in graph.edges:
        curve = along(way(edge, at, 0.76))
        for name, (x, y) in at.items():
            inside = (abs(curve[:, 0] - x) < 0.38) & (abs(curve[:, 1] - y) < 0.21)
            assert name in (edge.source, edge.target) or not inside.any(), (edge, name)


def test_the_same_bytes_twice(graph, tmp_path):
    for name in ("a.png", "b.png"):
        save(architecture(graph, "twice"), tmp_path / name, dpi=100)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def small_unet() -> Graph:
    """Two levels; tokens at the coarser one, to which something is added that needs no image."""
    boxes = [
        Box("image", "input", (1, 8, 8)),
        Box("encoders.0", "conv 3×3", (4, 8, 8)),
        Box("encoders.1", "conv 3×3", (8, 4, 4)),
        Box("place", "linear", (16, 8)),
        Box("layer", "transformer", (16, 8)),
        Box("upsampler", "up-conv 2×2", (4, 8, 8)),
        Box("decoder", "conv 3×3", (4, 8, 8)),
        Box("head", "conv 1×1", (1, 8, 8)),
        Box("logits", "output", (1, 8, 8)),
    ]
    both = ("concatenate",)
    edges = [
        Edge("image", "encoders.0"),
        Edge("encoders.0", "encoders.1", ("max-pool",)),
        Edge("encoders.1", "layer"),
        Edge("place", "layer"),
        Edge("layer", "upsampler"),
        Edge("encoders.0", "decoder", both),
        Edge("upsampler", "decoder", both),
        Edge("decoder", "head"),
        Edge("head", "logits"),
    ]
    return Graph(tuple(boxes), tuple(edges))


def test_rows_are_resolutions_and_columns_follow_the_longest_way():
    graph = small_unet()
    found = places(graph, group_of_each(graph))
    rows = {name: row for name, (_, row) in found.items()}
    assert rows["encoders.1"] == rows["layer"] == 1 and rows["upsampler"] == 0.5
    assert {rows[name] for name in ("image", "encoders.0", "decoder", "head", "logits")} == {0}
    for edge in graph.edges:
        if edge.source != "place":
            assert found[edge.source][0] < found[edge.target][0]


def test_colours_and_skips():
    graph = small_unet()
    groups = group_of_each(graph)
    assert groups["encoders.0"] == groups["encoders.1"] == "encoder"
    assert groups["layer"] == "tokens × width" and groups["upsampler"] == "upsampling"
    assert groups["decoder"] == "decoder" and groups["head"] == "head"
    assert skips_of(graph) == {Edge("encoders.0", "decoder", ("concatenate",))}


def test_what_is_done_on_the_way_stands_beside_the_arrow():
    shown = [text.get_text() for text in architecture(small_unet(), "").axes[0].texts]
    assert shown.count("max-pool") == 1 and "concatenate" not in shown
    assert {"full size", "1/2"} <= set(shown)


def test_names_that_would_be_the_same_are_told_whole():
    boxes = [Box("image", "input", (1, 8, 8)), *(Box(f"{net}.head.0", "conv 1×1", (1, 8, 8)) for net in "ab")]
    graph = Graph(tuple(boxes), (Edge("image", "a.head.0"), Edge("a.head.0", "b.head.0")))
    shown = " ".join(text.get_text() for text in architecture(graph, "").axes[0].texts)
    assert "a.head.0" in shown and "b.head.0" in shown
