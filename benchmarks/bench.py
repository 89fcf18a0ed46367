"""The project beside the report's reference code and beside the machine's limit: make bench, or
python -m benchmarks.bench [--quick] [--sizes 64/8,128/16] [--seconds S] [--cpu-time]

One synthetic patient of 256 x 256 pixels. For each size (side of the input / features of the U-Net) each row's
works alternate, so that a busy moment of the machine hits all of them; the median counts. The limit of network work is
its floating-point operations over the rate of a matrix product, that of the rest the bytes it must read and write over
the rate of a copy. OMP_NUM_THREADS sets the threads of both ways: give as many as there are idle cores, and one where
another job runs, since threads that share a core wait for each other. With one thread on a busy machine, --cpu-time
measures the time that the processor spent on the work, in place of the time that passed.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks import limit, our_way, reference_way
from brainseg.core.components import build_chosen
from brainseg.core.params import read_params
from brainseg.data.predictions import Prediction
from brainseg.data.raw.patients import read_mask, write_patient
from brainseg.device import device_name, pick_device, uses_bf16
from brainseg.metrics.overlap import dsc
from brainseg.metrics.surface import hd95_and_assd
from brainseg.postprocessing.largest_component import largest_component
from brainseg.sources.phantom import phantom_patient

PARAMS = Path(__file__).parent.parent / "params.yaml"
SPACING_PX = (4.0, 1.0, 1.0)
NOISE = 0.01  # little, so that the head is cropped: resizing 256 x 256 pixels to themselves would cost nothing
HEADER = (
    "size",
    "work",
    "ours, ms a slice",
    "reference, ms a slice",
    "times as fast",
    "limit, ms a slice",
    "share of the limit",
)
Work = Callable[[], object]


class Plan(NamedTuple):
    """sizes: (side_px, features, batch size); slices, file_side_px: of the patient; seconds: of one row at least."""

    sizes: tuple[tuple[int, int, int], ...]
    slices: int
    file_side_px: int
    seconds: float
    clock: Callable[[], float] = time.perf_counter


FULL = Plan(((64, 8, 16), (128, 16, 8), (256, 32, 2)), slices=18, file_side_px=256, seconds=20.0)
QUICK = Plan(((32, 4, 4),), slices=8, file_side_px=48, seconds=0.0)


class Row(NamedTuple):
    """Milliseconds a slice; None where there is nothing to compare with."""

    size: str
    work: str
    ours: float
    reference: float | None
    limit: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one tiny size, once: does it run?")
    parser.add_argument("--sizes", help="some of " + ",".join(f"{side}/{width}" for side, width, _ in FULL.sizes))
    parser.add_argument("--seconds", type=float, help=f"of a row, {FULL.seconds:g} if not given")
    parser.add_argument("--cpu-time", action="store_true", help="measure time on the CPU, for a busy machine")
    options = parser.parse_args()
    plan = QUICK if options.quick else FULL
    if options.sizes:
        chosen = options.sizes.split(",")
        plan = plan._replace(sizes=tuple(size for size in FULL.sizes if f"{size[0]}/{size[1]}" in chosen))
    if options.seconds is not None:
        plan = plan._replace(seconds=options.seconds)
    if options.cpu_time:
        plan = plan._replace(clock=time.process_time)
    device = pick_device()
    precision = "bf16" if uses_bf16(device, "auto") else "fp32"
    clock = "time on the CPU" if options.cpu_time else "time that passed"
    print(f"{device_name(device)}, {precision}, {clock}, load of the machine {os.getloadavg()[0]:.1f}", flush=True)
    rows = list(benchmark(plan, device))
    print(*table(rows), sep="\n")


def benchmark(plan: Plan, device: torch.device) -> list[Row]:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "PHANTOM"
        write_patient(folder, *phantom_patient(np.random.default_rng(0), plan.slices, plan.file_side_px, NOISE))
        for size in plan.sizes:
            rows += rows_of_size(folder, Path(name) / f"preprocessed{size[0]}", size, plan, device)
        rows += rows_of_evaluation(folder, settings(*plan.sizes[0]), plan)
    return rows


def settings(side_px: int, features: int, batch_size: int) -> dict[str, Any]:
    """The project's params.yaml with the U-Net and Dice at this size."""
    params = deepcopy(read_params(PARAMS))
    params |= {"arch": "unet", "loss": "dice", "optim": "adam"}
    params["preprocess"]["side_px"] = side_px
    params["archs"]["unet"]["features"] = features
    params["train"]["batch_size"] = batch_size
    params["predict"] |= {"heads": "last", "prune_to": 0}
    return params


def rows_of_size(folder: Path, aside: Path, size: tuple[int, int, int], plan: Plan, device: torch.device) -> list[Row]:
    side_px, features, batch_size = size
    params = settings(*size)
    ours = our_way.training_works(folder, aside, params, device)
    image, mask = reference_way.read_and_preprocess(folder, side_px)
    network = build_chosen("archs", params)(3).to(device)
    optimizer = torch.optim.Adam(network.parameters())
    rng = np.random.default_rng(0)
    index = np.resize(np.arange(len(image)), batch_size)
    batch = [part.to(device) for part in reference_way.augmented_batch(image, mask, index, rng)]
    whole = torch.from_numpy(image.transpose(0, 3, 1, 2).astype(np.float32)).to(device)

    def epoch() -> None:
        for _ in range(our_way.EPOCH_BATCHES):
            part = [part.to(device) for part in reference_way.augmented_batch(image, mask, index, rng)]
            reference_way.step(network, optimizer, *part)

    theirs: dict[str, tuple[Work, int]] = {
        "reading and preprocessing": (lambda: reference_way.read_and_preprocess(folder, side_px), len(image)),
        "augmentation": (lambda: reference_way.augmented_batch(image, mask, index, rng), batch_size),
        "training step": (lambda: reference_way.step(network, optimizer, *batch), batch_size),
        "training epoch": (epoch, our_way.EPOCH_BATCHES * batch_size),
        "prediction": (lambda: reference_way.predict(network, whole, batch_size), len(image)),
    }
    training, prediction = limit.operations(lambda: build_chosen("archs", params)(3), side_px)
    counts = f"multiply-adds: {training / 2e9:.3f} G a training slice, {prediction / 2e9:.3f} G a prediction"
    print(f"{side_px}/{features}, batch {batch_size}, {counts}")
    file_bytes = read_mask(folder)[0].size * 4  # three channels and the mask, 8 bits each
    must = {  # operations, bytes that are read or written, for a slice
        "reading and preprocessing": (0.0, file_bytes + side_px**2 * 7),  # 16 bits a channel, and the mask
        "augmentation": (0.0, 2 * side_px**2 * 4 * 4),  # float32, there and back
        "training step": (training, 0.0),
        "training epoch": (training, 0.0),
        "prediction": (prediction, 0.0),
    }
    rows = []
    for work, (our_work, our_slices) in ours.items():
        their_work, their_slices = theirs[work]
        floating, moved = must[work]
        peak, counted = limit.matrix_product(device) if floating else limit.copy(device)
        ms = alternate({"ours": our_work, "theirs": their_work, "peak": peak}, plan, device)
        least = ms["peak"] * (floating or moved) / counted
        rows.append(Row(f"{side_px}/{features}", work, ms["ours"] / our_slices, ms["theirs"] / their_slices, least))
        print(f"  {work}: {rows[-1].ours:.2f} ms a slice", flush=True)
    return rows


def rows_of_evaluation(folder: Path, params: Mapping[str, Any], plan: Plan) -> list[Row]:
    """Scores on the files' grid, of the truth moved by two pixels and with a false component."""
    truth = read_mask(folder)
    predicted = np.roll(truth, 2, axis=2)
    predicted[1, 2:6, 2:6] = True
    probability = np.where(predicted, 0.9, 0.1)
    prediction = Prediction(np.where(predicted, np.uint8(230), np.uint8(25)), np.zeros((len(truth), 64, 64), np.uint8))
    patient = our_way.read_and_preprocess(folder, params)
    pairs: dict[str, tuple[Work, Work | None]] = {
        "DSC of the largest component": (
            lambda: dsc(largest_component(prediction.on_file_grid > 127), truth),
            lambda: reference_way.dsc_of_largest_component(probability, truth),
        ),
        "HD95 and ASSD": (
            lambda: hd95_and_assd(predicted, truth, SPACING_PX),
            lambda: reference_way.surface_distances(predicted, truth, SPACING_PX),
        ),
        "every score of evaluate": (lambda: our_way.every_score(prediction, truth, patient, params), None),
    }
    rows = []
    for work, (ours, theirs) in pairs.items():
        ms = alternate({"ours": ours} | ({"theirs": theirs} if theirs else {}), plan, torch.device("cpu"))
        reference = ms["theirs"] / len(truth) if theirs else None
        rows.append(Row("files", work, ms["ours"] / len(truth), reference, None))
    return rows


def alternate(works: Mapping[str, Work], plan: Plan, device: torch.device) -> dict[str, float]:
    """Median milliseconds of each. Rounds go on for plan.seconds; the first does not count, unless it took them all."""
    rounds: list[dict[str, float]] = []
    end = time.perf_counter() + plan.seconds
    while not rounds or time.perf_counter() < end:
        rounds.append({})
        for name, work in works.items():
            start = plan.clock()
            work()
            if device.type == "cuda":
                torch.cuda.synchronize()
            rounds[-1][name] = 1000 * (plan.clock() - start)
    counted = rounds[1:] or rounds
    return {name: median(times[name] for times in counted) for name in works}


def table(rows: list[Row]) -> list[str]:
    lines = ["", f"| {' | '.join(HEADER)} |", f"|{'---|' * len(HEADER)}"]
    for row in rows:
        faster = f"{row.reference / row.ours:.1f}" if row.reference else ""
        share = f"{row.limit / row.ours:.2f}" if row.limit else ""
        numbers = ["" if ms is None else f"{ms:.3g}" for ms in (row.ours, row.reference, row.limit)]
        cells = [row.size, row.work, numbers[0], numbers[1], faster, numbers[2], share]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
