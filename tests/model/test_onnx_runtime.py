import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch

from brainseg.core.errors import UserError
from brainseg.model.archive import Model, read_model, write_model
from brainseg.model.onnx_export import OPSET, export_onnx
from brainseg.model.onnx_runtime import INPUT, onnx_predictor, open_session, sigmoid
from brainseg.model.torch_runtime import torch_predictor
from brainseg.preprocessing import preprocess
from tests.model import small_model

pytest.importorskip("onnxruntime")


@pytest.fixture
def model(tmp_path):
    small_model.write(tmp_path / "m.zip", networks=2)
    export_onnx(tmp_path / "m.zip", tmp_path / "m.zip")
    return tmp_path / "m.zip"


def test_probabilities_are_those_of_pytorch(model, rng):
    image = rng.integers(0, 255, (20, 20, 18, 3)).astype(np.uint8)  # more slices than a batch
    patient = preprocess(image, np.zeros(image.shape[:3], bool), small_model.record().preprocess)
    read = read_model(model)
    onnx, pytorch = (predict(read)(patient).on_file_grid.astype(int) for predict in (onnx_predictor, torch_predictor))
    assert np.abs(onnx - pytorch).max() <= 1 and np.ptp(pytorch) > 20  # rounding only


def test_neither_pytorch_nor_dvc_nor_pandas_is_loaded(model):
    code = (
        "import sys, numpy as np, brainseg\n"
        "image = np.random.default_rng(0).integers(0, 255, (3, 20, 18, 3)).astype(np.uint8)\n"
        "mask = brainseg.load(sys.argv[1], runtime='onnx')(image).mask\n"
        "assert mask.shape == (3, 20, 18)\n"
        "print({'torch', 'dvc', 'pandas', 'matplotlib', 'monai'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(model)], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_a_model_file_without_graphs_says_what_to_do(tmp_path):
    model = small_model.write(tmp_path / "m.zip")
    with pytest.raises(UserError, match="m.zip: holds no ONNX graph; `brainseg export` adds it"):
        onnx_predictor(model)


def test_a_damaged_graph_is_one_line():
    with pytest.raises(UserError, match=r"^m.zip: onnx/0.onnx is no graph that ONNX Runtime can run \(\w+\)$"):
        open_session(b"no graph", "m.zip: onnx/0.onnx")


def with_graph(path: Path, network: torch.nn.Module, sample: torch.Tensor, input_name: str = INPUT) -> Model:
    """A model file whose graph is this network."""
    buffer = BytesIO()
    torch.onnx.export(network, (sample,), buffer, dynamo=False, opset_version=OPSET, input_names=[input_name])
    record = small_model.record()
    networks = [record.networks[0].model_copy(update={"onnx": "onnx/0.onnx"})]
    parts = {"weights/0.safetensors": small_model.weights(), "onnx/0.onnx": buffer.getvalue()}
    return write_model(path, record.model_copy(update={"networks": networks}), parts)


class Changed(torch.nn.Module):
    """(B, 3, n, n) -> (B, 1, n, n) of the mean channel, times a number; or other shapes."""

    def __init__(self, factor: float = 1.0, channels: int = 1) -> None:
        super().__init__()
        self.factor, self.channels = factor, channels

    def forward(self, x):
        return x[:, : self.channels] * self.factor


class TwoOutputs(torch.nn.Module):
    def forward(self, x):
        return x[:, :1], x[:, 1:2]


@pytest.fixture
def patient(rng):
    image = rng.integers(0, 255, (2, 20, 18, 3)).astype(np.uint8)
    return preprocess(image, np.zeros(image.shape[:3], bool), small_model.record().preprocess)


def test_a_graph_that_gives_nan_is_an_error_and_not_a_scan_without_lesion(tmp_path, patient):
    model = with_graph(tmp_path / "m.zip", Changed(torch.nan), torch.zeros(2, 3, 16, 16))
    with pytest.raises(UserError, match="m.zip: a network gives NaN for a patient; train again with a lower"):
        onnx_predictor(model)(patient)


@pytest.mark.parametrize(
    ("network", "sample", "input_name", "message"),
    [
        (Changed(), torch.zeros(2, 3, 16, 16), "other", r"cannot be run on images of \(2, 3, 16, 16\) \("),
        (Changed(), torch.zeros(2, 3, 32, 32), INPUT, r"cannot be run on images of \(2, 3, 16, 16\) \("),
        (TwoOutputs(), torch.zeros(2, 3, 16, 16), INPUT, r"cannot be run on images of .* \(ValueError: too many"),
        (
            Changed(channels=2),
            torch.zeros(2, 3, 16, 16),
            INPUT,
            r"gives \(2, 2, 16, 16\) for images of \(2, 3, 16, 16\); expected floats of \(2, 1, 16, 16\)",
        ),
    ],
    ids=["input name", "size", "two outputs", "channels"],
)
def test_a_graph_of_another_form_is_one_line(tmp_path, patient, network, sample, input_name, message):
    model = with_graph(tmp_path / "m.zip", network, sample, input_name)
    with pytest.raises(UserError, match="m.zip: onnx/0.onnx " + message) as caught:
        onnx_predictor(model)(patient)
    assert "\n" not in str(caught.value)


def test_without_onnxruntime_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match=r"onnxruntime is not installed; pip install 'brainseg\[onnx\]'"):
        open_session(b"", "m.zip")


def test_the_sigmoid_does_not_overflow():
    logits = np.array([-1e4, -1.0, 0.0, 1.0, 1e4], np.float32)
    np.testing.assert_allclose(sigmoid(logits), [0, 0.26894143, 0.5, 0.7310586, 1], atol=1e-7)
