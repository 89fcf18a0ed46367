import numpy as np
import pytest
import torch

from brainseg.archs.unet import unet
from brainseg.augmentation import AugmentSettings
from brainseg.errors import UserError
from brainseg.losses.bce import bce
from brainseg.losses.dice import dice
from brainseg.preprocessing import FULL_SCALE
from brainseg.slices import Slices
from brainseg.training import Trained, TrainSettings, train

AUGMENT = AugmentSettings(scale=0.05, rotation_deg=15.0, flip=0.5)
NOTHING = AugmentSettings(scale=0.0, rotation_deg=0.0, flip=0.0)


def slices_of(patients: int, seed: int, slices: int = 3) -> Slices:
    """Bright squares, the lesions, on a noisy ground; z-scores as they would be."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((patients * slices, 16, 16), bool)
    for mask in masks:
        row, column = rng.integers(0, 10, 2)
        mask[row : row + 6, column : column + 6] = True
    image = (0.3 + 0.4 * masks[..., None] + 0.05 * rng.standard_normal((*masks.shape, 3))).clip(0, 1)
    return Slices(
        names=tuple(f"patient {number}" for number in range(patients)),
        images=torch.from_numpy((image * FULL_SCALE).astype(np.uint16)),
        masks=torch.from_numpy(masks),
        patient=torch.arange(patients).repeat_interleave(slices),
        mean=torch.full((patients, 3), 0.4),
        std=torch.full((patients, 3), 0.2),
    )


TRAINING, VALIDATION = slices_of(4, seed=0), slices_of(2, seed=1)


def run(seed=0, epochs=2, batch_size=4, lr=1e-2, loss=bce, network=None, training=TRAINING, after_epoch=None, **more):
    torch.manual_seed(seed)
    network = network or unet(3, features=2, levels=2)
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    settings = TrainSettings(epochs=epochs, batch_size=batch_size, precision="fp32")
    told = after_epoch or (lambda *_: None)
    augmentation = more.get("augmentation", AUGMENT)
    return train(network, loss, optimizer, training, VALIDATION, settings, augmentation, seed, told)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return run(epochs=8, lr=0.1, loss=lambda logits, target: dice(logits, target, smooth=1.0, reduce="batch"))


def test_the_loss_falls_and_the_overlap_rises(trained):
    first, last = trained.history[0], trained.history[-1]
    assert last["train_loss"] < 0.6 * first["train_loss"]
    assert last["validation_loss"] < first["validation_loss"]
    assert last["validation_soft_dsc"] > first["validation_soft_dsc"]


def test_history_has_a_row_an_epoch_and_per_patient_a_row_an_epoch_and_patient(trained):
    assert [row["epoch"] for row in trained.history] == list(range(1, 9))
    places = [(row["epoch"], row["patient"]) for row in trained.per_patient]
    assert places == [(epoch, f"patient {number}") for epoch in range(1, 9) for number in range(2)]
    for row in trained.history:
        of_epoch = [patient["dsc"] for patient in trained.per_patient if patient["epoch"] == row["epoch"]]
        assert row["validation_dsc"] == pytest.approx(np.mean(of_epoch))


def test_the_best_epoch_is_the_first_with_the_highest_validation_dsc(trained):
    assert trained.best_epoch == 1 + np.argmax([row["validation_dsc"] for row in trained.history])


class Falling(torch.nn.Module):
    """Adds a number to the first channel, whose z-scores are near 1.5 in the lesion and -0.5 elsewhere."""

    def __init__(self):
        super().__init__()
        self.number = torch.nn.Parameter(torch.tensor(2.2))

    def forward(self, images):
        return images[:, :1] + self.number


def test_the_best_weights_are_those_of_the_best_epoch():
    # Adam lowers the number by 0.4 in each of 3 steps: after epochs 1, 2, 3, 4 it is 1, -0.2, -1.4, -2.6,
    # so that everything, just the lesion, part of the lesion, and nothing is predicted
    result = run(epochs=4, lr=0.4, network=Falling(), loss=lambda logits, _: logits.mean())
    assert result.best_epoch == 2
    assert result.best_state["number"].item() == pytest.approx(-0.2, abs=1e-4)
    assert result.last_state["number"].item() == pytest.approx(-2.6, abs=1e-4)


def test_of_equal_epochs_the_first_is_the_best():
    assert run(epochs=3, lr=1e-6, network=Falling(), loss=lambda logits, _: logits.mean()).best_epoch == 1


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(value.equal(second[name]) for name, value in first.items())


def test_the_seed_decides_every_bit_of_the_weights():
    first, again, other = (run(seed=seed) for seed in (1, 1, 2))
    assert same(first.last_state, again.last_state)
    assert first.history == again.history
    assert not same(first.last_state, other.last_state)


def test_random_numbers_drawn_elsewhere_change_nothing():
    assert run(after_epoch=lambda *_: torch.rand(7)).history == run().history


def test_the_timing_counts_the_slices_drawn(trained):
    assert trained.train_slices == 8 * 12
    assert set(trained.timing()) == {"training_seconds", "seconds_per_epoch", "training_slices_per_second"}


def test_a_batch_larger_than_the_data_is_told():
    with pytest.raises(UserError, match=r"train\.batch_size is 13; expected at most the 12 slices"):
        run(batch_size=13)


def test_a_loss_that_is_no_longer_finite_is_told():
    with pytest.raises(UserError, match=r"the loss became (nan|inf) in epoch 1; try a lower learning rate"):
        run(lr=1e30, epochs=2, batch_size=12)


def test_weights_spoilt_by_the_very_last_step_are_told():
    with pytest.raises(UserError, match=r"became (nan|inf) in epoch 1"):
        run(lr=1e30, epochs=1, batch_size=12)


class Recorder(torch.nn.Module):
    """Notes which slices it is shown, where slice k is of intensity k."""

    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, 1, 1)
        self.seen = []

    def forward(self, images):
        if self.training:
            self.seen += (images.mean((1, 2, 3)) * FULL_SCALE / 1000).round().int().tolist()
        return self.convolution(images)


def shown(batch_size: int, seed: int = 0) -> list[list[int]]:
    """The slices of each of three epochs."""
    count = 9
    numbered = (torch.arange(count, dtype=torch.int32) * 1000).to(torch.uint16)[:, None, None, None]
    plain = {"mean": torch.zeros(3, 3), "std": torch.ones(3, 3)}
    training = slices_of(3, seed=2)
    training = Slices(**vars(training) | plain | {"images": numbered.expand(count, 16, 16, 3).contiguous()})
    network = Recorder()
    run(seed, epochs=3, batch_size=batch_size, network=network, training=training, augmentation=NOTHING)
    return np.reshape(network.seen, (3, -1)).tolist()


def test_the_draws_of_an_epoch_do_not_depend_on_the_epochs_before():
    epochs = shown(batch_size=4)  # 8 draws an epoch
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert [epoch[:8] for epoch in shown(batch_size=9)] == epochs  # 9 draws an epoch


def test_the_seed_decides_the_draws():
    assert shown(batch_size=9, seed=1) == shown(batch_size=9, seed=1) != shown(batch_size=9, seed=2)
