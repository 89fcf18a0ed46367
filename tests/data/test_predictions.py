from dataclasses import replace

import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.data import predictions
from brainseg.data.predictions import Prediction, above_threshold, to_uint8


@pytest.mark.parametrize(
    ("probability", "steps"),
    [
        (0.0, 0),
        (0.5 / 255, 0),  # halfway between 0 and 1 step
        (0.5, 127),  # 127.5 steps
        (np.nextafter(np.float32(0.5), np.float32(1)), 128),
        (0.6 / 255, 1),
        (254.6 / 255, 255),
        (1.0, 255),
    ],
)
def test_rounds_to_steps_of_a_255th_and_halves_down(probability, steps):
    assert to_uint8(np.array([probability], np.float32)).tolist() == [steps]


@pytest.mark.parametrize(("outside", "steps"), [(-1e-3, 0), (-1.0, 0), (1 + 1e-3, 255), (2.0, 255)])
def test_numbers_just_outside_0_to_1_do_not_wrap_around(outside, steps):
    assert to_uint8(np.array([outside])).tolist() == [steps]


def test_above_one_half_stays_above_and_one_half_does_not():
    near = np.float32(0.5) + np.float32(1e-6) * np.arange(-3, 4, dtype=np.float32)
    np.testing.assert_array_equal(above_threshold(to_uint8(near), 0.5), near > 0.5)


@pytest.mark.parametrize("step", [51, 102, 153, 204])  # 0.2, 0.4, 0.6, 0.8
def test_above_is_strict(step):
    steps = np.array([step - 1, step, step + 1], np.uint8)
    assert above_threshold(steps, step / 255).tolist() == [False, False, True]


@pytest.fixture
def prediction(rng) -> Prediction:
    return Prediction(*(rng.integers(0, 256, (3, n, n)).astype(np.uint8) for n in (7, 5, 7)))


def test_written_and_read_back_it_is_the_same(prediction, tmp_path):
    predictions.write("a", prediction, tmp_path / "new")
    back = predictions.read("a", tmp_path / "new")
    for name in ("on_file_grid", "on_network_grid", "head_depth"):
        np.testing.assert_array_equal(getattr(back, name), getattr(prediction, name), strict=True)


def test_a_file_without_the_depth_in_the_head_is_read(prediction, tmp_path):
    predictions.write("a", replace(prediction, head_depth=None), tmp_path)
    assert predictions.read("a", tmp_path).head_depth is None


def test_a_depth_of_another_shape_is_refused(prediction, tmp_path):
    predictions.write("a", replace(prediction, head_depth=prediction.on_network_grid), tmp_path)
    with pytest.raises(UserError, match=r"a.npz: head_depth is \(3, 5, 5\), on_file_grid \(3, 7, 7\); expected one"):
        predictions.read("a", tmp_path)


def test_the_same_prediction_gives_the_same_bytes(prediction, tmp_path):
    for name in ("a", "b"):
        predictions.write(name, prediction, tmp_path)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
