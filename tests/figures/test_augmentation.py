import numpy as np
import pytest
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D, every_channel
from brainseg.figures.augmentation import augmentation_gallery
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.intensity import IntensitySettings
from tests.compare.figures.small_verdicts import drawn

pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # one of matplotlib is a fault of the figure


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("masks", [torch.zeros(4, 1, 16, 16), torch.ones(4, 1, 16, 16)])
def test_the_gallery_draws(tmp_path, count, masks):
    masks[:, :, 4:9, 3:8] = 1
    images = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    settings = AugmentSettings(scale=0.05, rotation_deg=15.0, flip=0.5, paste_lesion=0.5)
    intensity = IntensitySettings(
        bias_field=0.1, gamma=0.1, blur_px=0.0, gain=0.1, offset=0.1, noise=0.1, channel_dropout=0.0
    )
    given = images[:count], masks[:count]
    figure = augmentation_gallery(*given, THREE_CHANNELS_2D, settings, intensity, "title")
    assert drawn(figure, tmp_path)
    original = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(original, images[0, 1])
    without_flair = augmentation_gallery(*given, every_channel(["adc", "dwi", "t2"]), settings, intensity, "title")
    np.testing.assert_array_equal(without_flair.axes[0].images[0].get_array(), images[0, 0])
