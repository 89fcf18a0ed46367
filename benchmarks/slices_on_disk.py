"""Training that reads its slices from disk, beside training that has them in memory:

python -m benchmarks.slices_on_disk [--sizes 32/4,64/8,128/16] [--patients 24] [--epochs 7] [--cpu-time]

Epochs of the two alternate in one process, so that a busy moment of the machine hits both; the median counts. The size
is the side of a slice and the features of the U-Net. The files have just been written, so the system has them in
memory: a disk that is slower than the network adds its waiting. --cpu-time measures the time that the processor spent
in place of the time that passed, for a machine that is not idle.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

from brainseg.core.components import build_chosen
from brainseg.core.params import read_params
from brainseg.data import preprocessed
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.sources.phantom import phantom_patient
from brainseg.training.learning_rate import lr_scheduler
from brainseg.training.loop import train_epoch
from brainseg.training.loss_context import bind_context
from brainseg.training.recipe import recipe_from
from brainseg.training.sampling import draw, slice_weights
from brainseg.training.share import Share
from brainseg.training.slices import Slices, load_slices
from brainseg.training.state import TrainingState

PARAMS = Path(__file__).parent.parent / "params.yaml"
CPU = torch.device("cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="32/4,64/8,128/16")
    parser.add_argument("--patients", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--cpu-time", action="store_true")
    given = parser.parse_args()
    clock = time.process_time if given.cpu_time else time.perf_counter
    print("| size | memory, ms a slice | disk, ms a slice | disk / memory |\n|---|---|---|---|")
    for size in given.sizes.split(","):
        side_px, features = map(int, size.split("/"))
        with tempfile.TemporaryDirectory() as folder:
            names = write_patients(Path(folder), given.patients, side_px)
            places = [load_slices(names, CPU, folder=Path(folder), on_disk=on_disk) for on_disk in (False, True)]
            seconds: list[list[float]] = [[], []]
            for epoch in range(given.epochs):
                for place, slices in enumerate(places):
                    started = clock()
                    count = an_epoch(slices, features, epoch)
                    seconds[place].append((clock() - started) / count)
        memory, disk = (1000 * median(each) for each in seconds)
        print(f"| {size} | {memory:.3g} | {disk:.3g} | {disk / memory:.3f} |")


def write_patients(folder: Path, patients: int, side_px: int) -> list[str]:
    """Preprocessed patients of 12 slices, 10 of which are retained."""
    settings = PreprocessSettings(**read_params(PARAMS)["preprocess"] | {"side_px": side_px})
    rng = np.random.default_rng(0)
    for number in range(patients):
        image, mask = phantom_patient(rng, 12, side_px, 0.04)
        preprocessed.write(f"P{number:03d}", preprocess(image, mask, settings), folder)
    return preprocessed.names(folder)


def an_epoch(slices: Slices, features: int, seed: int) -> int:
    """Train a new network for an epoch; the number of slices drawn."""
    params = read_params(PARAMS)
    params["archs"]["unet"]["features"] = features
    recipe = recipe_from(params)
    torch.manual_seed(0)
    network = build_chosen("archs", params)(3).to(memory_format=torch.channels_last)
    optimizer = build_chosen("optims", params)(network.parameters())
    generator = torch.Generator().manual_seed(seed)
    batches = draw(slice_weights(slices, recipe.sampling), recipe.settings.batch_size, generator)
    state = TrainingState(network, optimizer, lr_scheduler(optimizer, lambda _: 1.0, len(batches), 0), None)
    loss = bind_context(recipe.loss, progress=0.0, lesion_share=slices.lesion_share)
    share = Share.whole(recipe.settings.batch_size)
    train_epoch(state, network, recipe, loss, slices, batches, generator, share)
    return batches.numel()


if __name__ == "__main__":
    main()
