import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from brainseg.core.errors import UserError
from brainseg.data.weights import TrainedNetwork, rebuild
from brainseg.inference import PredictSettings, predict
from brainseg.model.archive import read_model, write_model
from brainseg.model.torch_runtime import torch_predictor
from brainseg.preprocessing import preprocess
from tests.model import small_model


@pytest.fixture
def patient(rng):
    image = rng.integers(0, 255, (5, 20, 18, 3)).astype(np.uint8)
    return preprocess(image, np.zeros(image.shape[:3], bool), small_model.record().preprocess)


def test_it_predicts_what_the_stage_predicts(tmp_path, patient):
    """Of two networks, the mean, with mirrored prediction as in the record."""
    model = small_model.write(tmp_path / "m.zip", networks=2)
    networks = []
    for seed in range(2):
        torch.manual_seed(seed)
        state = {name: value.clone() for name, value in _state(model, seed).items()}
        networks.append(rebuild("unet", small_model.UNET, small_model.INPUT, state))
    settings = PredictSettings(
        networks="data/weights", weights="last", flips=True, precision="fp32", heads="last", prune_to=0
    )
    assert all(isinstance(network, TrainedNetwork) for network in networks)
    expected = predict(networks, patient, torch.device("cpu"), settings)
    found = torch_predictor(read_model(tmp_path / "m.zip"))(patient)
    np.testing.assert_array_equal(found.on_file_grid, expected.on_file_grid)
    assert expected.on_file_grid.any()


def _state(model, seed: int) -> dict[str, torch.Tensor]:
    return load(model.parts[f"weights/{seed}.safetensors"])


def nan_weights() -> bytes:
    state = load(small_model.weights())
    state["head.bias"][:] = torch.nan
    return save(state)


SETTINGS = r"m.zip: model.json: holds settings of another version of brainseg \(archs."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arch": "nope"}, SETTINGS + "nope is a block of nothing; expected one of: .*; pack it again$"),
        ({"settings": {"features": 0}}, SETTINGS + "unet.features is 0; .*; pack it again$"),
    ],
)
def test_a_network_that_this_version_lacks_is_a_fault_of_the_model_file(tmp_path, changes, message):
    record = small_model.record()
    networks = [record.networks[0].model_copy(update=changes)]
    record = record.model_copy(update={"networks": networks})
    model = write_model(tmp_path / "m.zip", record, {"weights/0.safetensors": small_model.weights()})
    with pytest.raises(UserError, match=message) as caught:
        torch_predictor(model)
    assert "params.yaml" not in str(caught.value)


@pytest.mark.parametrize("changes", [{"heads": "mean"}, {"prune_to": 2}])
def test_heads_that_the_network_lacks_are_a_fault_of_the_model_file(tmp_path, changes):
    inference = small_model.record().inference.model_copy(update=changes)
    model = small_model.write(tmp_path / "m.zip", inference=inference)
    ((key, value),) = changes.items()
    expected = f"m.zip: model.json: inference.{key} is {value}; its network lacks that; pack it again$"
    with pytest.raises(UserError, match=expected):
        torch_predictor(model)


def test_a_side_that_the_network_cannot_halve_is_a_fault_of_the_model_file(tmp_path):
    settings = small_model.record().preprocess.model_copy(update={"side_px": 17})
    model = small_model.write(tmp_path / "m.zip", preprocess=settings)
    with pytest.raises(UserError, match="m.zip: model.json: preprocess.side_px is 17; unet needs a multiple of 2$"):
        torch_predictor(model)


def test_nan_for_a_patient_is_a_fault_of_the_model_file(tmp_path, patient):
    state = load(small_model.weights())
    state["encoders.0.0.weight"][:] = 3e38  # finite, but its sums are infinite
    model = write_model(tmp_path / "m.zip", small_model.record(), {"weights/0.safetensors": save(state)})
    with pytest.raises(UserError, match="m.zip: a network gives NaN for a patient; train again"):
        torch_predictor(model)(patient)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "weights/0.safetensors does not fit unet"),
        (b"\x80\x04\x95pickle", "weights/0.safetensors does not fit unet"),
        (small_model.weights()[:-10], "weights/0.safetensors does not fit unet"),
        (small_model.weights(settings={"features": 3, "levels": 2, "stem": "plain"}), "size mismatch"),
        (nan_weights(), "has a value that is not finite"),
    ],
    ids=["empty", "pickle", "truncated", "of another size", "nan"],
)
def test_weights_that_do_not_fit_are_refused_in_one_line(tmp_path, content, reason):
    model = write_model(tmp_path / "m.zip", small_model.record(), {"weights/0.safetensors": content})
    with pytest.raises(UserError) as caught:
        torch_predictor(model)
    assert reason in str(caught.value) and "\n" not in str(caught.value) and "m.zip" in str(caught.value)
