"""From a network's output to what is stored of a patient."""

import numpy as np

from brainseg.data.head import head_depth
from brainseg.data.predictions import Prediction, to_uint8
from brainseg.data.preprocessed import Preprocessed


def prediction_of(patient: Preprocessed, probability: np.ndarray) -> Prediction:
    """The prediction of a patient, from the network's output (S, n, n) float32."""
    on_file_grid = to_uint8(patient.geometry.to_file(probability))
    return Prediction(on_file_grid, to_uint8(probability), head_depth(patient))
