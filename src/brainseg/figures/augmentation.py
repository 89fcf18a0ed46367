"""Slices before and after augmentation."""

import torch
from matplotlib.figure import Figure

from brainseg.archs.shared.input import InputSettings
from brainseg.core.channels import main_channel
from brainseg.figures.style import TRUTH
from brainseg.training.augmentation import AugmentSettings, augment
from brainseg.training.intensity import IntensitySettings, change_intensity
from brainseg.training.paste import paste_lesions

COLUMNS = 6


def augmentation_gallery(
    images: torch.Tensor,
    masks: torch.Tensor,
    input_settings: InputSettings,
    geometry: AugmentSettings,
    intensity: IntensitySettings,
    title: str,
) -> Figure:
    """One row per slice: original, then augmented; z-scored images (B, C, n, n), masks (B, 1, n, n).

    input_settings: of the images, with the names of the C. FLAIR is drawn, or the first channel without it.
    """
    shown = main_channel(input_settings.channels)
    generator = torch.Generator().manual_seed(0)
    versions = [(images, masks)]
    for _ in range(COLUMNS - 1):
        donors = images.roll(1, 0), masks.roll(1, 0)
        pasted, pasted_masks = paste_lesions(images, masks, *donors, geometry.paste_lesion, generator)
        moved, moved_masks = augment(pasted, pasted_masks, geometry, generator)
        versions.append((change_intensity(moved, intensity, input_settings, generator), moved_masks))
    figure = Figure(figsize=(1.7 * COLUMNS, 1.75 * len(images) + 0.6), layout="constrained")
    grid = figure.subplots(len(images), COLUMNS, squeeze=False)
    for column, (augmented, its_masks) in enumerate(versions):
        for row, axes in enumerate(grid[:, column]):
            low, high = images[row, shown].min(), images[row, shown].max()
            axes.imshow(augmented[row, shown], cmap="gray", vmin=low, vmax=high)
            if its_masks[row].any():
                axes.contour(its_masks[row, 0], [0.5], colors=[TRUTH], linewidths=1)
            axes.set_axis_off()
    grid[0, 0].set_title("original", fontsize=9)
    grid[0, 1].set_title("augmented", fontsize=9, loc="left")
    figure.suptitle(title, x=0.01, ha="left")
    return figure
