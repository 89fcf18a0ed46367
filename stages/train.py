"""Train a network: python -m stages.train

Runs on the first GPU, or where BRAINSEG_DEVICE says. TensorBoard curves and example slices:
tensorboard --logdir runs
"""

import hashlib
import json
from pathlib import Path

import torch

from brainseg.augmentation import AugmentSettings
from brainseg.components import chosen
from brainseg.device import be_reproducible, device_name, pick_device, uses_bf16
from brainseg.errors import UserError, told_in_one_line
from brainseg.files import write_csv, write_json
from brainseg.monitor import Monitor
from brainseg.params import block, choice, natural_number, read_params, settings
from brainseg.progress import say
from brainseg.slices import load_slices
from brainseg.splits import members, read_split
from brainseg.training import TrainSettings, train
from brainseg.weights import write_weights

PREPROCESSED, WEIGHTS = Path("data/preprocessed"), Path("data/weights")


def main() -> None:
    params = read_params()
    seed, arch = natural_number(params, "seed"), choice(params, "arch")
    loss, build_optimizer, build_network = (chosen(kind, params) for kind in ("losses", "optims", "archs"))
    train_settings = settings(TrainSettings, params, "train")

    device = pick_device()
    subset = read_split(Path("data/split.csv"))
    training = load_slices(PREPROCESSED, members(subset, "train"), device)
    validation = load_slices(PREPROCESSED, members(subset, "validation"), device)
    if not training.masks.any():
        raise UserError("data/split.csv: no training patient has a lesion; there is nothing to learn from")

    be_reproducible(train_settings.precision)
    torch.manual_seed(seed)  # the initial weights
    network = build_network(3).to(device, memory_format=torch.channels_last)
    optimizer = build_optimizer(network.parameters())
    parameters = sum(parameter.numel() for parameter in network.parameters())
    say(f"{arch}, {parameters:,} parameters, on {device}: {len(training)} slices of {len(training.names)} patients")

    words = [choice(params, word) for word in ("arch", "loss", "optim")]
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()[:6]
    with Monitor(Path("runs") / "-".join([*words, digest]), validation) as monitor:
        trained = train(
            network,
            loss,
            optimizer,
            training,
            validation,
            train_settings,
            settings(AugmentSettings, params, "augment"),
            seed,
            monitor.after_epoch,
        )

    arch_settings = block(params, f"archs.{arch}")
    write_weights(WEIGHTS / "last.pt", trained.last_state, arch, arch_settings)
    write_weights(WEIGHTS / "best.pt", trained.best_state, arch, arch_settings)
    write_csv(Path("plots/history.csv"), trained.history)
    write_csv(Path("metrics/validation_per_epoch.csv"), trained.per_patient)
    last, best = trained.history[-1], trained.history[trained.best_epoch - 1]
    precision = "bf16" if uses_bf16(device, train_settings.precision) else "fp32"
    metrics = {
        "device": device.type,  # device and precision change the last digits of all that follows
        "precision": precision,
        "parameters": parameters,
        "best_epoch": trained.best_epoch,
        "train_loss": last["train_loss"],
        "validation_loss": last["validation_loss"],
        "validation_dsc": {"last_epoch": last["validation_dsc"], "best_epoch": best["validation_dsc"]},
    }
    write_json(Path("metrics/training.json"), metrics)
    write_json(Path("metrics/timing.json"), {"device": device_name(device), **trained.timing()})


if __name__ == "__main__":
    with told_in_one_line():
        main()
