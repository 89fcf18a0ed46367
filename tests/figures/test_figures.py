from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.image import imread

from brainseg.figures.augmentation import augmentation_gallery
from brainseg.figures.curves import dsc_curves, loss_curves
from brainseg.figures.dsc_bars import dsc_bars
from brainseg.figures.examples import Example, example_slices, telling_slices
from brainseg.figures.style import save
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.intensity import IntensitySettings

pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # one of matplotlib is a fault of the figure


def drawn(figure: Figure, folder: Path) -> bool:
    """Whether it can be saved and has something on it."""
    save(figure, folder / "a.png", dpi=40)
    return np.ptp(imread(folder / "a.png")[..., :3]) > 0.5


def history(epochs: int, value: float) -> list[dict[str, float]]:
    scores = dict.fromkeys(["dsc", "iou", "soft_dsc", "soft_iou", "loss"], value)
    row = {"train_loss": value} | {f"validation_{name}": score for name, score in scores.items()}
    return [{"epoch": float(epoch)} | row for epoch in range(1, epochs + 1)]


@pytest.mark.parametrize(("epochs", "value"), [(1, 0.5), (30, 0.0), (30, 1.0)])
def test_curves_draw(tmp_path, epochs, value):
    assert drawn(loss_curves(history(epochs, value), "title"), tmp_path)
    assert drawn(dsc_curves(history(epochs, value), epochs, "title"), tmp_path)


def test_dsc_curves_mark_the_best_epoch():
    rows = history(3, 0.2)
    rows[1]["validation_dsc"] = 0.75
    labels = dsc_curves(rows, 2, "title").axes[0].get_legend_handles_labels()[1]
    assert "best epoch 2: 0.7500" in labels and "last epoch 3: 0.2000" in labels


BARS = {
    "ten patients": {f"patient {number}": number / 10 for number in range(10)},
    "one patient": {"patient": 0.7},
    "all 0": {"a": 0.0, "b": 0.0},
    "all 1": {"a": 1.0, "b": 1.0},
}


@pytest.mark.parametrize("dsc", BARS.values(), ids=BARS)
def test_bars_draw_and_start_at_zero(tmp_path, dsc):
    figure = dsc_bars(dsc, "title")
    assert drawn(figure, tmp_path)
    axes = figure.axes[0]
    assert axes.get_xlim()[0] == 0
    assert [bar.get_x() for bar in axes.patches] == [0] * len(dsc)
    assert [bar.get_width() for bar in axes.patches] == sorted(dsc.values())  # the best on top


def test_bars_show_mean_and_median():
    labels = dsc_bars({"a": 0.2, "b": 0.9, "c": 0.7}, "title").axes[0].get_legend_handles_labels()[1]
    assert labels == ["mean 0.6000", "median 0.7000"]


def example(truth: np.ndarray, prediction: np.ndarray) -> Example:
    image = np.random.default_rng(0).integers(0, 256, (*truth.shape, 3)).astype(np.uint8)
    return Example("best: patient\nDSC 0.5", image, truth, prediction)


LESION = np.zeros((12, 20, 20), bool)
LESION[4:10, 5:12, 5:12] = True
NOTHING, EVERYTHING = np.zeros_like(LESION), np.ones_like(LESION)
EXAMPLES = {
    "shifted": (LESION, np.roll(LESION, 3, 1)),
    "perfect": (LESION, LESION),
    "missed": (LESION, NOTHING),
    "no lesion": (NOTHING, LESION),
    "nothing at all": (NOTHING, NOTHING),
    "predicted everywhere": (LESION, EVERYTHING),
}


@pytest.mark.parametrize(("truth", "prediction"), EXAMPLES.values(), ids=EXAMPLES)
@pytest.mark.parametrize("columns", [1, 3])
def test_examples_draw(tmp_path, truth, prediction, columns):
    assert drawn(example_slices([example(truth, prediction)] * 2, columns, "title"), tmp_path)


def test_an_example_of_one_slice_draws(tmp_path):
    assert drawn(example_slices([example(LESION[5:6], LESION[5:6])], 4, "title"), tmp_path)


@pytest.mark.parametrize(("truth", "prediction"), [pair for name, pair in EXAMPLES.items() if name != "nothing at all"])
@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_telling_slices_all_have_lesion_or_an_error(truth, prediction, count):
    telling = np.flatnonzero((truth | prediction).any((1, 2)))
    numbers = telling_slices(truth, prediction, count)
    assert set(numbers) <= set(telling)
    assert len(numbers) == min(count, len(telling))
    assert numbers == sorted(set(numbers))


def test_telling_slices_hold_the_one_with_most_lesion_and_the_one_with_most_errors():
    truth, prediction = LESION.copy(), LESION.copy()
    truth[5, 5:15, 5:15] = prediction[5, 5:15, 5:15] = True  # most lesion
    prediction[8] = True  # most errors
    assert {5, 8} <= set(telling_slices(truth, prediction, 3))
    assert telling_slices(truth, prediction, 1) == [5]
    assert telling_slices(truth, prediction, 2) == [5, 8]


def test_telling_slices_without_anything_to_tell_are_the_middle_one():
    assert telling_slices(NOTHING, NOTHING, 4) == [6]


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("masks", [torch.zeros(4, 1, 16, 16), torch.ones(4, 1, 16, 16)])
def test_the_gallery_draws(tmp_path, count, masks):
    masks[:, :, 4:9, 3:8] = 1
    images = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    settings = AugmentSettings(scale=0.05, rotation_deg=15.0, flip=0.5)
    intensity = IntensitySettings(
        bias_field=0.1, gamma=0.1, blur_px=0.0, gain=0.1, offset=0.1, noise=0.1, channel_dropout=0.0
    )
    figure = augmentation_gallery(images[:count], masks[:count], settings, intensity, "title")
    assert drawn(figure, tmp_path)
    original = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(original, images[0, 1])


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save(dsc_bars(BARS["ten patients"], "title"), tmp_path / f"{name}.png", dpi=50)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
