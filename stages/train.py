"""Train a network: python -m stages.train

Runs on the first GPU, or on the device of BRAINSEG_DEVICE; with BRAINSEG_DEVICES on several of them. If it was stopped,
the next run resumes after the last complete epoch. TensorBoard curves and example slices: tensorboard --logdir runs
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch

from brainseg.archs.shared.input import InputSettings
from brainseg.core.components import KINDS, build_chosen
from brainseg.core.errors import UserError, escaped, is_out_of_memory, report_errors
from brainseg.core.files import write_csv, write_json
from brainseg.core.params import PARAMS_FILE, lookup, lookup_name, parse_settings, read_params
from brainseg.core.progress import print_line
from brainseg.data import paths, split, weights
from brainseg.device import be_reproducible, device_name, memory_bytes, uses_bf16
from brainseg.training.checkpoint import Checkpoint, checkpoint_path, fingerprint, open_checkpoint, project_folder
from brainseg.training.loop import train
from brainseg.training.processes import Processes, launch
from brainseg.training.recipe import Recipe, recipe_from
from brainseg.training.slices import Slices, load_slices
from brainseg.training.slices_place import stay_on_disk
from brainseg.training.start import digest, load_start, start_file
from brainseg.training.state import Trained
from brainseg.training.stored_rows import StoredRows
from brainseg.training.tensorboard import Monitor

COPIES = 4  # of each parameter, 4 bytes each: its value, its gradient and two moments of the optimizer


def main() -> None:
    params = read_params()
    build_chosen("optims", params), build_chosen("archs", params)  # what is wrong is said once, before processes start
    recipe = recipe_from(params)
    with launch() as (processes, device):
        train_with(processes, device, params, recipe)


def train_with(processes: Processes, device: torch.device, params: dict[str, Any], recipe: Recipe) -> None:
    arch, input_settings = lookup_name(params, "arch"), parse_settings(InputSettings, params, "input")
    build_optimizer, build_network = build_chosen("optims", params), build_chosen("archs", params)
    training, validation = load(processes, device, input_settings, recipe.sampling.train_on == "all")

    refuse_what_does_not_fit(build_network, input_settings.in_channels, arch, training.images.shape[1], device)
    be_reproducible(recipe.settings.precision)
    torch.manual_seed(recipe.seed)  # the initial weights
    network = build_network(input_settings.in_channels)
    start_from = start_file(recipe.settings.start_from)
    if start_from:
        load_start(network, start_from, arch, lookup(params, f"archs.{arch}"), input_settings)
    elif hasattr(network, "load_pretrained"):
        network.load_pretrained()  # not where it is built: trained weights need no download
    network.to(device, memory_format=torch.channels_last)
    optimizer = build_optimizer(network.parameters())
    parameters = sum(parameter.numel() for parameter in network.parameters())
    where = f"{device}" if processes.count == 1 else f"{processes.count} devices ({device.type})"
    place = ", read from disk" if isinstance(training.images, StoredRows) else ""
    counts = f"{len(training)} slices of {len(training.names)} patients"
    print_line(f"{arch}, {parameters:,} parameters, on {where}: {counts}{place}")

    start = digest(start_from).encode()
    inputs = run_inputs(params, device, processes.count)
    key = processes.same(fingerprint(inputs, start, *training.content(), *validation.content()))
    runs = project_folder() / "runs"
    with ExitStack() as opened:
        if processes.is_first:
            checkpoint = opened.enter_context(open_checkpoint(runs / "unfinished", key))
            curves = runs / "-".join([*(lookup_name(params, word) for word in ("arch", "loss", "optim")), key[:6]])
            after_epoch = opened.enter_context(Monitor(curves, validation)).after_epoch
        else:  # they read the state that the first process writes
            checkpoint, after_epoch = Checkpoint(checkpoint_path(runs / "unfinished", key)), None
        try:
            trained = train(network, optimizer, recipe, training, validation, checkpoint, after_epoch, processes)
        except (RuntimeError, MemoryError) as error:
            if is_compiler_error(error):
                reason = escaped((str(error).splitlines() or [""])[0])[:200]
                message = f"train.compile is true, but PyTorch cannot compile here ({reason})"
                raise UserError(
                    f"{PARAMS_FILE}: {message}; install a C++ compiler, or set train.compile=false"
                ) from None
            if not is_out_of_memory(error):
                raise
            message = f"no memory left on {device} with train.batch_size {recipe.settings.batch_size}"
            raise UserError(f"{message}; lower it, or preprocess.side_px, or the network's size") from None
        if not processes.is_first:
            return
        arch_settings = lookup(params, f"archs.{arch}")
        for name, state in (("last", trained.last_state), ("best", trained.best_state)):
            path = weights.FOLDER / weights.file_name(name)
            weights.write_weights(path, state, arch, arch_settings, input_settings, training.channels)
        write_records(trained, device, recipe.settings.precision, parameters, processes.count)
        checkpoint.remove()


def load(
    processes: Processes, device: torch.device, input_settings: InputSettings, all_slices: bool
) -> tuple[Slices, Slices]:
    """The training and the validation slices."""
    subset = split.read()
    names = {name: split.patients_in(subset, name) for name in ("train", "validation")}
    for name, patients in names.items():
        if not patients:
            raise UserError(f"{split.PATH}: no patient is in {name}; training needs both train and validation")
    on_disk = stay_on_disk(names["train"] + names["validation"], device, processes.count)
    on_disk = processes.same(on_disk)
    training = load_slices(names["train"], device, input_settings, all_slices, on_disk=on_disk)
    validation = load_slices(names["validation"], device, input_settings, on_disk=on_disk)
    if not training.lesion_px.any():
        raise UserError(f"{split.PATH}: no training patient has a lesion; there is nothing to learn from")
    return training, validation


def refuse_what_does_not_fit(
    build_network: Callable[[int], torch.nn.Module], in_channels: int, arch: str, side_px: int, device: torch.device
) -> None:
    """Raises UserError for slices of another size, and for a network that alone is too large for the memory."""
    with torch.device("meta"):  # takes no memory
        network = build_network(in_channels)
    if side_px % network.divisor:
        found = f"slices of {side_px} pixels"
        raise UserError(f"data/preprocessed: has {found}; {arch} needs a multiple of {network.divisor}")
    count = sum(parameter.numel() for parameter in network.parameters())
    needed, there = 4 * COPIES * count, memory_bytes(device)
    if needed > there:
        message = f"{count:,} parameters need {needed / 1e9:,.0f} GB in training; {device} has {there / 1e9:,.0f} GB"
        raise UserError(f"{PARAMS_FILE}: archs.{arch}: {message}; make the network smaller")


def is_compiler_error(error: BaseException) -> bool:
    return type(error).__module__.startswith(("torch._inductor", "torch._dynamo"))


def run_inputs(params: dict[str, Any], device: torch.device, processes: int = 1) -> bytes:
    """The settings and the devices that this training's result depends on.

    Another number of devices sums in another order. So each number has a state of its own to resume from.
    """
    blocks = ["seed", "input", "sampling", "augment", "intensity", "train"]
    for kind in ("losses", "optims", "schedules", "archs"):
        word, section = KINDS[kind]
        blocks += [word, f"{section}.{lookup_name(params, word)}"]
    decisive = {key: lookup(params, key) for key in blocks}
    precision = uses_bf16(device, lookup(params, "train.precision"))
    several = [processes] if processes > 1 else []
    return json.dumps([decisive, device_name(device), precision, *several], sort_keys=True).encode()


def write_records(trained: Trained, device: torch.device, precision: str, parameters: int, devices: int) -> None:
    write_csv(paths.HISTORY, trained.history)
    write_csv(paths.VALIDATION_PER_EPOCH, trained.per_patient)
    last, best = trained.history[-1], trained.best_row
    times = f"{devices} x " if devices > 1 else ""
    metrics = {
        "device": times + device.type,  # device and precision change the last digits of the results
        "precision": "bf16" if uses_bf16(device, precision) else "fp32",
        "deterministic": not trained.nondeterministic,
        "parameters": parameters,
        "best_epoch": trained.best_epoch,
        "train_loss": last["train_loss"],
        "validation_loss": last["validation_loss"],
        "validation_dsc": {"last_epoch": last["validation_dsc"], "best_epoch": best["validation_dsc"]},
    }
    write_json(paths.TRAINING, metrics)
    write_json(paths.TIMING, {"device": times + device_name(device), **trained.timing()})
    if trained.nondeterministic:
        names = ", ".join(trained.nondeterministic)
        print_line(f"another run may not give the same bytes: no deterministic form here of {names}")


if __name__ == "__main__":
    with report_errors():
        main()
