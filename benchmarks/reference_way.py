"""How the report's reference code works, in as few lines as have its cost: scikit-image, slice by slice, NCHW, fp32.

The steps are those of mateuszbuda/brain-segmentation-pytorch, written anew. The network is the project's own U-Net,
which has the same layers and parameters. The reference code augments in several loader processes; here it is one.
"""

from pathlib import Path

import numpy as np
import torch
from medpy.filter.binary import largest_connected_component
from medpy.metric.binary import assd, dc, hd95
from skimage.exposure import rescale_intensity
from skimage.io import imread
from skimage.transform import rescale, resize, rotate

from brainseg.data.raw.slices import slice_files

CONSTANT = {"mode": "constant", "cval": 0}


def read_and_preprocess(folder: Path, side_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Image (S, n, n, 3) float64 and mask (S, n, n) bool, without the patient's first and last slice."""
    image, mask = (np.array([imread(path) for path in files.values()])[1:-1] for files in slice_files(folder))
    image[image < 0.1 * image.max()] = 0
    box = tuple(slice(places.min(), places.max() + 1) for places in np.nonzero(image.max(axis=3)))
    image, mask = image[box], mask[box]
    side = max(image.shape[1:3])
    pads = [((side - size) // 2, side - size - (side - size) // 2) for size in image.shape[1:3]]
    image, mask = np.pad(image, [(0, 0), *pads, (0, 0)]), np.pad(mask, [(0, 0), *pads])
    shape = (len(image), side_px, side_px)
    mask = resize(mask, shape, order=0, anti_aliasing=False, **CONSTANT) > 0
    image = resize(image, (*shape, 3), order=2, anti_aliasing=False, **CONSTANT)
    image = rescale_intensity(image, in_range=(np.percentile(image, 10), np.percentile(image, 99)))
    return (image - image.mean(axis=(0, 1, 2))) / image.std(axis=(0, 1, 2)), mask


def augment(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A slice (n, n, 3) and its mask (n, n, 1), scaled, then rotated, then mirrored."""
    scale, angle = rng.uniform(0.95, 1.05), rng.uniform(-15, 15)
    how = {"channel_axis": 2, "anti_aliasing": False, **CONSTANT}
    image = _cut(rescale(image, scale, order=1, **how), len(image))
    mask = _cut(rescale(mask, scale, order=0, **how), len(mask))
    image, mask = rotate(image, angle, **CONSTANT), rotate(mask, angle, order=0, **CONSTANT)
    return (image[:, ::-1], mask[:, ::-1]) if rng.random() < 0.5 else (image, mask)


def _cut(image: np.ndarray, side_px: int) -> np.ndarray:
    """Cut or padded about the centre to (side_px, side_px, channels)."""
    missing = max(side_px - len(image), 0)
    pad = (missing // 2, missing - missing // 2)
    start = max(len(image) - side_px, 0) // 2
    return np.pad(image, [pad, pad, (0, 0)])[start : start + side_px, start : start + side_px]


def augmented_batch(
    image: np.ndarray, mask: np.ndarray, index: np.ndarray, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """The slices at `index` as (B, 3, n, n) and (B, 1, n, n) float32."""
    pairs = [augment(image[number], mask[number][..., None].astype(float), rng) for number in index]
    images, masks = (
        torch.from_numpy(np.stack(part).transpose(0, 3, 1, 2).astype(np.float32)) for part in zip(*pairs, strict=True)
    )
    return images, masks


def step(
    network: torch.nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, masks: torch.Tensor
) -> float:
    """Of Dice over the flattened batch; fp32."""
    network.train()
    optimizer.zero_grad()
    probability = torch.sigmoid(network(images)).view(-1)
    truth = masks.view(-1)
    loss = 1 - (2 * (probability * truth).sum() + 1) / (probability.sum() + truth.sum() + 1)
    loss.backward()
    optimizer.step()
    return loss.item()


def predict(network: torch.nn.Module, images: torch.Tensor, batch_size: int) -> np.ndarray:
    """(S, 3, n, n) float32 to probabilities (S, n, n) on the network's grid."""
    network.eval()
    with torch.no_grad():
        parts = [torch.sigmoid(network(batch)).cpu().numpy() for batch in images.split(batch_size)]
    return np.concatenate(parts)[:, 0]


def dsc_of_largest_component(probability: np.ndarray, truth: np.ndarray) -> float:
    return dc(largest_connected_component(np.round(probability).astype(int)), truth)


def surface_distances(prediction: np.ndarray, truth: np.ndarray, spacing: tuple[float, ...]) -> tuple[float, float]:
    """Not in the reference code: HD95 and ASSD as medpy is called on a whole volume."""
    return hd95(prediction, truth, spacing), assd(prediction, truth, spacing)
