"""PyTorch and ONNX Runtime on one scan: seconds and memory of each, in a process of its own.

python -m brainseg.segment.runtimes MODEL SCAN RUNTIME prints the figures of one.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError, report_errors
from brainseg.model.archive import read_model
from brainseg.segment.segmenter import load, preprocess_scan, read_one

RUNTIMES = ("torch", "onnx")
SLICES = 3  # that ONNX is compared with PyTorch on


def middle_slices(model: Path, scan: str) -> np.ndarray:
    """(SLICES, S, n, n, C) float32 z-scores of the slices in the middle of a scan, each with its neighbours."""
    record = read_model(model).record
    patient = preprocess_scan(read_one(scan, channels=record.channels), record.preprocess)
    index = record.networks[0].input.slice_index(patient.retained)
    middle = max(len(index) // 2 - SLICES // 2, 0)
    return patient.z_score()[index[middle : middle + SLICES]]


def runtime_table(model: Path, scan: str) -> str:
    """A Markdown table of loading, segmenting and the peak of memory; the second of two runs is timed."""
    lines = ["| runtime | load, s | one scan, s | peak memory, MB |", "|---|---|---|---|"]
    for runtime in RUNTIMES:
        command = [sys.executable, "-m", "brainseg.segment.runtimes", str(model), scan, runtime]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"{runtime}: {done.stderr.strip().splitlines()[-1]}")
        load_s, scan_s, memory_mb = done.stdout.split()
        lines.append(f"| {runtime} | {load_s} | {scan_s} | {memory_mb} |")
    return "\n".join(lines)


def measure(model: Path, scan: str, runtime: str) -> str:
    start = time.perf_counter()
    segmenter = load(model, runtime)
    loaded = time.perf_counter()
    read = read_one(scan, channels=segmenter.model.record.channels)
    for _ in range(2):
        again = time.perf_counter()
        segmenter(read)
    end = time.perf_counter()
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return f"{loaded - start:.2f} {end - again:.2f} {peak_kb / 1024:.0f}"


if __name__ == "__main__":
    with report_errors():
        print(measure(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
