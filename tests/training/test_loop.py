import shutil
import warnings
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from brainseg.archs.shared.input import InputSettings
from brainseg.archs.shared.supervision import TrainingOutput
from brainseg.core.errors import UserError
from brainseg.data.preprocessed import FULL_SCALE
from brainseg.losses.bce import bce
from brainseg.losses.dice import dice
from brainseg.schedules.constant import constant
from brainseg.schedules.cosine import cosine
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.checkpoint import Checkpoint
from brainseg.training.intensity import IntensitySettings
from brainseg.training.loop import own_slices, train
from brainseg.training.recipe import Recipe, TrainSettings
from brainseg.training.sampling import SamplingSettings
from brainseg.training.share import Share
from brainseg.training.slices import Slices
from brainseg.training.state import Trained
from tests.archs.builders import unet

SAMPLING = SamplingSettings(area_power=1.0, background_share=0.1, train_on="retained")
AUGMENT = AugmentSettings(scale=0.05, rotation_deg=15.0, flip=0.5)
AS_MEASURED = IntensitySettings(
    bias_field=0.0, gamma=0.0, blur_px=0.0, gain=0.0, offset=0.0, noise=0.0, channel_dropout=0.0
)
OFF = {"compile": False, "warmup_epochs": 0, "clip_norm": 0.0, "ema_decay": 0.0, "validate_every": 1}
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


class NotSaved(Checkpoint):
    def __init__(self):
        super().__init__(Path("nowhere"))

    def write(self, state):
        pass


def run(seed=0, epochs=2, batch_size=4, lr=1e-2, loss=bce, network=None, training=TRAINING, after_epoch=None, **more):
    torch.manual_seed(seed)
    network = network or unet(3, features=2, levels=2)
    optimizer = more.get("optimizer", torch.optim.Adam)(network.parameters(), lr=lr)
    settings = TrainSettings(
        start_from="data/random_weights",
        epochs=epochs,
        batch_size=batch_size,
        precision="fp32",
        **{name: more.get(name, off) for name, off in OFF.items()},
    )
    recipe = Recipe(
        loss=loss,
        schedule=more.get("schedule", constant),
        settings=settings,
        sampling=more.get("sampling", SAMPLING),
        augmentation=more.get("augmentation", AUGMENT),
        intensity=more.get("intensity", AS_MEASURED),
        seed=seed,
    )
    checkpoint, validation = more.get("checkpoint", NotSaved()), more.get("validation", VALIDATION)
    return train(network, optimizer, recipe, training, validation, checkpoint, after_epoch or (lambda *_: None))


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


class Falling(nn.Module):
    """Adds a number to the first channel, whose z-scores are near 1.5 in the lesion and -0.5 elsewhere."""

    def __init__(self):
        super().__init__()
        self.number = nn.Parameter(torch.tensor(2.2))

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


VALIDATION_FIGURES = [f"validation_{name}" for name in ("loss", "dsc", "iou", "soft_dsc", "soft_iou")]


@pytest.mark.parametrize(
    ("every", "epochs", "validated"), [(1, 3, [1, 2, 3]), (2, 5, [2, 4, 5]), (3, 6, [3, 6]), (9, 4, [4])]
)
def test_every_few_epochs_and_the_last_are_validated(every, epochs, validated):
    result = run(epochs=epochs, validate_every=every)
    for row in result.history:
        figures = [row[name] for name in VALIDATION_FIGURES]
        assert None not in figures if row["epoch"] in validated else set(figures) == {None}
    assert sorted({row["epoch"] for row in result.per_patient}) == validated
    assert result.best_epoch in validated


def test_fewer_validations_leave_weights_and_the_other_figures_as_they_are():
    all_epochs, few = run(epochs=5), run(epochs=5, validate_every=2)
    assert same(all_epochs.last_state, few.last_state)
    for row, other in zip(all_epochs.history, few.history, strict=True):
        assert row == other if row["epoch"] in (2, 4, 5) else row["train_loss"] == other["train_loss"]


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_pictures_after_an_epoch_without_validation_leave_the_weights_as_they_are(ema_decay):
    def predict(network: nn.Module, _) -> None:
        assert not network.training
        with torch.inference_mode():
            network(torch.ones(2, 3, 16, 16))

    few = partial(run, epochs=3, validate_every=3, ema_decay=ema_decay)
    assert same(few(after_epoch=predict).last_state, few().last_state)


def test_the_best_epoch_is_one_of_those_that_were_validated():
    # as above: of the epochs 1 to 4 the second is the best, and the fourth predicts nothing
    falling = partial(run, epochs=4, lr=0.4, loss=lambda logits, _: logits.mean())
    third = falling(network=Falling(), validate_every=3)
    assert third.best_epoch == 3
    assert third.best_state["number"].item() == pytest.approx(-1.4, abs=1e-4)
    assert falling(network=Falling(), validate_every=2).best_epoch == 2


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


def test_a_batch_larger_than_the_data_is_reported():
    with pytest.raises(UserError, match=r"train\.batch_size is 13; expected at most the 12 slices"):
        run(batch_size=13)


def test_a_loss_that_is_no_longer_finite_is_reported():
    with pytest.raises(UserError, match=r"the loss became (nan|inf) in epoch 1; try a lower learning rate"):
        run(lr=1e30, epochs=2, batch_size=12)


def test_weights_spoilt_by_the_very_last_step_are_reported():
    with pytest.raises(UserError, match=r"became (nan|inf) in epoch 1"):
        run(lr=1e30, epochs=1, batch_size=12)


class Recorder(nn.Module):
    """Notes which slices it is shown, where slice k is of intensity k."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 1, 1)
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


def with_dropout() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Dropout(0.5), nn.Conv2d(8, 1, 3, padding=1))


def channels_last() -> nn.Module:
    return unet(3, features=2, levels=2).to(memory_format=torch.channels_last)


KINDS = {
    "adam": {"optimizer": torch.optim.Adam, "network": channels_last},
    "sgd": {"optimizer": partial(torch.optim.SGD, momentum=0.9), "network": channels_last},
    "dropout": {"optimizer": torch.optim.Adam, "network": with_dropout},
    "everything": {
        "optimizer": partial(torch.optim.SGD, momentum=0.9),
        "network": channels_last,
        "schedule": partial(cosine, last=0.1),
        "warmup_epochs": 1,
        "clip_norm": 0.1,
        "ema_decay": 0.9,
    },
}
EPOCHS = 4
CALLS = 3 + 2  # of the loss, an epoch: three steps, then two batches to validate


class StoppedError(Exception):
    pass


class Stop:
    """Counts the calls, and fails at one of them."""

    def __init__(self, call: int | None = None) -> None:
        self.calls, self.call = 0, call

    def now(self) -> None:
        self.calls += 1
        if self.calls == self.call:
            raise StoppedError


def go(
    kind: str, checkpoint: Checkpoint, in_epoch: int | None = None, at_loss: int | None = None
) -> tuple[Trained, int]:
    """The training, and how often it called `after_epoch`; stopped at one call of that or of the loss."""
    epochs, losses = Stop(in_epoch), Stop(at_loss)

    def loss(logits, target):
        losses.now()
        return bce(logits, target)

    torch.manual_seed(3)
    chosen = KINDS[kind] | {"network": KINDS[kind]["network"]()}
    return run(
        seed=3, epochs=EPOCHS, loss=loss, checkpoint=checkpoint, after_epoch=lambda *_: epochs.now(), **chosen
    ), epochs.calls


@pytest.fixture(scope="module")
def unstopped() -> dict[str, Trained]:
    return {kind: go(kind, NotSaved())[0] for kind in KINDS}


@pytest.fixture
def checkpoint(tmp_path) -> Checkpoint:
    return Checkpoint(tmp_path / "state.pt")


def assert_equal(first: Trained, second: Trained) -> None:
    """To the last bit, but for the time it took."""
    assert same(first.last_state, second.last_state) and same(first.best_state, second.best_state)
    for name in ("history", "per_patient", "best_epoch", "train_slices", "nondeterministic"):
        assert getattr(first, name) == getattr(second, name)
    assert len(first.epoch_seconds) == len(second.epoch_seconds) == EPOCHS


def assert_goes_on(kind: str, checkpoint: Checkpoint, unstopped: dict[str, Trained], **stop: int) -> int:
    """Stopped once, it ends with the bits of the unstopped; how many epochs that took then."""
    with pytest.raises(StoppedError):
        go(kind, checkpoint, **stop)
    trained, epochs = go(kind, checkpoint)
    assert_equal(trained, unstopped[kind])
    return epochs


@pytest.mark.parametrize("epoch", range(1, EPOCHS + 1))
@pytest.mark.parametrize("kind", KINDS)
def test_stopped_after_an_epoch_it_goes_on_to_the_same_bits(kind, epoch, checkpoint, unstopped):
    epochs = assert_goes_on(kind, checkpoint, unstopped, in_epoch=epoch)
    assert epochs == EPOCHS + 1 - epoch  # what came before is not done again


@pytest.mark.parametrize("at_loss", [2, CALLS + 1, 2 * CALLS + 2, 3 * CALLS + 5], ids="call {}".format)
@pytest.mark.parametrize("kind", KINDS)
def test_stopped_within_an_epoch_it_goes_on_to_the_same_bits(kind, at_loss, checkpoint, unstopped):
    epochs = assert_goes_on(kind, checkpoint, unstopped, at_loss=at_loss)
    assert epochs == EPOCHS - (at_loss - 1) // CALLS


@pytest.mark.parametrize("epoch", range(1, EPOCHS + 1))
def test_stopped_before_or_after_a_validation_it_goes_on_to_the_same_bits(epoch, checkpoint):
    few = partial(run, epochs=EPOCHS, validate_every=3)  # the epochs 3 and 4 are validated
    stop = Stop(epoch)
    with pytest.raises(StoppedError):
        few(checkpoint=checkpoint, after_epoch=lambda *_: stop.now())
    assert_equal(few(checkpoint=checkpoint), few())


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_twice_it_goes_on_to_the_same_bits(kind, checkpoint, unstopped):
    for in_epoch in (2, 2):  # the second epoch, and the second of those that are left
        with pytest.raises(StoppedError):
            go(kind, checkpoint, in_epoch=in_epoch)
    trained, epochs = go(kind, checkpoint)
    assert_equal(trained, unstopped[kind])
    assert epochs == 2


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_after_its_last_epoch_it_has_nothing_left_to_do(kind, checkpoint, unstopped):
    first, epochs = go(kind, checkpoint)
    assert epochs == EPOCHS
    trained, epochs = go(kind, checkpoint)
    assert epochs == 0
    assert_equal(trained, unstopped[kind])
    assert trained.timing() == first.timing()


def test_it_is_reported_where_a_training_goes_on(checkpoint, capsys):
    with pytest.raises(StoppedError):
        go("adam", checkpoint, in_epoch=3)
    assert "going on" not in capsys.readouterr().out
    go("adam", checkpoint)
    assert "going on after epoch 2, where this training was stopped\n" in capsys.readouterr().out


def test_operations_without_a_deterministic_form_are_remembered(checkpoint):
    def loss(logits, target):
        if torch.is_grad_enabled():  # not while validating
            warnings.warn("xyz_cuda does not have a deterministic implementation, but you set …", stacklevel=1)
        return bce(logits, target)

    assert run(epochs=1, loss=loss, checkpoint=checkpoint).nondeterministic == ["xyz_cuda"]
    assert run(epochs=2, checkpoint=checkpoint).nondeterministic == ["xyz_cuda"]
    assert run(epochs=2).nondeterministic == []


def losses(row: dict[str, float]) -> list[float]:
    return [row["train_loss"], row["validation_loss"]]


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="no C++ compiler")
def test_a_compiled_network_learns_the_same():
    torch.manual_seed(0)
    # a few layers: each is seconds of work for the compiler; and no bias before the batch norm: its gradient
    # is 0 but for rounding, which Adam makes a whole step of
    convolution = nn.Conv2d(3, 2, 3, bias=False)
    plain = nn.Sequential(convolution, nn.BatchNorm2d(2), nn.ReLU(), nn.ConvTranspose2d(2, 1, 3))
    compiled = deepcopy(plain)
    expected, found = run(network=plain), run(network=compiled, compile=True)
    for row, other in zip(expected.history, found.history, strict=True):
        assert losses(other) == pytest.approx(losses(row), abs=1e-4)
    assert found.last_state.keys() == expected.last_state.keys()  # so it can be loaded into a network that is not


class Watched(torch.optim.SGD):
    """Notes the learning rate and the gradient's length of every step."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, lr=lr)
        self.rates, self.norms = [], []
        Watched.last = self

    def step(self, closure=None):
        self.rates.append(self.param_groups[0]["lr"])
        self.norms.append(torch.cat([weight.grad.flatten() for weight in self.param_groups[0]["params"]]).norm().item())
        return super().step(closure)


def test_the_learning_rate_warms_up_and_follows_the_schedule():
    # 12 slices, 4 a batch: 3 steps an epoch; one epoch rises, two follow the schedule
    run(epochs=3, lr=0.1, optimizer=Watched, schedule=lambda progress: 1 - progress / 2, warmup_epochs=1)
    expected = [0.1 / 3, 0.2 / 3, 0.1, *(0.1 * (1 - step / 12) for step in range(6))]
    assert Watched.last.rates == pytest.approx(expected)


def test_without_a_schedule_the_learning_rate_stays_to_the_last_bit():
    run(epochs=2, lr=0.1, optimizer=Watched)
    assert Watched.last.rates == [0.1] * 6


def test_gradients_are_shortened_and_shorter_ones_left_alone():
    run(lr=1e-3, optimizer=Watched)
    free = Watched.last.norms
    run(lr=1e-3, optimizer=Watched, clip_norm=min(free) / 2)
    assert Watched.last.norms == pytest.approx([min(free) / 2] * len(free), rel=1e-4)
    run(lr=1e-3, optimizer=Watched, clip_norm=2 * max(free))
    assert Watched.last.norms == free


def test_the_average_is_what_is_validated_and_retained():
    # the number falls by 0.4 in each of 3 steps: 1.8, 1.4, 1.0; the first is copied, then the decay is 2/11, then 0.2
    average = 1.8
    for number, decay in ((1.4, 2 / 11), (1.0, 0.2)):
        average = decay * average + (1 - decay) * number
    validated = []
    result = run(
        epochs=1,
        lr=0.4,
        network=Falling(),
        loss=lambda logits, _: logits.mean(),
        ema_decay=0.2,
        after_epoch=lambda network, _: validated.append(network.number.item()),
    )
    assert result.last_state["number"].item() == pytest.approx(average, abs=1e-4)
    assert result.best_state["number"].item() == pytest.approx(average, abs=1e-4)
    assert validated == [pytest.approx(average, abs=1e-4)]


def test_a_loss_that_asks_receives_how_far_training_is_and_how_much_is_lesion():
    reported = []

    def loss(logits, target, *, progress, lesion_share):
        reported.append((progress, lesion_share))
        return bce(logits, target)

    run(epochs=3, loss=loss)
    assert [progress for progress, _ in reported] == [0.0] * 5 + [0.5] * 5 + [1.0] * 5  # 3 steps, 2 validation batches
    assert [share for _, share in reported] == pytest.approx([36 / 256] * 15)
    reported.clear()
    run(epochs=1, loss=loss)
    assert {progress for progress, _ in reported} == {0.0}


def test_a_warm_up_without_end_is_refused():
    with pytest.raises(ValueError, match="warmup_epochs is 2; expected fewer than the 2 epochs"):
        run(epochs=2, warmup_epochs=2)


class TwoHeads(nn.Module):
    """In training the same logits twice, and one of them again at the first pixel."""

    def __init__(self, extra_weight):
        super().__init__()
        torch.manual_seed(0)
        self.network, self.extra_weight = unet(3, features=2, levels=2), extra_weight

    def forward(self, images):
        logits = self.network(images)
        first = torch.zeros(len(images), 1, dtype=torch.int64)
        return TrainingOutput((logits, logits), first, self.extra_weight) if self.training else logits


def test_the_heads_of_a_network_are_judged_in_training_and_its_answer_in_validation():
    plain = run(epochs=1, network=TwoHeads(0.0).network)
    twice, more = run(epochs=1, network=TwoHeads(0.0)), run(epochs=1, network=TwoHeads(5.0))
    assert losses(twice.history[0]) == pytest.approx(losses(plain.history[0]), rel=1e-5)
    assert more.history[0]["train_loss"] > 1.5 * plain.history[0]["train_loss"]  # the place costs besides
    assert more.history[0]["validation_loss"] < 1.5 * plain.history[0]["validation_loss"]


def with_input(slices: Slices, input_settings: InputSettings) -> Slices:
    index = torch.arange(len(slices))[:, None].expand(-1, input_settings.slices)  # each its own neighbour
    return replace(slices, input_settings=input_settings, slice_index=index)


def test_a_network_is_trained_on_the_channels_and_neighbours_of_its_input():
    class Watching(nn.Conv2d):
        def forward(self, images):
            shapes.add(images.shape[1:])
            return super().forward(images)

    shapes: set[torch.Size] = set()
    input_settings = InputSettings(channels=["flair", "post_contrast"], neighbours=1)
    both = [with_input(slices, input_settings) for slices in (TRAINING, VALIDATION)]
    run(epochs=1, network=Watching(6, 1, 3, padding=1), training=both[0], validation=both[1])
    assert shapes == {(6, 16, 16)}


VARIED = [
    {"sampling": SamplingSettings(area_power=0.5, background_share=0.6, train_on="retained")},
    {"augmentation": NOTHING.model_copy(update={"shear_deg": 10.0, "shift": 0.1, "elastic_px": 1.0})},
    {"augmentation": NOTHING.model_copy(update={"paste_lesion": 1.0})},
    {"intensity": AS_MEASURED.model_copy(update={"gain": 0.2, "noise": 0.1, "channel_dropout": 0.2})},
]


@pytest.mark.parametrize(("rows", "expected"), [(slice(0, 2), [4, 1, 2]), (slice(2, 4), [2, 3, 4])])
def test_the_donor_of_a_slice_is_the_one_before_it_in_the_batch_however_it_is_shared(rows, expected):
    index, share = torch.tensor([1, 2, 3, 4]), Share(4, rows)
    assert own_slices(index, share, with_donor=True).tolist() == expected
    assert own_slices(index, share, with_donor=False).tolist() == expected[1:]
    assert own_slices(index, Share.whole(4), with_donor=True).tolist() == [4, 1, 2, 3, 4]


@pytest.mark.parametrize("settings", VARIED)
def test_what_is_drawn_and_how_it_is_varied_decides_the_weights_the_same_way_each_time(settings):
    some_empty = Slices(
        **vars(TRAINING) | {"masks": TRAINING.masks.clone().index_fill_(0, torch.tensor([0, 4]), False)}
    )
    first, again = (run(training=some_empty, **settings).last_state["head.weight"] for _ in range(2))
    assert first.equal(again) and not first.equal(run(training=some_empty).last_state["head.weight"])
