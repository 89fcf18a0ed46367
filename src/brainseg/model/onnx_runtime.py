"""The networks of a model file, run by ONNX Runtime: without PyTorch."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from brainseg.archs.shared.input import InputSettings
from brainseg.core.errors import UserError
from brainseg.data.predictions import Prediction, to_uint8
from brainseg.data.preprocessed import Preprocessed
from brainseg.model.archive import Model

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

INPUT = "images"
BATCH_SIZE = 16  # as with PyTorch
MIRROR = 3  # the axis of columns


def onnx_predictor(model: Model) -> Callable[[Preprocessed], Prediction]:
    """The function that predicts a preprocessed patient: the mean probability of the networks, in float32."""
    sessions = []
    for network in model.record.networks:
        if network.onnx is None:
            raise UserError(f"{model.path}: holds no ONNX graph; `brainseg export` adds it")
        sessions.append((open_session(model.parts[network.onnx], f"{model.path}: {network.onnx}"), network.input))

    def predict(patient: Preprocessed) -> Prediction:
        z_scores = patient.z_score()
        answers = [
            _probability(session, z_scores, patient.retained, input_settings, model.record.inference.flips)
            for session, input_settings in sessions
        ]
        probability = sum(answers) / len(answers)  # (S, n, n)
        return Prediction(to_uint8(patient.geometry.to_file(probability)), to_uint8(probability))

    return predict


def open_session(graph: bytes, name: str) -> "InferenceSession":
    try:
        import onnxruntime
    except ModuleNotFoundError:
        raise UserError("onnxruntime is not installed; pip install 'brainseg[onnx]'") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors become exceptions; no lines of its own
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has its own types of error
        raise UserError(f"{name} is no graph that ONNX Runtime can run ({type(error).__name__})") from None


def _probability(
    session: "InferenceSession", z_scores: np.ndarray, retained: np.ndarray, input_settings: InputSettings, flips: bool
) -> np.ndarray:
    index = input_settings.slice_index(retained)
    probabilities = []
    for start in range(0, len(index), BATCH_SIZE):
        images = input_settings.as_channels_numpy(z_scores[index[start : start + BATCH_SIZE]])  # (B, C, n, n)
        probability = _run(session, images)
        if flips:
            mirrored = _run(session, np.ascontiguousarray(np.flip(images, MIRROR)))
            probability = (probability + np.flip(mirrored, MIRROR)) / 2
        probabilities.append(probability[:, 0])
    return np.concatenate(probabilities)


def _run(session: "InferenceSession", images: np.ndarray) -> np.ndarray:
    (logits,) = session.run(None, {INPUT: images})
    return sigmoid(logits)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-logits)), also where exp would overflow."""
    return 0.5 * (1 + np.tanh(0.5 * logits))
