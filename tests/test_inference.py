import numpy as np
import pytest
import torch

from brainseg.geometry import Geometry
from brainseg.inference import BATCH_SIZE, PredictSettings, predict
from brainseg.prediction import to_uint8
from brainseg.preprocessing import FULL_SCALE, Preprocessed

CPU = torch.device("cpu")
COUNT = BATCH_SIZE + 3  # more slices than a batch
ONCE = PredictSettings(weights="last", flips=False, precision="fp32", heads="last", prune_to=0)
FLIPS = PredictSettings(weights="last", flips=True, precision="fp32", heads="last", prune_to=0)


class FirstChannel(torch.nn.Module):
    def forward(self, images):
        return images[:, :1]


class Ramp(torch.nn.Module):
    """Rises from left to right whatever it sees, from logit -2 to 2."""

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


def test_every_slice_is_predicted_also_those_not_kept(patient):
    prediction = predict(FirstChannel(), patient, CPU, ONCE)
    expected = 1 / (1 + np.exp(-patient.z_score()[..., 0]))
    assert np.abs(prediction.on_network_grid / 255 - expected).max() < 0.51 / 255
    assert prediction.on_network_grid.shape == (COUNT, 16, 16)


def test_the_file_grid_is_the_network_grid_brought_back(patient):
    prediction = predict(FirstChannel(), patient, CPU, ONCE)
    back = patient.geometry.to_file(1 / (1 + np.exp(-patient.z_score()[..., 0])))
    assert prediction.on_file_grid.shape == (COUNT, 20, 24)
    assert prediction.on_file_grid.dtype == prediction.on_network_grid.dtype == np.uint8
    assert np.abs(prediction.on_file_grid.astype(int) - to_uint8(back)).max() <= 1  # rounding only


@pytest.mark.parametrize("settings", [ONCE, FLIPS])
def test_outside_the_box_it_is_0_even_if_the_network_sees_lesion_everywhere(patient, settings):
    file = predict(Everywhere(), patient, CPU, settings).on_file_grid
    inside = np.zeros((20, 24), bool)
    inside[3:15, 2:22] = True
    np.testing.assert_array_equal(file, np.broadcast_to(inside * np.uint8(255), file.shape))


def test_flips_average_with_what_the_mirror_image_gives(patient):
    ramp = predict(Ramp(), patient, CPU, ONCE).on_network_grid.astype(int)
    flips = predict(Ramp(), patient, CPU, FLIPS).on_network_grid.astype(int)
    assert np.abs(flips - (ramp + ramp[:, :, ::-1]) / 2).max() <= 1
    assert np.ptp(ramp) > 100 > np.ptp(flips)  # p(l) + p(-l) is 1: the average is flat


def test_flips_change_nothing_for_a_network_that_has_no_side(patient):
    once, flips = (predict(FirstChannel(), patient, CPU, settings) for settings in (ONCE, FLIPS))
    np.testing.assert_array_equal(once.on_file_grid, flips.on_file_grid)
