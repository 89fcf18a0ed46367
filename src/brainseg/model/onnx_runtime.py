"""The networks of a model file, run by ONNX Runtime: without PyTorch."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from brainseg.archs.shared.input import InputSettings
from brainseg.core.errors import UserError
from brainseg.data.prediction_of import prediction_of
from brainseg.data.predictions import Prediction
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
        name = f"{model.path}: {network.onnx}"
        sessions.append((partial(_run, open_session(model.parts[network.onnx], name), name), network.input))

    def predict(patient: Preprocessed) -> Prediction:
        z_scores = patient.z_score()
        answers = [
            _probability(run, patient, z_scores, input_settings, model.record.inference.flips)
            for run, input_settings in sessions
        ]
        probability = sum(answers) / len(answers)  # (S, n, n)
        if not np.isfinite(probability).all():  # it would be stored as 0: no lesion
            raise UserError(f"{model.path}: a network gives NaN for a patient; train again with a lower learning rate")
        return prediction_of(patient, probability)

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
    run: Callable[[np.ndarray], np.ndarray],
    patient: Preprocessed,
    z_scores: np.ndarray,
    input_settings: InputSettings,
    flips: bool,
) -> np.ndarray:
    index = input_settings.slice_index(patient.retained)
    probabilities = []
    for start in range(0, len(index), BATCH_SIZE):
        images = input_settings.as_channels_numpy(z_scores[index[start : start + BATCH_SIZE]], patient.channels)
        probability = run(images)
        if flips:
            mirrored = run(np.ascontiguousarray(np.flip(images, MIRROR)))
            probability = (probability + np.flip(mirrored, MIRROR)) / 2
        probabilities.append(probability[:, 0])
    return np.concatenate(probabilities)


def _run(session: "InferenceSession", name: str, images: np.ndarray) -> np.ndarray:
    try:
        (logits,) = session.run(None, {INPUT: images})
    except Exception as error:  # onnxruntime has its own types of error
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        raise UserError(f"{name} cannot be run on images of {images.shape} ({reason})") from None
    expected = (len(images), 1, *images.shape[2:])
    if np.shape(logits) != expected or logits.dtype.kind != "f":
        raise UserError(f"{name} gives {np.shape(logits)} for images of {images.shape}; expected floats of {expected}")
    return sigmoid(logits)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-logits)), also where exp would overflow."""
    return 0.5 * (1 + np.tanh(0.5 * logits))
