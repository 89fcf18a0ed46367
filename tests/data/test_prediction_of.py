import numpy as np

from brainseg.data.geometry import Geometry
from brainseg.data.head import head_depth
from brainseg.data.prediction_of import prediction_of
from brainseg.data.predictions import to_uint8
from brainseg.data.preprocessed import FULL_SCALE, Preprocessed


def test_a_prediction_has_both_grids_and_the_depth_in_the_head(rng):
    geometry = Geometry(20, 24, 3, 15, 2, 22)
    image = np.full((4, 16, 16, 3), FULL_SCALE, np.uint16)
    patient = Preprocessed(image, image[..., 0] < 0, np.zeros(3), np.ones(3), np.ones(4, bool), geometry)
    probability = rng.random((4, 16, 16)).astype(np.float32)
    found = prediction_of(patient, probability)
    np.testing.assert_array_equal(found.on_file_grid, to_uint8(geometry.to_file(probability)))
    np.testing.assert_array_equal(found.on_network_grid, to_uint8(probability))
    np.testing.assert_array_equal(found.head_depth, head_depth(patient))
