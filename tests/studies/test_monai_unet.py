import numpy as np
import torch

from brainseg.data.raw import patients
from studies import monai_unet


def test_z_scores_are_over_the_voxels_above_0(tmp_path, monkeypatch):
    monkeypatch.setattr(patients, "FOLDER", tmp_path)
    image = np.zeros((4, 8, 8, 3), np.uint8)
    image[:, 2:6, 2:6] = np.arange(1, 17).reshape(4, 4)[..., None]
    patients.write_patient(tmp_path / "a", image, np.zeros((4, 8, 8), bool))
    found = monai_unet.channels_first("a")
    assert found.shape == (4, 3, 8, 8) and not found[:, :, :2].any()
    inside = found[:, 0, 2:6, 2:6]
    np.testing.assert_allclose([inside.mean(), inside.std()], [0, 1], atol=1e-6)


def test_the_mask_is_the_largest_component_in_three_dimensions():
    logits = np.full((20, 1, 8, 8), -1.0, np.float32)  # more slices than a batch
    logits[2:18, 0, 1, 1] = 1.0  # 16 voxels, through all batches
    logits[5, 0, 4:7, 4:7] = 1.0  # 9 voxels, more in a slice
    mask = monai_unet.predicted_mask(torch.nn.Identity(), logits)
    assert mask.shape == (20, 8, 8) and mask.dtype == np.uint8 and set(np.unique(mask)) == {0, 255}
    assert (mask > 0).sum() == 16 and mask[2:18, 1, 1].all()
