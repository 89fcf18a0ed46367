import io

import numpy as np
import pytest
from PIL import Image

from brainseg.audit.pictures import EACH, OUTLINE, SIDE_PX, View, draw, shown_slice
from brainseg.data.raw.patients import write_patient


@pytest.fixture
def root(tmp_path):
    image = np.zeros((4, 22, 11, 3), np.uint8)
    image[2, 4:18, 2:9] = (40, 80, 120)
    mask = np.zeros(image.shape[:3], bool)
    mask[2, 8:14, 4:8] = True
    write_patient(tmp_path / "P", image, mask)
    return tmp_path


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_each_view_is_drawn_once(root):
    views = [View("P"), View("P", 3), View("P", 1), View("P", 3, 2), View("P", 3, EACH), View("P")]
    drawn = draw(views, root)
    assert set(drawn) == set(views) and len(drawn) == 5
    assert drawn[View("P")] == drawn[View("P", 3)] != drawn[View("P", 1)]  # 0 is where the lesion is largest
    assert pixels(drawn[View("P", 3)]).shape == (SIDE_PX, SIDE_PX // 2)
    assert pixels(drawn[View("P", 3, EACH)]).shape == (SIDE_PX, 3 * SIDE_PX // 2 + 20)  # two lines of a voxel
    assert not pixels(drawn[View("P", 1)]).any()
    assert pixels(drawn[View("P", 3)]).max() > 240


def test_the_outline_is_the_edge_of_the_mask(root):
    coloured = pixels(draw([View("P", 3, outline=True)], root)[View("P", 3, outline=True)])
    edge = (coloured == OUTLINE).all(axis=2)
    rows, columns = np.nonzero(edge)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (80, 139, 40, 79)  # 10 px for each voxel
    assert not edge[90:130, 50:70].any()


def test_a_view_without_lesion_has_no_outline(root):
    assert pixels(draw([View("P", 1, outline=True)], root)[View("P", 1, outline=True)]).ndim == 2


def test_without_lesion_the_middle_slice_is_shown():
    assert shown_slice(np.zeros((7, 2, 2), bool)) == 3
