"""Curves and example slices of a running training, for TensorBoard. The files contain clock times and
are not part of any result."""

import shutil
from pathlib import Path

import torch
from torch.utils.tensorboard import SummaryWriter

from brainseg.core.channels import main_channel
from brainseg.core.environment import whole_number
from brainseg.training.slices import Slices

EXAMPLES = 4  # validation patients shown


class Monitor:
    """Writes a curve for every number of an epoch, and example slices every few epochs."""

    def __init__(self, folder: Path, validation: Slices) -> None:
        self.folder = folder
        self.writer: SummaryWriter | None = None  # until the first epoch
        self.pictures_every = whole_number("BRAINSEG_PICTURES_EVERY", 5)  # epochs
        shown = torch.stack([validation.largest_lesion(number) for number in range(len(validation.names[:EXAMPLES]))])
        self.images, self.masks = validation.batch(shown)
        # (B, 1, n, n) of FLAIR, also where it is not an input of the network
        main = main_channel(validation.channels)
        self.shown, self.title = validation.z_scores(shown)[:, None, ..., main], validation.channels[main]

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer:
            self.writer.close()

    @torch.inference_mode()
    def after_epoch(self, network: torch.nn.Module, row: dict[str, float | None]) -> None:
        epoch = int(row["epoch"])
        if not self.writer:
            if epoch == 1:  # otherwise training was resumed and its curves are continued
                shutil.rmtree(self.folder, ignore_errors=True)
            self.writer = SummaryWriter(self.folder, purge_step=epoch)
        for name, value in row.items():
            if name != "epoch" and value is not None:  # None: the epoch was not validated
                subset, score = name.split("_", 1)
                self.writer.add_scalar(f"{score}/{subset}", value, epoch)
        if epoch == 1 or epoch % self.pictures_every == 0:
            probability = network(self.images).float().sigmoid()
            low, high = self.shown.amin((2, 3), keepdim=True), self.shown.amax((2, 3), keepdim=True)
            grey = (self.shown - low) / (high - low).clamp_min(1e-6)
            picture = torch.cat([grey, self.masks, probability], dim=3)  # FLAIR | truth | probability
            self.writer.add_images(f"{self.title}_truth_probability", picture.cpu(), epoch)
