"""Train a network: python -m stages.train

Runs on the first GPU, or where BRAINSEG_DEVICE says. TensorBoard curves and example slices:
tensorboard --logdir runs
"""

from pathlib import Path

import torch

from brainseg.augmentation import AugmentSettings
from brainseg.components import chosen
from brainseg.device import device_name, pick_device, uses_bf16
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

    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)  # the initial weights
    network = build_network(3).to(device, memory_format=torch.channels_last)
    optimizer = build_optimizer(network.parameters())
    parameters = sum(parameter.numel() for parameter in network.parameters())
    say(f"{arch}, {parameters:,} parameters, on {device}: {len(training)} slices of {len(training.names)} patients")

    run_name = "-".join(choice(params, word) for word in ("arch", "loss", "optim"))
    with Monitor(Path("runs") / run_name, validation) as monitor:
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
    metrics = {
        "parameters": parameters,
        "best_epoch": trained.best_epoch,
        "train_loss": last["train_loss"],
        "validation_loss": last["validation_loss"],
        "validation_dsc": {"last_epoch": last["validation_dsc"], "best_epoch": best["validation_dsc"]},
    }
    write_json(Path("metrics/training.json"), metrics)
    precision = "bf16" if uses_bf16(device, train_settings.precision) else "fp32"
    where = {"device": device_name(device), "precision": precision}
    write_json(Path("metrics/timing.json"), where | trained.timing())


if __name__ == "__main__":
    with told_in_one_line():
        main()
