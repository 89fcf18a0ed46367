"""Train a network: python -m stages.train

Runs on the first GPU, or where BRAINSEG_DEVICE says. Stopped at any moment, it goes on after the
last whole epoch when it is run again. TensorBoard curves and example slices: tensorboard --logdir runs
"""

import json
from pathlib import Path
from typing import Any

import torch

from brainseg.archs.shared.input import InputSettings
from brainseg.core.components import chosen
from brainseg.core.errors import UserError, told_in_one_line
from brainseg.core.files import write_csv, write_json
from brainseg.core.params import block, choice, natural_number, read_params, settings
from brainseg.core.progress import say
from brainseg.data.split import members, read_split
from brainseg.data.weights import write_weights
from brainseg.device import be_reproducible, device_name, pick_device, uses_bf16
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.checkpoint import key_of, project_folder, saved_state
from brainseg.training.intensity import IntensitySettings
from brainseg.training.loop import Trained, TrainSettings, train
from brainseg.training.sampling import SamplingSettings
from brainseg.training.slices import load_slices
from brainseg.training.tensorboard import Monitor

PREPROCESSED, WEIGHTS = Path("data/preprocessed"), Path("data/weights")


def main() -> None:
    params = read_params()
    seed, arch = natural_number(params, "seed"), choice(params, "arch")
    loss, schedule = chosen("losses", params), chosen("schedules", params)
    build_optimizer, build_network = chosen("optims", params), chosen("archs", params)
    train_settings, sees = settings(TrainSettings, params, "train"), settings(InputSettings, params, "input")
    sampling = settings(SamplingSettings, params, "sampling")

    device = pick_device()
    subset = read_split(Path("data/split.csv"))
    for name in ("train", "validation"):
        if not members(subset, name):
            raise UserError(f"data/split.csv: no patient is in {name}; training needs both train and validation")
    training = load_slices(PREPROCESSED, members(subset, "train"), device, sees, sampling.train_on == "all")
    validation = load_slices(PREPROCESSED, members(subset, "validation"), device, sees)
    if not training.masks.any():
        raise UserError("data/split.csv: no training patient has a lesion; there is nothing to learn from")

    be_reproducible(train_settings.precision)
    torch.manual_seed(seed)  # the initial weights
    network = build_network(sees.in_channels)
    if hasattr(network, "load_pretrained"):
        network.load_pretrained()  # not where it is built: trained weights need no download
    network.to(device, memory_format=torch.channels_last)
    optimizer = build_optimizer(network.parameters())
    parameters = sum(parameter.numel() for parameter in network.parameters())
    say(f"{arch}, {parameters:,} parameters, on {device}: {len(training)} slices of {len(training.names)} patients")

    key = key_of(what_decides(params, device), *training.content(), *validation.content())
    runs = project_folder() / "runs"
    curves = runs / "-".join([*(choice(params, word) for word in ("arch", "loss", "optim")), key[:6]])
    with saved_state(runs / "unfinished", key) as saved, Monitor(curves, validation) as monitor:
        try:
            trained = train(
                network,
                loss,
                optimizer,
                schedule,
                training,
                validation,
                train_settings,
                sampling,
                settings(AugmentSettings, params, "augment"),
                settings(IntensitySettings, params, "intensity"),
                seed,
                monitor.after_epoch,
                saved,
            )
        except torch.OutOfMemoryError:
            told = f"no memory left on {device} with train.batch_size {train_settings.batch_size}"
            raise UserError(f"{told}; lower it, or preprocess.side_px, or the network's size") from None
        arch_settings = block(params, f"archs.{arch}")
        write_weights(WEIGHTS / "last.pt", trained.last_state, arch, arch_settings, sees)
        write_weights(WEIGHTS / "best.pt", trained.best_state, arch, arch_settings, sees)
        write_records(trained, device, train_settings.precision, parameters)
        saved.remove()


def what_decides(params: dict[str, Any], device: torch.device) -> bytes:
    """The settings and the device that this training's result depends on."""
    blocks = ["seed", "input", "sampling", "augment", "intensity", "train"]
    for word, section in (("loss", "losses"), ("optim", "optims"), ("schedule", "schedules"), ("arch", "archs")):
        blocks += [word, f"{section}.{choice(params, word)}"]
    decisive = {key: block(params, key) for key in blocks}
    precision = uses_bf16(device, block(params, "train.precision"))
    return json.dumps([decisive, device_name(device), precision], sort_keys=True).encode()


def write_records(trained: Trained, device: torch.device, precision: str, parameters: int) -> None:
    write_csv(Path("plots/history.csv"), trained.history)
    write_csv(Path("metrics/validation_per_epoch.csv"), trained.per_patient)
    last, best = trained.history[-1], trained.history[trained.best_epoch - 1]
    metrics = {
        "device": device.type,  # device and precision change the last digits of all that follows
        "precision": "bf16" if uses_bf16(device, precision) else "fp32",
        "deterministic": not trained.nondeterministic,
        "parameters": parameters,
        "best_epoch": trained.best_epoch,
        "train_loss": last["train_loss"],
        "validation_loss": last["validation_loss"],
        "validation_dsc": {"last_epoch": last["validation_dsc"], "best_epoch": best["validation_dsc"]},
    }
    write_json(Path("metrics/training.json"), metrics)
    write_json(Path("metrics/timing.json"), {"device": device_name(device), **trained.timing()})
    if trained.nondeterministic:
        names = ", ".join(trained.nondeterministic)
        say(f"another run may not give the same bytes: no deterministic form here of {names}")


if __name__ == "__main__":
    with told_in_one_line():
        main()
