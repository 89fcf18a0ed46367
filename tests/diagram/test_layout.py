import numpy as np
import pytest

from brainseg.diagram.drawing import group_of_each
from brainseg.diagram.graph import Box, Edge, with_runs_as_one
from brainseg.diagram.layout import BELOW, BESIDE, HALFWAY, along, columns_between, curves, free, level_of, places, way
from tests.diagram.small_graphs import small_unet


def test_no_arrow_runs_through_a_box(graph):
    graph = with_runs_as_one(graph)
    at = {name: (0.9 * x, 1.3 * y) for name, (x, y) in places(graph, group_of_each(graph)).items()}
    for edge in graph.edges:
        curve = along(way(edge, at, 0.76))
        for name, (x, y) in at.items():
            inside = (abs(curve[:, 0] - x) < 0.38) & (abs(curve[:, 1] - y) < 0.21)
            assert name in (edge.source, edge.target) or not inside.any(), (edge, name)


def test_rows_are_resolutions_and_columns_follow_the_longest_way():
    graph = small_unet()
    found = places(graph, group_of_each(graph))
    rows = {name: row for name, (_, row) in found.items()}
    assert rows["encoders.1"] == rows["layer"] == 1 and rows["upsampler"] == 0.5
    assert {rows[name] for name in ("image", "encoders.0", "decoder", "head", "logits")} == {0}
    for edge in graph.edges:
        if edge.source != "place":
            assert found[edge.source][0] < found[edge.target][0]


def test_levels_are_halvings_of_the_images_height():
    graph = small_unet()
    levels = {box.name: level_of(box, graph) for box in graph.boxes if len(box.shape) == 3}
    assert levels["image"] == levels["decoder"] == 0 and levels["encoders.1"] == 1
    assert level_of(Box("deep", "conv 3×3", (64, 2, 2)), graph) == 2


@pytest.mark.parametrize(
    ("row", "next_row", "columns"),
    [(0, 0, BESIDE), (1, 1.2, BESIDE), (1, 0.5, HALFWAY), (0, 0.5, HALFWAY), (0, 1, BELOW), (3, 0, BELOW)],
)
def test_columns_between_boxes_of_rows(row, next_row, columns):
    assert columns_between(row, next_row) == columns_between(next_row, row) == columns


def test_a_free_place_is_retained_and_a_taken_one_left_for_the_first_above():
    assert free({}, 1, 2.0, 5.0) == (2.0, 1)
    taken = {"a": (2.0, 1.0)}
    assert free(taken, 1, 3.0, 5.0) == (3.0, 1)  # beside it
    assert free(taken, 1, 2.5, 2.5) == (2.5, 0)  # a row up
    taken["b"] = (2.5, 0.0)
    assert free(taken, 1, 2.5, 2.5) == (3.5, 0)  # and a column on


def test_however_many_boxes_want_one_place_each_has_its_own():
    taken = {}
    for number in range(12):
        taken[str(number)] = free(taken, 0, 0.0, 0.0)
    found = list(taken.values())
    for number, (x, y) in enumerate(found):
        assert all(abs(x - u) >= 0.99 or abs(y - v) >= 0.45 for u, v in found[:number])


def test_what_needs_nothing_stands_beside_what_needs_it_first():
    graph = small_unet()
    found = places(graph, group_of_each(graph))
    assert found["layer"][0] - found["place"][0] == pytest.approx(BESIDE)
    assert sorted(found) == sorted(box.name for box in graph.boxes)


def test_a_curve_leads_from_end_to_end_and_is_straight_if_its_middle_is():
    points = along(np.array([[0.0, 0.0], [1.0, 2.0], [4.0, 0.0]]))
    assert points.shape == (80, 2)
    np.testing.assert_allclose(points[[0, -1]], [[0, 0], [4, 0]])
    assert points[:, 1].max() == pytest.approx(1, abs=0.001)  # half as far out as the middle point
    straight = along(np.array([[0.0, 1.0], [2.0, 2.0], [4.0, 3.0]]))
    np.testing.assert_allclose(straight[:, 1], 1 + straight[:, 0] / 2)


@pytest.mark.parametrize("target", [(3.0, 0.0), (3.0, 2.0), (0.0, 2.0), (0.2, -2.0), (-2.0, 1.0)])
def test_ways_begin_and_end_on_the_edges_of_the_boxes(target):
    half = np.array([0.4, 0.2])
    for start, _, end in curves(np.zeros(2), np.array(target), half):
        for point, box in ((start, np.zeros(2)), (end, np.array(target))):
            away = abs(point - box) / half
            assert away.max() == pytest.approx(1), (start, end)


def test_a_way_in_a_row_is_level_unless_a_box_is_between():
    edge, at = Edge("a", "b"), {"a": (0.0, 0.0), "b": (4.0, 0.0)}
    np.testing.assert_allclose(way(edge, at, 0.8), [[0.4, 0], [2, 0], [3.6, 0]])
    around = way(edge, at | {"between": (2.0, 0.0)}, 0.8)
    near = abs(along(around)[:, 0] - 2) < 0.4
    assert (abs(along(around)[near, 1]) > 0.21).all()
