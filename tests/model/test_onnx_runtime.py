import subprocess
import sys

import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.model.archive import read_model
from brainseg.model.onnx_export import export_onnx
from brainseg.model.onnx_runtime import onnx_predictor, open_session, sigmoid
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
    onnx, torch = (predictor(read)(patient).on_file_grid.astype(int) for predictor in (onnx_predictor, torch_predictor))
    assert np.abs(onnx - torch).max() <= 1 and np.ptp(torch) > 20  # rounding only


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


def test_without_onnxruntime_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match=r"onnxruntime is not installed; pip install 'brainseg\[onnx\]'"):
        open_session(b"", "m.zip")


def test_the_sigmoid_does_not_overflow():
    logits = np.array([-1e4, -1.0, 0.0, 1.0, 1e4], np.float32)
    np.testing.assert_allclose(sigmoid(logits), [0, 0.26894143, 0.5, 0.7310586, 1], atol=1e-7)
