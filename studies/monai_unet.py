"""MONAI's U-Net, trained as MONAI's tutorials do, on the subsets of the workspace:

    python -m studies.monai_unet MASKS --minutes 5

Run `dvc repro split preprocess` first. Slices of data/raw are the input, so nothing of this project's preprocessing,
sampling, augmentation, networks or prediction is used. The training patients train it, whoever validates here. The
masks of the held-out patients are written to MASKS/PATIENT.tif, for `brainseg judge MASKS --name monai-fold0`.

Source of the choices: MONAI's 2-D and BraTS segmentation tutorials: residual U-Net of 16 to 256 channels, z-scores of
the voxels above 0, random flips, affine maps and intensity changes, Dice + cross-entropy, AdamW. Slices with and
without lesion are drawn equally often, as RandCropByPosNegLabel does. The learning rate falls to 0 over the minutes.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import tifffile
import torch
from monai.data import CacheDataset, DataLoader
from monai.inferers import SimpleInferer
from monai.losses import DiceCELoss
from monai.networks.nets import UNet
from monai.transforms import (
    Compose,
    KeepLargestConnectedComponent,
    NormalizeIntensity,
    RandAffined,
    RandFlipd,
    RandGaussianNoised,
    RandScaleIntensityd,
    RandShiftIntensityd,
)
from monai.utils import set_determinism
from torch.utils.data import WeightedRandomSampler

from brainseg.core.progress import print_line, progress
from brainseg.data import split
from brainseg.data.raw import patients

LR, WEIGHT_DECAY, BATCH = 2e-3, 1e-5, 16
RANDOM = Compose(
    [
        RandFlipd(["image", "label"], prob=0.5, spatial_axis=1),
        RandAffined(
            ["image", "label"],
            prob=0.5,
            rotate_range=0.26,
            scale_range=(0.1, 0.1),
            mode=("bilinear", "nearest"),
            padding_mode="zeros",
        ),
        RandScaleIntensityd("image", factors=0.1, prob=0.5),
        RandShiftIntensityd("image", offsets=0.1, prob=0.5),
        RandGaussianNoised("image", prob=0.2, std=0.1),
    ]
)


def main() -> None:
    parser = argparse.ArgumentParser(description="MONAI's U-Net on the subsets of the workspace.")
    parser.add_argument("masks", type=Path)
    parser.add_argument("--minutes", type=float, required=True, help="of training")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    set_determinism(arguments.seed)
    subset = split.read()
    network = trained(split.patients_in(subset, "train"), arguments.minutes)
    arguments.masks.mkdir(parents=True, exist_ok=True)
    for name in progress(split.patients_in(subset, split.evaluation_subset(subset.values())), "predicting"):
        mask = predicted_mask(network, channels_first(name))
        tifffile.imwrite(arguments.masks / f"{name}.tif", mask, photometric="minisblack")


def channels_first(name: str) -> np.ndarray:
    """(S, 3, H, W) float32, z-scores of each channel over the patient's voxels above 0."""
    image = patients.read_images(patients.FOLDER / name).astype(np.float32).transpose(3, 0, 1, 2)
    normalised = NormalizeIntensity(nonzero=True, channel_wise=True)(image)
    return np.asarray(normalised, np.float32).transpose(1, 0, 2, 3)


def trained(names: list[str], minutes: float) -> UNet:
    slices = []
    for name in progress(names, "reading"):
        masks = patients.read_mask(patients.FOLDER / name)
        slices += [
            {"image": image, "label": mask[None].astype(np.float32)}
            for image, mask in zip(channels_first(name), masks, strict=True)
        ]
    has_lesion = torch.tensor([bool(item["label"].any()) for item in slices])
    weights = torch.where(has_lesion, 1 / has_lesion.sum(), 1 / (~has_lesion).sum()).double()
    loader = DataLoader(
        CacheDataset(slices, RANDOM, progress=False),
        batch_size=BATCH,
        sampler=WeightedRandomSampler(weights, len(slices)),
    )
    network = UNet(2, in_channels=3, out_channels=1, channels=(16, 32, 64, 128, 256), strides=(2,) * 4, num_res_units=2)
    loss = DiceCELoss(sigmoid=True, batch=True)
    optimizer = torch.optim.AdamW(network.parameters(), LR, weight_decay=WEIGHT_DECAY)
    start, epoch, share = time.perf_counter(), 0, 0.0
    while share < 1:
        epoch, total, steps = epoch + 1, 0.0, 0
        for batch in loader:
            share = (time.perf_counter() - start) / (60 * minutes)
            if share >= 1:
                break
            optimizer.param_groups[0]["lr"] = LR * (1 - share) ** 0.9
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(batch["image"])
            value = loss(logits.float(), batch["label"])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total, steps = total + value.item(), steps + 1
        if steps:
            print_line(f"epoch {epoch}: train loss {total / steps:.4f}, {100 * min(share, 1):.0f} % of the time")
    return network.eval()


@torch.no_grad()
def predicted_mask(network: UNet, image: np.ndarray) -> np.ndarray:
    """(S, H, W) uint8 of 0 and 255, the largest component."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = torch.cat([SimpleInferer()(part, network) for part in torch.from_numpy(image).split(BATCH)])
    above = logits.float().moveaxis(1, 0) > 0  # (1, S, H, W)
    largest = KeepLargestConnectedComponent(is_onehot=False, connectivity=3)(above.to(torch.uint8))
    return (np.asarray(largest)[0] > 0).astype(np.uint8) * 255


if __name__ == "__main__":
    main()
