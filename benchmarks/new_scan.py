"""One new scan of 28 slices of 256 x 256 pixels: seconds and memory of this project and of the report's reference way.

python -m benchmarks.new_scan [--repeats N]

The network is the reference's: 32 features at 256 x 256 pixels, random weights. Each work runs in a process of its own,
in turns, so that a busy moment of the machine hits all of them; the median counts. Seconds are of reading the scan,
segmenting it and writing the mask, not of starting Python; memory is the peak of the process.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

SLICES, SIDE_PX, FEATURES = 28, 256, 32
WORKS = ("torch", "onnx", "reference")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", choices=WORKS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(*measure(options.work, options.folder))
        return
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name))
        found: dict[str, list[list[float]]] = {work: [] for work in WORKS}
        for _ in range(options.repeats):
            for work in WORKS:
                found[work].append(run_apart(work, Path(name)))
    seconds = {work: median(row[0] for row in rows) for work, rows in found.items()}
    print("| work | seconds | times as fast as the reference | peak memory, MB |\n|---|---|---|---|")
    for work, rows in found.items():
        memory_mb = median(row[1] for row in rows)
        print(f"| {work} | {seconds[work]:.2f} | {seconds['reference'] / seconds[work]:.2f} | {memory_mb:.0f} |")


def run_apart(work: str, folder: Path) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.new_scan", "--work", work, "--folder", str(folder)]
    return [float(part) for part in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]


def prepare(folder: Path) -> None:
    """A synthetic patient in TIFF slices, and a model file with ONNX graphs of the reference's network."""
    import torch

    from benchmarks.reference_state import reference_state
    from brainseg.data.raw.patients import write_patient
    from brainseg.model.onnx_export import export_onnx
    from brainseg.model.reference_unet import import_reference
    from brainseg.sources.phantom import phantom_patient

    write_patient(folder / "PATIENT", *phantom_patient(np.random.default_rng(0), SLICES, SIDE_PX, 0.01))
    torch.save(reference_state(FEATURES), folder / "unet.pt")
    import_reference(folder / "unet.pt", folder / "model.zip", [])
    export_onnx(folder / "model.zip", folder / "model.zip")


def measure(work: str, folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of one work, in this process."""
    segment = reference_work(folder) if work == "reference" else our_work(folder, work)
    segment()  # the first run allocates memory and loads modules
    start = time.perf_counter()
    segment()
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def our_work(folder: Path, runtime: str):
    import brainseg

    segmenter = brainseg.load(folder / "model.zip", runtime)
    return lambda: segmenter(folder / "PATIENT").write(folder / "out", "npy")


def reference_work(folder: Path):
    """Its steps, written anew: preprocess slice by slice, float32 NCHW, the largest component by medpy."""
    import torch
    from medpy.filter.binary import largest_connected_component

    from benchmarks import reference_way
    from brainseg.model.archive import read_model
    from brainseg.model.torch_runtime import read_network

    model = read_model(folder / "model.zip")
    network = read_network(model, model.record.networks[0]).network.to(memory_format=torch.contiguous_format)

    def segment() -> None:
        image, _ = reference_way.read_and_preprocess(folder / "PATIENT", SIDE_PX)
        images = torch.from_numpy(image.transpose(0, 3, 1, 2).astype(np.float32))
        probability = np.round(reference_way.predict(network, images, batch_size=32)).astype(int)
        mask = largest_connected_component(probability) if probability.any() else probability
        np.save(folder / "reference.npy", mask)

    return segment


if __name__ == "__main__":
    main()
