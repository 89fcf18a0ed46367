import math

import numpy as np
import pytest
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D, InputSettings
from brainseg.core.errors import UserError
from brainseg.data.geometry import Geometry
from brainseg.data.predictions import to_uint8
from brainseg.data.preprocessed import FULL_SCALE, Preprocessed
from brainseg.data.weights import TrainedNetwork, write_weights
from brainseg.inference import BATCH_SIZE, PredictSettings, predict, read_networks, select_heads
from tests.archs.builders import unet, unetpp

CPU = torch.device("cpu")
COUNT = BATCH_SIZE + 3  # more slices than a batch
ONCE = PredictSettings(networks="data/weights", weights="last", flips=False, precision="fp32", heads="last", prune_to=0)
FLIPS = PredictSettings(networks="data/weights", weights="last", flips=True, precision="fp32", heads="last", prune_to=0)


class FirstChannel(torch.nn.Module):
    def forward(self, images):
        return images[:, :1]


class Ramp(torch.nn.Module):
    """Rises from left to right whatever it input_settings, from logit -2 to 2."""

    def forward(self, images):
        return torch.linspace(-2, 2, images.shape[3]).expand_as(images[:, :1])


class Everywhere(torch.nn.Module):
    def forward(self, images):
        return torch.full_like(images[:, :1], 20.0)


@pytest.fixture
def patient(rng) -> Preprocessed:
    kept = np.arange(COUNT) % 5 > 0
    geometry = Geometry(height=20, width=24, top=3, bottom=15, left=2, right=22)
    image = rng.integers(0, FULL_SCALE, (COUNT, 16, 16, 3)).astype(np.uint16)
    mean, std = np.array([0.3, 0.4, 0.5]), np.array([0.2, 0.3, 0.4])
    return Preprocessed(image, np.zeros((COUNT, 16, 16), bool), mean, std, kept, geometry)


def test_every_slice_is_predicted_also_those_not_retained(patient):
    prediction = predict([TrainedNetwork(FirstChannel(), THREE_CHANNELS_2D)], patient, CPU, ONCE)
    expected = 1 / (1 + np.exp(-patient.z_score()[..., 0]))
    assert np.abs(prediction.on_network_grid / 255 - expected).max() < 0.51 / 255
    assert prediction.on_network_grid.shape == (COUNT, 16, 16)


def test_the_file_grid_is_the_network_grid_brought_back(patient):
    prediction = predict([TrainedNetwork(FirstChannel(), THREE_CHANNELS_2D)], patient, CPU, ONCE)
    back = patient.geometry.to_file(1 / (1 + np.exp(-patient.z_score()[..., 0])))
    assert prediction.on_file_grid.shape == (COUNT, 20, 24)
    assert prediction.on_file_grid.dtype == prediction.on_network_grid.dtype == np.uint8
    assert np.abs(prediction.on_file_grid.astype(int) - to_uint8(back)).max() <= 1  # rounding only


@pytest.mark.parametrize("settings", [ONCE, FLIPS])
def test_outside_the_box_it_is_0_even_if_the_network_predicts_lesion_everywhere(patient, settings):
    file = predict([TrainedNetwork(Everywhere(), THREE_CHANNELS_2D)], patient, CPU, settings).on_file_grid
    inside = np.zeros((20, 24), bool)
    inside[3:15, 2:22] = True
    np.testing.assert_array_equal(file, np.broadcast_to(inside * np.uint8(255), file.shape))


def test_flips_average_with_what_the_mirror_image_gives(patient):
    ramp = predict([TrainedNetwork(Ramp(), THREE_CHANNELS_2D)], patient, CPU, ONCE).on_network_grid.astype(int)
    flips = predict([TrainedNetwork(Ramp(), THREE_CHANNELS_2D)], patient, CPU, FLIPS).on_network_grid.astype(int)
    assert np.abs(flips - (ramp + ramp[:, :, ::-1]) / 2).max() <= 1
    assert np.ptp(ramp) > 100 > np.ptp(flips)  # p(l) + p(-l) is 1: the average is flat


def test_flips_change_nothing_for_a_network_that_has_no_side(patient):
    once, flips = (
        predict([TrainedNetwork(FirstChannel(), THREE_CHANNELS_2D)], patient, CPU, settings)
        for settings in (ONCE, FLIPS)
    )
    np.testing.assert_array_equal(once.on_file_grid, flips.on_file_grid)


@pytest.mark.parametrize("asked", [ONCE, FLIPS])
def test_the_network_is_shown_the_channels_and_neighbours_it_was_trained_with(patient, asked):
    class Watching(torch.nn.Module):
        def forward(self, images):
            seen.append(images)
            return images[:, :1]

    seen: list[torch.Tensor] = []
    input_settings = InputSettings(channels=["flair"], neighbours=1)
    predict([TrainedNetwork(Watching(), input_settings)], patient, CPU, asked)
    flair = torch.from_numpy(patient.z_score()[..., 1])
    # slice 1 is the first that is kept: its neighbour before it is itself
    expected = torch.stack([flair[1], flair[1], flair[2]])
    assert seen[0].shape == (BATCH_SIZE, 3, 16, 16)
    assert seen[0][1].equal(expected)
    assert seen[1].equal(seen[0].flip(3)) == (asked is FLIPS)


def asking(**more: object) -> PredictSettings:
    return PredictSettings(**ONCE.model_dump() | more)


class Sure(torch.nn.Module):
    """The same probability everywhere."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.logit = math.log(probability / (1 - probability))

    def forward(self, images):
        return torch.full_like(images[:, :1], self.logit)


@pytest.mark.parametrize(
    ("sure", "expected"),
    [
        ([0.5, 0.75], 159),  # their mean is 0.625, of 255 159.4; the mean of the logits would be 162
        ([0.1, 0.2, 0.9], 102),  # 0.4
        ([0.9, 0.1, 0.2], 102),
        ([0.75], 191),  # 191.25
    ],
)
@pytest.mark.parametrize("settings", [ONCE, FLIPS])
def test_several_networks_answer_with_the_mean_of_their_probabilities(patient, settings, sure, expected):
    networks = [TrainedNetwork(Sure(probability), THREE_CHANNELS_2D) for probability in sure]
    prediction = predict(networks, patient, CPU, settings)
    assert (prediction.on_network_grid == expected).all()
    assert (prediction.on_file_grid[:, 3:15, 2:22] == expected).all()


def test_each_of_several_networks_receives_what_it_was_trained_with(patient):
    flair = TrainedNetwork(FirstChannel(), InputSettings(channels=["flair"], neighbours=0))
    both = predict([TrainedNetwork(FirstChannel(), THREE_CHANNELS_2D), flair], patient, CPU, ONCE).on_network_grid
    expected = (1 / (1 + np.exp(-patient.z_score()[..., :2]))).mean(axis=-1)  # of pre-contrast and FLAIR
    assert np.abs(both / 255 - expected).max() < 0.51 / 255


def test_a_patients_z_scores_are_computed_once_for_all_networks(patient, monkeypatch):
    counted = []
    z_score = Preprocessed.z_score
    monkeypatch.setattr(Preprocessed, "z_score", lambda self: counted.append(self) or z_score(self))
    predict([TrainedNetwork(FirstChannel(), THREE_CHANNELS_2D)] * 3, patient, CPU, ONCE)
    assert len(counted) == 1


def test_networks_of_one_input_between_others_are_added_in_their_order(patient):
    flair = InputSettings(channels=["flair"], neighbours=0)
    networks = [TrainedNetwork(FirstChannel(), seen) for seen in (THREE_CHANNELS_2D, flair, flair, THREE_CHANNELS_2D)]
    z = patient.z_score()
    first, second = 1 / (1 + np.exp(-z[..., 0])), 1 / (1 + np.exp(-z[..., 1]))
    found = predict(networks, patient, CPU, ONCE).on_network_grid
    assert np.abs(found / 255 - (first + second) / 2).max() < 0.51 / 255


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a U-Net of so many features below a folder that is the project meanwhile."""
    monkeypatch.chdir(tmp_path)

    def write_(path: str, features: int) -> None:
        arch = {"features": features, "levels": 2}
        write_weights(tmp_path / path, unet(3, **arch).state_dict(), "unet", arch, THREE_CHANNELS_2D)

    return write_


def features(networks: list[TrainedNetwork]) -> list[int]:
    return [next(trained.network.parameters()).shape[0] for trained in networks]


def test_the_network_just_trained_is_the_one_that_is_asked(write):
    write("data/weights/last.pt", 2)
    write("data/weights/best.pt", 3)
    write("data/ensemble/a/last.pt", 4)
    assert features(read_networks(ONCE, CPU)) == [2]
    assert features(read_networks(asking(weights="best"), CPU)) == [3]


def test_all_networks_of_an_ensemble_are_asked_in_the_order_of_their_names(write):
    write("data/weights/last.pt", 2)
    for number, name in enumerate(["cv5-fold2", "cv5-fold0", "branch/of-mine"], start=3):
        write(f"data/ensemble/{name}/last.pt", number)
        write(f"data/ensemble/{name}/best.pt", 9)
    networks = read_networks(asking(networks="data/ensemble"), CPU)
    assert features(networks) == [5, 4, 3]
    assert not any(trained.network.training for trained in networks)


@pytest.mark.parametrize("there", [[], ["README.md"], ["a/best.pt"]], ids=str)
def test_where_there_is_no_network_it_is_reported(tmp_path, monkeypatch, there):
    monkeypatch.chdir(tmp_path)
    for folder in ("data/weights", "data/ensemble"):
        for name in there:
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).touch()
    with pytest.raises(UserError, match=r"^data/ensemble: no last.pt in it; [^\n]*$"):
        read_networks(asking(networks="data/ensemble"), CPU)
    with pytest.raises(FileNotFoundError, match="data/weights/last.pt"):
        read_networks(asking(networks="data/weights"), CPU)


def test_every_network_of_an_ensemble_answers_as_set(write):
    write("data/ensemble/a/last.pt", 2)
    with pytest.raises(UserError, match="predict.heads is mean; this network has one head"):
        read_networks(asking(networks="data/ensemble", heads="mean"), CPU)


def test_the_heads_and_the_depth_of_the_settings_answer():
    torch.manual_seed(0)
    network = unetpp(3, features=2, levels=4, deep_supervision=True).eval()
    images = torch.randn(1, 3, 8, 8)
    whole = network(images)
    select_heads(network, asking(prune_to=1))
    assert (network.depth, network.mean_of_heads) == (1, False)
    select_heads(network, asking(heads="mean"))
    assert (network.depth, network.mean_of_heads) == (3, True)
    select_heads(network, asking(heads="mean", prune_to=2))
    assert (network.depth, network.mean_of_heads) == (2, True)
    assert not network(images).equal(whole)
    select_heads(network, ONCE)
    assert network(images).equal(whole)


@pytest.mark.parametrize(
    ("network", "asked", "reported"),
    [
        (unet(3, features=2, levels=2), {"heads": "mean"}, "predict.heads is mean; this network has one head"),
        (unet(3, features=2, levels=2), {"prune_to": 1}, "predict.prune_to is 1; this network has one head"),
        (
            unetpp(3, features=2, levels=3, deep_supervision=False),
            {"prune_to": 1},
            "prune_to is 1; this network",
        ),
        (unetpp(3, features=2, levels=3, deep_supervision=True), {"prune_to": 3}, "expected 0 or one of: 1, 2"),
    ],
)
def test_heads_that_are_not_there_are_refused(network, asked, reported):
    with pytest.raises(UserError, match=reported):
        select_heads(network, asking(**asked))


def test_nothing_is_asked_of_a_network_of_one_head():
    select_heads(unet(3, features=2, levels=2), ONCE)


def test_probabilities_that_are_not_finite_are_refused(patient):
    """As 8-bit numbers they would be 0: no lesion."""

    class Overflows(torch.nn.Module):
        def forward(self, images):
            return images[:, :1] * torch.inf * 0

    with pytest.raises(UserError, match="^data/weights: a network gives NaN for a patient"):
        predict([TrainedNetwork(Overflows(), THREE_CHANNELS_2D)], patient, CPU, ONCE)
