from dataclasses import replace

import numpy as np
import pytest
import torch

from brainseg.archs.shared.input import InputSettings
from brainseg.core.errors import UserError
from brainseg.data import preprocessed
from brainseg.data.preprocessed import Preprocessed
from brainseg.data.weights import TrainedNetwork
from brainseg.inference import PredictSettings, predict
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.sources.phantom import phantom_patient
from brainseg.training.checkpoint import fingerprint
from brainseg.training.slices import Slices, load_slices

ONCE = PredictSettings(networks="data/weights", weights="last", flips=False, precision="fp32", heads="last", prune_to=0)
SETTINGS = PreprocessSettings(side_px=32, background=0.1, low_percentile=10.0, high_percentile=99.0)
CPU = torch.device("cpu")
COUNTS = {"b": 6, "a": 8, "c": 7}  # slices in the file; the first and the last are not retained


@pytest.fixture
def patients(rng) -> dict[str, Preprocessed]:
    return {name: preprocess(*phantom_patient(rng, count, 40, 0.03), SETTINGS) for name, count in COUNTS.items()}


@pytest.fixture
def slices(patients, tmp_path) -> Slices:
    for name, patient in patients.items():
        preprocessed.write(name, patient, tmp_path)
    return load_slices(list(COUNTS), CPU, folder=tmp_path)


def test_the_retained_slices_are_loaded_patient_by_patient_in_the_order_given(slices):
    assert slices.names == ("b", "a", "c")
    assert len(slices) == 4 + 6 + 5
    assert slices.patient.tolist() == [0] * 4 + [1] * 6 + [2] * 5


@pytest.mark.parametrize("number", range(3))
def test_a_batch_holds_the_z_scores_and_masks_of_the_patient(slices, patients, number):
    patient = patients[slices.names[number]]
    images, masks = slices.batch(slices.of_patient(number))
    np.testing.assert_allclose(images.permute(0, 2, 3, 1), patient.z_score()[patient.retained], atol=2e-6, rtol=1e-5)
    np.testing.assert_array_equal(masks[:, 0], patient.mask[patient.retained])
    assert images.dtype == masks.dtype == torch.float32


def test_a_batch_may_mix_patients_and_repeat_slices(slices):
    index = torch.tensor([14, 0, 5, 0])
    images, masks = slices.batch(index)
    for place, number in enumerate(index.tolist()):
        alone = slices.batch(torch.tensor([number]))
        assert images[place].equal(alone[0][0]) and masks[place].equal(alone[1][0])


def test_batches_are_channels_last(slices):
    images, masks = slices.batch(torch.arange(5))
    assert (images.shape, masks.shape) == ((5, 3, 32, 32), (5, 1, 32, 32))
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_of_patient_gives_the_indices_in_anatomical_order(slices):
    assert [slices.of_patient(number).tolist() for number in range(3)] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7, 8, 9],
        [10, 11, 12, 13, 14],
    ]


def test_largest_lesion_is_the_index_of_the_slice_with_most(slices):
    area = slices.masks.sum((1, 2))
    for number in range(3):
        index = slices.of_patient(number)
        assert slices.largest_lesion(number) in index
        assert area[slices.largest_lesion(number)] == area[index].max() > 0


def test_neighbours_are_the_slices_before_and_after_of_the_same_patient(slices, tmp_path):
    seen = load_slices(list(COUNTS), CPU, InputSettings(channels=["flair"], neighbours=2), folder=tmp_path)
    flair = slices.batch(torch.arange(len(slices)))[0][:, 1]  # (N, 32, 32)
    # patient a has the places 4 to 9
    places = torch.tensor([4, 5, 6, 9])
    expected = [[4, 4, 4, 5, 6], [4, 4, 5, 6, 7], [4, 5, 6, 7, 8], [7, 8, 9, 9, 9]]
    images, masks = seen.batch(places)
    assert images.shape == (4, 5, 32, 32)
    assert images.equal(flair[torch.tensor(expected)])
    assert masks.equal(slices.batch(places)[1])  # of the slice in the middle


def test_z_scores_are_of_the_slices_asked_for_in_any_shape(slices):
    images, _ = slices.batch(torch.tensor([3, 11]))
    assert slices.z_scores(torch.tensor([[3], [11]])).shape == (2, 1, 32, 32, 3)
    assert slices.z_scores(torch.tensor([3, 11])).permute(0, 3, 1, 2).equal(images)


def test_all_slices_hold_those_that_preprocessing_drops_too(slices, patients, tmp_path):
    everything = load_slices(list(COUNTS), CPU, all_slices=True, folder=tmp_path)
    assert len(everything) == sum(COUNTS.values())
    retained = torch.from_numpy(np.concatenate([patients[name].retained for name in COUNTS]))
    for ours, theirs in zip(everything.batch(retained.nonzero()[:, 0]), slices.batch(torch.arange(15)), strict=True):
        assert ours.equal(theirs)


def write_with(folder, patients, names: dict[str, tuple[str, ...]]) -> None:
    for name, channels in names.items():
        preprocessed.write(name, replace(patients[name], channels=channels), folder)


def test_channels_are_those_of_the_data(patients, tmp_path):
    write_with(tmp_path, patients, dict.fromkeys(("a", "b"), ("t1", "t2", "adc")))
    every = load_slices(["a", "b"], CPU, folder=tmp_path)
    assert every.channels == ("t1", "t2", "adc") == tuple(every.input_settings.channels)
    one = load_slices(["a", "b"], CPU, InputSettings(channels=["t2"], neighbours=0), folder=tmp_path)
    assert one.batch(torch.arange(3))[0].equal(every.batch(torch.arange(3))[0][:, 1:2])


def test_a_channel_that_the_data_lacks_is_one_line(slices, tmp_path):
    with pytest.raises(UserError, match="^params.yaml: input.channels names t2; the data has pre_contrast, flair, p"):
        load_slices(["a"], CPU, InputSettings(channels=["flair", "t2"], neighbours=0), folder=tmp_path)


def test_patients_of_different_channels_are_refused(patients, tmp_path):
    write_with(tmp_path, patients, {"a": ("t1", "t2", "adc"), "b": ("t1", "t2", "flair")})
    with pytest.raises(UserError, match="b.npz: channels are t1, t2, flair, those of the first patient t1, t2, adc;"):
        load_slices(["a", "b"], CPU, folder=tmp_path)


class Recorder(torch.nn.Module):
    """Keeps the batches that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.batches.append(images)
        return images[:, :1]


@pytest.mark.parametrize("all_slices", [False, True])
@pytest.mark.parametrize(
    ("channels", "neighbours"), [(["pre_contrast", "flair", "post_contrast"], 0), (["flair", "pre_contrast"], 2)]
)
def test_training_and_prediction_give_the_network_the_same_tensor(
    patients, slices, tmp_path, channels, neighbours, all_slices
):
    input_settings = InputSettings(channels=channels, neighbours=neighbours)
    training = load_slices(list(COUNTS), CPU, input_settings, all_slices, tmp_path)
    for number, name in enumerate(COUNTS):
        network = Recorder()
        predict([TrainedNetwork(network, input_settings)], preprocessed.read(name, tmp_path), CPU, ONCE)
        predicted, retained = torch.cat(network.batches), torch.from_numpy(patients[name].retained)
        trained_on, _ = training.batch(training.of_patient(number))
        assert trained_on.equal(predicted if all_slices else predicted[retained])


@pytest.mark.parametrize("all_slices", [False, True])
@pytest.mark.parametrize("neighbours", [0, 1])
def test_slices_on_disk_are_those_in_memory(patients, slices, tmp_path, all_slices, neighbours):
    input_settings = InputSettings(channels=["flair", "pre_contrast"], neighbours=neighbours)
    memory, disk = (
        load_slices(list(COUNTS), CPU, input_settings, all_slices, tmp_path, on_disk) for on_disk in (False, True)
    )
    index = torch.tensor([14, 0, 5, 0, 9])
    for found, expected in zip(disk.batch(index), memory.batch(index), strict=True):
        assert found.equal(expected)
    assert disk.z_scores(index).equal(memory.z_scores(index))
    assert disk.lesion_px.equal(memory.lesion_px) and disk.lesion_share == memory.lesion_share
    assert fingerprint(*disk.content()) == fingerprint(*memory.content())
    assert [disk.largest_lesion(number).item() for number in range(3)] == [
        memory.largest_lesion(number).item() for number in range(3)
    ]


@pytest.mark.parametrize("on_disk", [False, True])
def test_batches_come_in_their_order(slices, tmp_path, on_disk):
    loaded = load_slices(list(COUNTS), CPU, folder=tmp_path, on_disk=on_disk)
    indices = [torch.tensor(index) for index in ([3, 1], [7, 7], [0], [14, 2])]
    for found, index in zip(loaded.batches(iter(indices)), indices, strict=True):
        assert found[0].equal(slices.batch(index)[0]) and found[1].equal(slices.batch(index)[1])
    assert list(loaded.batches([])) == []


def test_a_file_that_changes_while_training_reads_it_is_one_line(patients, slices, tmp_path):
    disk = load_slices(list(COUNTS), CPU, folder=tmp_path, on_disk=True)
    preprocessed.write("a", patients["b"], tmp_path)
    with pytest.raises(UserError, match="a.npz: was changed while it was being read"):
        list(disk.batches([torch.tensor([0]), torch.tensor([5])]))


def test_lesion_share_is_the_mean_of_the_masks(slices):
    assert slices.lesion_share == slices.masks.float().mean().item()
    assert slices.lesion_px.tolist() == [int(mask.sum()) for mask in slices.masks]
