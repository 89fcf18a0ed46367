import numpy as np
import pytest
import torch

from benchmarks.reference_way import augment, dsc_of_largest_component, predict, read_and_preprocess, surface_distances
from brainseg.data.raw.patients import write_patient
from brainseg.metrics.overlap import dsc
from brainseg.metrics.surface import hd95_and_assd
from brainseg.postprocessing.largest_component import largest_component
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.sources.phantom import phantom_patient


def test_preprocessing_gives_what_the_projects_own_gives(tmp_path, rng):
    image, mask = phantom_patient(rng, slices=8, side_px=60, noise=0.04)
    write_patient(tmp_path / "A", image, mask)
    theirs, their_mask = read_and_preprocess(tmp_path / "A", 32)
    settings = PreprocessSettings(side_px=32, background=0.1, low_percentile=10.0, high_percentile=99.0)
    ours = preprocess(image, mask, settings)
    np.testing.assert_allclose(ours.z_score()[ours.retained], theirs, atol=1e-3)
    np.testing.assert_array_equal(ours.mask[ours.retained], their_mask)


@pytest.mark.parametrize("seed", range(4))
def test_augmentation_moves_image_and_mask_together(seed):
    image, mask = np.zeros((32, 32, 3)), np.zeros((32, 32, 1))
    image[6:14, 8:20] = mask[6:14, 8:20] = 1
    moved, moved_mask = augment(image, mask, np.random.default_rng(seed))
    assert moved.shape == (32, 32, 3) and moved_mask.shape == (32, 32, 1)
    assert dsc(moved[..., 0] > 0.5, moved_mask[..., 0] > 0.5) > 0.85
    assert 0.8 < moved_mask.sum() / mask.sum() < 1.25


def test_a_prediction_has_every_slice_once():
    class First(torch.nn.Module):
        def forward(self, images):
            return images[:, :1]

    images = torch.randn(5, 3, 4, 4)
    np.testing.assert_allclose(predict(First(), images, 2), images[:, 0].sigmoid().numpy())


def test_scores_are_those_of_the_project(rng):
    truth = np.zeros((4, 12, 12), bool)
    truth[1:3, 2:7, 2:7] = True
    predicted = np.roll(truth, 1, axis=2)
    predicted[0, 10:, 10:] = True
    found = dsc_of_largest_component(np.where(predicted, 0.8, 0.1), truth)
    assert found == pytest.approx(dsc(largest_component(predicted), truth))
    assert surface_distances(predicted, truth, (4.0, 1.0, 1.0)) == pytest.approx(
        hd95_and_assd(predicted, truth, (4.0, 1.0, 1.0))
    )
