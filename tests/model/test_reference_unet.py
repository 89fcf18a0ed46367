"""Weights of the reference U-Net against its forward pass, written out here operation by operation."""

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from benchmarks.reference_state import reference_state
from brainseg.core.errors import UserError
from brainseg.model.archive import read_model
from brainseg.model.reference_unet import import_reference
from brainseg.model.torch_runtime import read_network

FEATURES = 4  # the reference has 32


def reference_forward(state: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Probabilities: encoder, bottleneck, decoder with the upsampled maps before the skips, sigmoid."""

    def block(prefix: str, name: str, x: torch.Tensor) -> torch.Tensor:
        for half in ("1", "2"):
            x = F.conv2d(x, state[f"{prefix}.{name}conv{half}.weight"], padding=1)
            norm = [state[f"{prefix}.{name}norm{half}.{part}"] for part in ("running_mean", "running_var")]
            scale = [state[f"{prefix}.{name}norm{half}.{part}"] for part in ("weight", "bias")]
            x = F.relu(F.batch_norm(x, *norm, *scale, training=False))
        return x

    skips = []
    for level in range(1, 5):
        x = block(f"encoder{level}", f"enc{level}", x)
        skips.append(x)
        x = F.max_pool2d(x, kernel_size=2, stride=2)
    x = block("bottleneck", "bottleneck", x)
    for level in range(4, 0, -1):
        x = F.conv_transpose2d(x, state[f"upconv{level}.weight"], state[f"upconv{level}.bias"], stride=2)
        x = block(f"decoder{level}", f"dec{level}", torch.cat((x, skips[level - 1]), dim=1))
    return torch.sigmoid(F.conv2d(x, state["conv.weight"], state["conv.bias"]))


def test_the_imported_network_computes_what_the_reference_computes(tmp_path):
    torch.manual_seed(0)
    state = reference_state(FEATURES)
    torch.save(state, tmp_path / "unet.pt")
    import_reference(tmp_path / "unet.pt", tmp_path / "m.zip", ["TCGA_CS_4941"])
    model = read_model(tmp_path / "m.zip")
    network = read_network(model, model.record.networks[0]).network
    x = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        found, expected = network(x).sigmoid(), reference_forward(state, x)
    assert expected.std() > 0.05  # not one value everywhere
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_its_preprocessing_and_its_patients_are_the_reports(tmp_path):
    torch.save(reference_state(FEATURES), tmp_path / "unet.pt")
    record = import_reference(tmp_path / "unet.pt", tmp_path / "m.zip", ["TCGA_CS_4941"]).record
    assert record.preprocess.side_px == 256 and record.preprocess.background == 0.1
    assert record.mask.threshold == 0.5
    assert record.knows("TCGA_CS_4941_19960909") and not record.knows("TCGA_CS_4942_19970222")
    assert record.scores is None


def other_names(state):
    return {f"module.{name}": value for name, value in state.items()}


def one_missing(state):
    del state["upconv2.bias"]
    return state


def another_shape(state):
    return state | {"conv.weight": torch.zeros(2, FEATURES, 1, 1)}


def one_more(state):
    return state | {"attention.weight": torch.zeros(1)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_names, "encoder1.enc1conv1.weight is missing; expected weights of the reference U-Net"),
        (one_missing, "does not fit the reference U-Net (.*upsamplers.1.bias"),
        (another_shape, "does not fit the reference U-Net (.*size mismatch"),
        (one_more, "'attention.weight' is no weight of the reference U-Net"),
        (lambda state: [1, 2], "holds a list; expected names and tensors, a state_dict"),
    ],
)
def test_other_weights_are_refused(tmp_path, change, message):
    torch.save(change(reference_state(FEATURES)), tmp_path / "unet.pt")
    with pytest.raises(UserError, match=message.replace("(.", r"\(.")):
        import_reference(tmp_path / "unet.pt", tmp_path / "m.zip", [])
    assert not (tmp_path / "m.zip").exists()


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return (print, ("executed",))

    (tmp_path / "unet.pt").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(UserError, match="no weights that PyTorch can load safely"):
        import_reference(tmp_path / "unet.pt", tmp_path / "m.zip", [])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="none.pt: no such file"):
        import_reference(tmp_path / "none.pt", tmp_path / "m.zip", [])
