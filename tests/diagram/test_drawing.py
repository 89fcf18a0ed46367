from collections import Counter
from itertools import combinations

import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from brainseg.diagram.drawing import architecture, group_of_each, skips_of
from brainseg.diagram.graph import Box, Edge, Graph, with_runs_as_one
from brainseg.figures.style import save
from tests.compare.figures.small_verdicts import cut_off, drawn
from tests.diagram.small_graphs import small_unet

pytestmark = pytest.mark.filterwarnings("error::UserWarning")


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


def test_the_same_bytes_twice(graph, tmp_path):
    for name in ("a.png", "b.png"):
        save(architecture(graph, "twice"), tmp_path / name, dpi=100)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


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


def test_names_that_would_be_the_same_are_reported_whole():
    boxes = [Box("image", "input", (1, 8, 8)), *(Box(f"{net}.head.0", "conv 1×1", (1, 8, 8)) for net in "ab")]
    graph = Graph(tuple(boxes), (Edge("image", "a.head.0"), Edge("a.head.0", "b.head.0")))
    shown = " ".join(text.get_text() for text in architecture(graph, "").axes[0].texts)
    assert "a.head.0" in shown and "b.head.0" in shown
