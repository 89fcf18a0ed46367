"""`brainseg export`: ONNX graphs of a model file's networks, written into a model file beside the weights."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch

from brainseg.core.errors import UserError
from brainseg.data.weights import TrainedNetwork
from brainseg.inference import PredictSettings
from brainseg.model.archive import read_model, write_model
from brainseg.model.onnx_runtime import INPUT, open_session, sigmoid
from brainseg.model.torch_runtime import read_network, set_heads

OPSET = 18
CHECKED_SLICES = 3  # at a time, another number than the graph was traced with
MAX_DIFFERENCE = 1e-3  # of a probability; a graph that differs by more is refused


@dataclass(frozen=True)
class Exported:
    """difference: the largest between probabilities of ONNX and of PyTorch; any_size: whether sides are free."""

    difference: float
    any_size: bool


def export_onnx(source: Path, target: Path, images: np.ndarray | None = None) -> list[Exported]:
    """Write the model file `target`: that of `source` with an ONNX graph of each network.

    images: (N, S, n, n, C) z-scores of real slices to compare ONNX and PyTorch on; normal noise without.
    Raises UserError for an architecture that has no ONNX form, or a different one.
    """
    model = read_model(source)
    parts, networks, found = dict(model.parts), [], []
    settings = PredictSettings(networks="data/weights", weights="last", **model.record.inference.model_dump())
    for number, record in enumerate(model.record.networks):
        trained = read_network(model, record)
        set_heads(model, trained.network, settings)
        part = f"onnx/{number}.onnx"
        channels, side_px = model.record.channels, model.record.preprocess.side_px
        parts[part], exported = _export(trained, record.arch, channels, side_px, images)
        networks.append(record.model_copy(update={"onnx": part}))
        found.append(exported)
    difference = max(exported.difference for exported in found)
    record = model.record.model_copy(update={"networks": networks, "onnx_difference": difference})
    write_model(target, record, parts)
    return found


def _export(
    trained: TrainedNetwork, arch: str, channels: Sequence[str], side_px: int, images: np.ndarray | None
) -> tuple[bytes, Exported]:
    network = trained.network.to(memory_format=torch.contiguous_format)
    z_scores = np.random.default_rng(0).normal(
        size=(CHECKED_SLICES, trained.input_settings.slices, side_px, side_px, len(channels))
    )
    given = (z_scores if images is None else images).astype(np.float32)
    inputs = trained.input_settings.as_channels_numpy(given, channels)
    noise = np.random.default_rng(1).normal(size=(2, trained.input_settings.in_channels, 2 * side_px, 2 * side_px))
    try:
        graph = _trace(network, inputs[:1], any_size=True)
        _difference(graph, network, noise.astype(np.float32))
        any_size = True
    except Exception:  # the exporter and ONNX raise many types of error for sides that are not free
        graph, any_size = _traced_at_one_size(network, arch, inputs[:1]), False
    difference = _difference(graph, network, inputs)
    if not difference <= MAX_DIFFERENCE:
        raise UserError(f"{arch}: ONNX differs from PyTorch by {difference:.2g}; expected at most {MAX_DIFFERENCE}")
    return graph, Exported(difference, any_size)


def _traced_at_one_size(network: torch.nn.Module, arch: str, inputs: np.ndarray) -> bytes:
    try:
        return _trace(network, inputs, any_size=False)
    except Exception as error:
        reason = " ".join(str(error).split())[:100]
        raise UserError(f"{arch} has no ONNX form ({type(error).__name__}: {reason})") from None


def _trace(network: torch.nn.Module, inputs: np.ndarray, any_size: bool) -> bytes:
    """The graph, with a free number of slices. The exporter by tracing takes a second, the other one a minute."""
    free = {0: "slices", 2: "rows", 3: "columns"} if any_size else {0: "slices"}
    buffer = BytesIO()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sizes that become constants: the check on other inputs finds these
        torch.onnx.export(
            network,
            (torch.from_numpy(inputs),),
            buffer,
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=["logits"],
            dynamic_axes={INPUT: free, "logits": free},
        )
    return buffer.getvalue()


def _difference(graph: bytes, network: torch.nn.Module, inputs: np.ndarray) -> float:
    """The largest difference of a probability between ONNX and PyTorch, both in float32."""
    (logits,) = open_session(graph, "the graph").run(None, {INPUT: inputs})
    with torch.inference_mode():
        expected = network(torch.from_numpy(inputs)).numpy()
    return float(np.abs(sigmoid(logits) - sigmoid(expected)).max())
