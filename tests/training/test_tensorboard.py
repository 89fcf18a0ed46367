import re
import time
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from brainseg.archs.shared.input import every_channel
from brainseg.training.slices import Slices
from brainseg.training.tensorboard import Monitor


class First(torch.nn.Module):
    def forward(self, images):
        return images[:, :1]


def slices() -> Slices:
    """One of one patient."""
    intensity = torch.arange(64 * 3, dtype=torch.int32).view(1, 8, 8, 3)
    return Slices(
        names=("a",),
        images=(100 * intensity).to(torch.uint16),
        masks=intensity[..., 0] > 90,
        patient=torch.zeros(1, dtype=torch.int64),
        mean=torch.zeros(1, 3),
        std=torch.ones(1, 3),
    )


def watch(folder: Path, epochs: list[int], loss: float, **changes: object) -> None:
    with Monitor(folder, Slices(**vars(slices()) | changes)) as monitor:
        for epoch in epochs:
            monitor.after_epoch(First(), {"epoch": epoch, "train_loss": loss, "validation_dsc": 0.5})
    for file in folder.iterdir():  # as if all of it had been an hour earlier: files are read in the order of names
        start, seconds, rest = re.fullmatch(r"(\D+)(\d+)(.+)", file.name).groups()
        file.rename(folder / f"{start}{int(seconds) - 3600}{rest}")


def curve(folder: Path, name: str = "loss/train") -> list[tuple[int, float]]:
    """The steps and values that TensorBoard shows."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(name)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "curves"


def test_every_number_has_a_curve_and_there_are_pictures(folder, monkeypatch):
    monkeypatch.setenv("BRAINSEG_PICTURES_EVERY", "2")
    watch(folder, [1, 2, 3, 4], 0.25)
    assert curve(folder) == [(epoch, 0.25) for epoch in (1, 2, 3, 4)]
    assert curve(folder, "dsc/validation") == [(epoch, 0.5) for epoch in (1, 2, 3, 4)]
    events = EventAccumulator(str(folder))
    events.Reload()
    assert [event.step for event in events.Images("flair_truth_probability")] == [1, 2, 4]


def test_without_flair_the_first_channel_is_shown(folder):
    names = ("adc", "dwi", "t2")
    watch(folder, [1], 0.25, channels=names, input_settings=every_channel(names))
    events = EventAccumulator(str(folder))
    events.Reload()
    assert len(events.Images("adc_truth_probability")) == 1


def test_an_epoch_without_validation_has_no_point_in_its_curve(folder):
    with Monitor(folder, slices()) as monitor:
        for epoch, dsc in ((1, None), (2, 0.5), (3, None), (4, 0.75)):
            monitor.after_epoch(First(), {"epoch": epoch, "train_loss": 0.25, "validation_dsc": dsc})
    assert curve(folder) == [(epoch, 0.25) for epoch in (1, 2, 3, 4)]
    assert curve(folder, "dsc/validation") == [(2, 0.5), (4, 0.75)]


@pytest.mark.parametrize("stopped_in", [2, 3, 4])  # its event is there, but not yet in the saved state
def test_a_training_that_goes_on_continues_its_curves(folder, stopped_in):
    watch(folder, list(range(1, stopped_in + 1)), 0.25)
    watch(folder, list(range(stopped_in, 6)), 0.125)
    assert curve(folder) == [(epoch, 0.25 if epoch < stopped_in else 0.125) for epoch in range(1, 6)]


def test_a_training_that_starts_anew_clears_what_was_there(folder):
    watch(folder, [1, 2, 3], 0.25)
    watch(folder, [1, 2], 0.125)
    assert curve(folder) == [(1, 0.125), (2, 0.125)]
    assert len(list(folder.iterdir())) == 1


def test_a_training_with_nothing_left_to_do_leaves_its_curves(folder):
    watch(folder, [1, 2], 0.25)
    watch(folder, [], 0.25)
    assert curve(folder) == [(1, 0.25), (2, 0.25)]


def test_a_kill_loses_no_epoch(folder):
    with Monitor(folder, slices()) as monitor:
        for epoch in (1, 2, 3):
            monitor.after_epoch(First(), {"epoch": epoch, "train_loss": 0.25})
        time.sleep(0.5)  # for the writer's own thread; saving the state takes its time, too
        assert curve(folder) == [(1, 0.25), (2, 0.25), (3, 0.25)]
