import pytest
import torch

from brainseg.training.sampling import SamplingSettings, draw, slice_weights
from brainseg.training.slices import Slices

REPORT = SamplingSettings(area_power=1.0, background_share=0.1, train_on="retained")


def slices_of(*areas: list[int]) -> Slices:
    """A patient for each list of lesion areas, a slice for each area."""
    flat = torch.tensor([area for patient in areas for area in patient])
    count = len(flat)
    return Slices(
        names=tuple(f"patient {number}" for number in range(len(areas))),
        images=torch.zeros(count, 4, 4, 3, dtype=torch.uint16),
        masks=(torch.arange(16) < flat[:, None]).view(count, 4, 4),
        patient=torch.repeat_interleave(torch.arange(len(areas)), torch.tensor([len(patient) for patient in areas])),
        mean=torch.zeros(len(areas), 3),
        std=torch.ones(len(areas), 3),
    )


def test_weights_by_hand():
    # the first patient's mean area is 10/3, a tenth of it 1/3: 1/3, 13/3 and 19/3 of 11
    expected = [1 / 66, 13 / 66, 19 / 66, 1 / 4, 1 / 4]
    assert slice_weights(slices_of([0, 4, 6], [0, 0]), REPORT).tolist() == pytest.approx(expected)


def sampling(area_power: float, background_share: float) -> SamplingSettings:
    return SamplingSettings(area_power=area_power, background_share=background_share, train_on="retained")


def test_a_power_and_a_share_by_hand():
    # square roots 0, 2 and 4, their mean 2: with half of it 1, 3 and 5 of 9
    assert slice_weights(slices_of([0, 4, 16]), sampling(0.5, 0.5)).tolist() == pytest.approx([1 / 9, 3 / 9, 5 / 9])


def test_at_power_0_all_slices_with_lesion_weigh_the_same():
    # 0, 1 and 1 with a mean of 2/3: with half of it 1/3, 4/3 and 4/3
    assert slice_weights(slices_of([0, 4, 16]), sampling(0.0, 0.5)).tolist() == pytest.approx([1 / 9, 4 / 9, 4 / 9])


def test_without_background_share_slices_without_lesion_are_never_drawn():
    assert slice_weights(slices_of([0, 4, 12]), sampling(1.0, 0.0)).tolist() == [0, 0.25, 0.75]


def test_the_reports_settings_give_its_weights_to_the_last_bit():
    slices = slices_of([0, 3, 7, 1], [5, 2, 0])
    area = slices.masks.sum(dim=(1, 2)).double()
    weights = [part + 0.1 * part.mean() for part in area.split([4, 3])]
    assert slice_weights(slices, REPORT).equal(torch.cat([weight / weight.sum() for weight in weights]) / 2)


def test_patients_are_equally_likely_whatever_their_lesions_and_slices():
    weights = slice_weights(slices_of([0, 1], [16, 16, 16, 3], [0, 0, 0]), REPORT)
    assert [part.sum().item() for part in weights.split([2, 4, 3])] == pytest.approx([1 / 3] * 3)
    assert weights.sum().item() == pytest.approx(1, abs=1e-12)


def test_a_patient_without_lesion_is_drawn_evenly():
    assert slice_weights(slices_of([0, 0, 0, 0]), REPORT).tolist() == [0.25] * 4


def test_slices_without_lesion_are_drawn_too():
    assert slice_weights(slices_of([0, 16]), REPORT).min() > 0


@pytest.mark.parametrize(
    ("slices", "batch_size", "shape"), [(12, 4, (3, 4)), (13, 4, (3, 4)), (4, 4, (1, 4)), (5, 1, (5, 1))]
)
def test_draws_as_many_as_there_are_and_drops_the_ragged_end(slices, batch_size, shape):
    drawn = draw(torch.full((slices,), 1 / slices).double(), batch_size, torch.Generator().manual_seed(0))
    assert drawn.shape == shape
    assert drawn.min() >= 0 and drawn.max() < slices


def test_the_generator_decides():
    weights = slice_weights(slices_of([0, 4, 6, 2, 3], [1, 2, 0, 0, 9]), REPORT)
    first, again, other = (draw(weights, 2, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.equal(again) and not first.equal(other)


def test_how_often_slices_are_drawn_follows_the_weights():
    weights = slice_weights(slices_of([0, 4, 6], [0, 0]), REPORT)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.cat([draw(weights, 5, generator) for _ in range(4000)])
    frequency = drawn.flatten().bincount(minlength=5) / drawn.numel()
    assert (frequency - weights).abs().max() < 0.013  # four standard deviations of 20,000 draws
