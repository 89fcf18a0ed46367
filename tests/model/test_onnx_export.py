"""Each architecture as an ONNX graph, compared with PyTorch."""

import numpy as np
import pytest

from brainseg.core.components import available
from brainseg.core.errors import UserError
from brainseg.model import onnx_export
from brainseg.model.archive import read_model, write_model
from brainseg.model.onnx_export import export_onnx
from brainseg.model.record import InferenceRecord, NetworkRecord
from brainseg.preprocessing import PreprocessSettings
from tests.model import small_model

pytest.importorskip("onnxruntime")

SIDE_PX = 32
# architecture -> settings, and whether its graph takes any size
SMALL = {
    "unet": ({"features": 2, "levels": 3, "stem": "space_to_depth"}, True),
    "unetpp": ({"features": 2, "levels": 3, "deep_supervision": True}, True),
    "resunet": (
        {"features": 2, "blocks": [1, 1], "norm": "instance", "deep_supervision": True, "stem": "plain"},
        True,
    ),
    "transunet": (
        {
            "features": 4,
            "blocks": [1, 1, 1],
            "width": 12,
            "layers": 1,
            "heads": 2,
            "grid": 2,
            "dropout": 0.1,
            "pretrained": False,
        },
        False,  # positions are learnt for one grid
    ),
    "refining_unet": (
        {
            "features": 2,
            "levels": 2,
            "coarsening": 2,
            "token_share": 0.1,
            "token_width": 8,
            "token_layers": 1,
            "token_heads": 2,
            "token_weight": 0.0,
        },
        False,  # the number of tokens depends on the size
    ),
}


def test_every_architecture_is_listed():
    assert sorted(SMALL) == available("archs")


@pytest.mark.parametrize("arch", SMALL)
def test_the_graph_of_every_architecture_gives_the_probabilities_of_pytorch(tmp_path, arch):
    settings, any_size = SMALL[arch]
    network = NetworkRecord(weights="weights/0.safetensors", arch=arch, settings=settings, input=small_model.INPUT)
    heads = {"heads": "mean", "prune_to": 1} if arch == "unetpp" else {"heads": "last", "prune_to": 0}
    record = small_model.record(
        networks=[network],
        inference=InferenceRecord(flips=False, precision="fp32", **heads),
        preprocess=PreprocessSettings(side_px=SIDE_PX, background=0.1, low_percentile=10.0, high_percentile=99.0),
    )
    part = small_model.weights(arch=arch, settings=settings)
    write_model(tmp_path / "m.zip", record, {"weights/0.safetensors": part})
    (exported,) = export_onnx(tmp_path / "m.zip", tmp_path / "onnx.zip")
    # rounding selects other pixels as the least certain, so the refining network differs by more
    assert exported.difference < (1e-3 if arch == "refining_unet" else 1e-5)
    assert exported.any_size == any_size
    read = read_model(tmp_path / "onnx.zip")
    assert read.record.networks[0].onnx == "onnx/0.onnx" and read.record.onnx_difference == exported.difference
    assert read.parts["weights/0.safetensors"] == part  # PyTorch can still run it


def test_the_same_model_gives_the_same_bytes(tmp_path):
    small_model.write(tmp_path / "m.zip")
    for name in ("one.zip", "two.zip"):
        export_onnx(tmp_path / "m.zip", tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_real_slices_are_compared_where_they_are_given(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(onnx_export, "_difference", lambda graph, network, inputs: seen.append(inputs.shape) or 0.25e-3)
    small_model.write(tmp_path / "m.zip")
    (exported,) = export_onnx(tmp_path / "m.zip", tmp_path / "m.zip", np.zeros((7, 1, 16, 16, 3)))
    assert seen[-1] == (7, 3, 16, 16) and exported.difference == 0.25e-3


def test_a_graph_that_differs_is_refused_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "_difference", lambda graph, network, inputs: 0.5)
    small_model.write(tmp_path / "m.zip")
    with pytest.raises(UserError, match="^unet: ONNX differs from PyTorch by 0.5; expected at most 0.001$"):
        export_onnx(tmp_path / "m.zip", tmp_path / "onnx.zip")
    assert not (tmp_path / "onnx.zip").exists()


def test_heads_that_the_network_lacks_are_a_fault_of_the_model_file(tmp_path):
    inference = small_model.record().inference.model_copy(update={"heads": "mean"})
    small_model.write(tmp_path / "m.zip", inference=inference)
    with pytest.raises(UserError, match="m.zip: model.json: inference.heads is mean; its network lacks that"):
        export_onnx(tmp_path / "m.zip", tmp_path / "onnx.zip")


def test_an_architecture_without_onnx_form_is_refused_by_name(tmp_path, monkeypatch):
    def refuse(network, inputs, any_size):
        raise TypeError("an operation\nof its own")

    monkeypatch.setattr(onnx_export, "_trace", refuse)
    small_model.write(tmp_path / "m.zip")
    with pytest.raises(UserError, match=r"^unet has no ONNX form \(TypeError: an operation of its own\)$"):
        export_onnx(tmp_path / "m.zip", tmp_path / "onnx.zip")
