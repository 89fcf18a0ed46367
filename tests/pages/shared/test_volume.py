import json
from dataclasses import replace

import numpy as np
import pytest

from brainseg.pages.shared.volume import Volume, to_viewer
from tests.pages.small_run import volume


def test_what_the_viewer_reads_is_plain_and_the_same_again():
    found = to_viewer(volume(), 256)
    assert json.loads(json.dumps(found)) == found == to_viewer(volume(), 256)
    assert (found["slices"], found["height"], found["width"], found["columns"], found["step"]) == (7, 40, 32, 3, 1)


@pytest.mark.parametrize("channels", [1, 3, 8])
def test_every_channel_has_its_name(channels):
    found = to_viewer(volume(channels=channels), 256)
    assert [channel["name"] for channel in found["channels"]] == list(volume(channels=channels).channels)


def test_a_channel_without_a_name_is_an_error():
    one = volume()
    with pytest.raises(ValueError, match="zip"):
        to_viewer(Volume("a", one.image, ["only one"], one.masks), 256)


def test_areas_are_of_the_whole_slices_also_where_they_are_shown_smaller():
    one = volume()
    areas = to_viewer(one, 20)["masks"][0]["areas"]
    assert areas == one.masks["truth"].sum(axis=(1, 2)).tolist()
    assert (to_viewer(one, 20)["height"], to_viewer(one, 20)["step"]) == (20, 2)


def test_poor_regions_are_where_the_prediction_is_wrong():
    [[place, row, column, radius]] = to_viewer(volume(), 256)["poor"]
    assert (place, row, column) == (3, 32.5, 26.5) and 3 < radius < 8  # the false lesion, and no edge that is 2 px off


def test_without_truth_or_probability_there_is_neither():
    one = volume()
    found = to_viewer(Volume("a", one.image, one.channels, {"prediction": one.masks["prediction"]}), 256)
    assert (
        found["probability"] is None
        and found["poor"] == []
        and [mask["name"] for mask in found["masks"]] == ["prediction"]
    )


def test_pictures_side_by_side_have_the_masks_that_they_name():
    one = volume()
    two = replace(one, panes=[["truth", "prediction"], ["truth"]])
    assert to_viewer(one, 256)["panes"] == [["truth", "prediction"]]
    assert to_viewer(two, 256)["panes"] == [["truth", "prediction"], ["truth"]]


def test_an_empty_mask_is_shown_too():
    one = volume()
    nothing = np.zeros_like(one.masks["truth"])
    assert to_viewer(Volume("a", one.image, one.channels, {"truth": nothing, "prediction": nothing}), 256)["poor"] == []
