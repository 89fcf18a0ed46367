import numpy as np
import pytest
import torch

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
    from safetensors.torch import load

    return load(model.parts[f"weights/{seed}.safetensors"])


def nan_weights() -> bytes:
    from safetensors.torch import load, save

    state = load(small_model.weights())
    state["head.bias"][:] = torch.nan
    return save(state)


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
