"""What the metrics cost beside medpy: python benchmarks/evaluate_volumes.py FOLDER [--patients N]

FOLDER holds patients in kaggle_3m layout. A prediction is the truth moved by two pixels, with a
false component and a few stray voxels: the latter make the box around both masks as large as the
volume. medpy takes full volumes, one patient after the other; ours run in as many processes as
there are cores, or BRAINSEG_WORKERS. Both give the same numbers, or the run fails. Memory is
what Python and NumPy allocate on top of the two masks, of the patient with the most slices.
"""

import argparse
import time
import tracemalloc
from functools import partial
from pathlib import Path

import medpy.metric.binary as medpy
import numpy as np

from brainseg.data.raw.patients import patient_names, read_mask
from brainseg.metrics.lesions import count_lesions
from brainseg.metrics.overlap import dsc, iou, precision, sensitivity
from brainseg.metrics.raggedness import raggedness
from brainseg.metrics.slicewise import dsc_slicewise
from brainseg.metrics.surface import hd95_and_assd, hd95_larger, surface_dice
from brainseg.parallel import parallel_map, workers

SPACING_PX = (4.0, 1.0, 1.0)
TOLERANCE_PX = 2
STRAY_VOXELS = 10
Numbers = dict[str, float]


def overlap_of_medpy(prediction: np.ndarray, truth: np.ndarray) -> Numbers:
    scores = {"dsc": medpy.dc, "iou": medpy.jc, "precision": medpy.precision, "sensitivity": medpy.recall}
    return {name: score(prediction, truth) for name, score in scores.items()}


def overlap(prediction: np.ndarray, truth: np.ndarray) -> Numbers:
    return {score.__name__: score(prediction, truth) for score in (dsc, iou, precision, sensitivity)}


def boundary_of_medpy(prediction: np.ndarray, truth: np.ndarray) -> Numbers:
    return {measure.__name__: measure(prediction, truth, SPACING_PX) for measure in (medpy.hd95, medpy.assd)}


def boundary(prediction: np.ndarray, truth: np.ndarray) -> Numbers:
    return dict(zip(("hd95", "assd"), hd95_and_assd(prediction, truth, SPACING_PX), strict=True))


def lesions_of_medpy(prediction: np.ndarray, truth: np.ndarray) -> Numbers:
    # it pairs components one to one and ours does not, so these are not compared
    return {"obj_tpr": medpy.obj_tpr(truth, prediction, 3), "obj_fpr": medpy.obj_fpr(truth, prediction, 3)}


def lesions(prediction: np.ndarray, truth: np.ndarray) -> Numbers:
    return vars(count_lesions(prediction, truth))


def ours_alone(prediction: np.ndarray, truth: np.ndarray) -> Numbers:
    return {
        "nsd": surface_dice(prediction, truth, TOLERANCE_PX),
        "hd95_larger": hd95_larger(prediction, truth, SPACING_PX),
        "dsc_slicewise": dsc_slicewise(prediction, truth),
        "raggedness": raggedness(truth),
    }


MEDPYS = {"overlap": overlap_of_medpy, "boundary": boundary_of_medpy, "lesions": lesions_of_medpy}
OURS = {"overlap": overlap, "boundary": boundary, "lesions": lesions, "what medpy lacks": ours_alone}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--patients", type=int, help="only the first N")
    options = parser.parse_args()
    folders = [options.folder / name for name in patient_names(options.folder)[: options.patients]]
    start = time.perf_counter()
    of_medpy = [measured(folder, by="medpy") for folder in folders]
    between = time.perf_counter()
    of_ours = parallel_map(partial(measured, by="ours"), folders, "ours")
    end = time.perf_counter()
    difference = largest_difference([numbers for numbers, _ in of_medpy], [numbers for numbers, _ in of_ours])
    print(f"{len(folders)} patients, medpy on full volumes in 1 process, ours in {min(workers(), len(folders))}")
    for group in OURS:
        ours = sum(seconds[group] for _, seconds in of_ours)
        if group in MEDPYS:
            row(f"{group}, s", sum(seconds[group] for _, seconds in of_medpy), ours)
        else:
            print(f"{group + ', s':32} {'':18} ours {ours:8.3f}")
    shared_s = sum(seconds[group] for _, seconds in of_ours for group in MEDPYS)
    row("all that medpy has, s", sum(sum(seconds.values()) for _, seconds in of_medpy), shared_s)
    row("from files to numbers, clock, s", between - start, end - between)
    largest = max((masks(folder) for folder in folders), key=lambda pair: len(pair[0]))
    row("peak memory, MiB", peak_mib(MEDPYS, *largest), peak_mib(OURS, *largest))
    print(f"largest difference of the same numbers: {difference:.1e}")


def row(what: str, of_medpy: float, ours: float) -> None:
    print(f"{what:32} medpy {of_medpy:8.3f}    ours {ours:8.3f}    ratio {of_medpy / ours:6.1f}")


def measured(folder: Path, by: str) -> tuple[Numbers, Numbers]:
    """A patient's numbers, and the seconds of each group of them."""
    pair, numbers, seconds = masks(folder), {}, {}
    for group, measure in (MEDPYS if by == "medpy" else OURS).items():
        start = time.perf_counter()
        numbers |= measure(*pair)
        seconds[group] = time.perf_counter() - start
    return numbers, seconds


def masks(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and truth, (S, H, W) bool each."""
    truth = read_mask(folder)
    prediction = np.zeros_like(truth)
    prediction[:, 2:] = truth[:, :-2]
    rng = np.random.default_rng(0)
    slice_, row_, column = (int(rng.integers(2, length - 8)) for length in truth.shape)
    prediction[slice_ : slice_ + 2, row_ : row_ + 8, column : column + 8] = True
    prediction[tuple(rng.integers(0, length, STRAY_VOXELS) for length in truth.shape)] = True
    return prediction, truth


def largest_difference(of_medpy: list[Numbers], of_ours: list[Numbers]) -> float:
    pairs = zip(of_medpy, of_ours, strict=True)
    found = max(abs(theirs[name] - ours[name]) for theirs, ours in pairs for name in theirs.keys() & ours.keys())
    assert found <= 1e-9, f"numbers differ by {found}"
    return found


def peak_mib(groups: dict, prediction: np.ndarray, truth: np.ndarray) -> float:
    tracemalloc.start()
    for measure in groups.values():
        measure(prediction, truth)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


if __name__ == "__main__":
    main()
