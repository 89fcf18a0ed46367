"""What many patients and many experiments cost in time, memory, disk and money: python -m benchmarks.cost

Every figure follows from the measurements below, which docs/results/cost.md names, by multiplication. Where a stage is
not linear, the page says so.
"""

from typing import NamedTuple

SLICES, RESULT_SLICES = 35, 36.4  # of an LGG patient in the mean; in training with `train_on: all`, of the 68 of a fold
EPOCHS = 18  # experiments/best.yaml
# seconds of one core of an AMD EPYC with bf16, for a patient of 35 slices of 256 x 256, in experiments/best.yaml
SECONDS = {
    "preprocess": SLICES * 0.0050,
    "train": RESULT_SLICES * 0.0251 * EPOCHS,
    "predict": SLICES * 0.0157,
    "evaluate": SLICES * 0.0039,
    "audit": 0.32,
}
MB = {"data/raw": 9.43, "data/preprocessed": 9.05, "data/predictions": 0.047}
RAW_FILES = 70
TRAINING_MEMORY_MB = RESULT_SLICES * 192 * 192 * (3 * 2 + 1) / 1e6  # slices in memory: uint16 channels and a mask
EXPERIMENT_MB = 15.7  # weights of the last and the best epoch
EXP_SHOW_SECONDS, COMPARE_SECONDS = 0.37, 0.010  # for an experiment: `dvc exp show`, reading in `brainseg compare`


class Prices(NamedTuple):
    """In dollars; assumptions, of the order of what cloud providers ask."""

    core_hour: float = 0.05
    disk_gb_month: float = 0.08
    bucket_gb_month: float = 0.023


PRICES = Prices()


class Cost(NamedTuple):
    """Of one experiment on so many patients."""

    patients: int
    core_hours: dict[str, float]
    disk_gb: float
    raw_files: int
    memory_gb: float
    compute_dollars: float
    storage_dollars_a_month: float


def cost(patients: int, prices: Prices = PRICES) -> Cost:
    """Disk and a remote hold raw and preprocessed images and predictions; each holds one copy."""
    core_hours = {stage: patients * seconds / 3600 for stage, seconds in SECONDS.items()}
    disk_gb = patients * sum(MB.values()) / 1000
    return Cost(
        patients,
        core_hours,
        disk_gb,
        patients * RAW_FILES,
        patients * TRAINING_MEMORY_MB / 1000,
        sum(core_hours.values()) * prices.core_hour,
        disk_gb * (prices.disk_gb_month + prices.bucket_gb_month),
    )


def main() -> None:
    stages = list(SECONDS)
    print("| patients | " + " | ".join(f"{stage}, core hours" for stage in stages) + " | an experiment, $ |")
    print("|---" * (len(stages) + 2) + "|")
    costs = [cost(patients) for patients in (1_000, 10_000, 100_000)]
    for one in costs:
        cells = [f"{one.core_hours[stage]:,.2g}" if one.core_hours[stage] < 10 else f"{one.core_hours[stage]:,.0f}"
                 for stage in stages]  # fmt: skip
        print(f"| {one.patients:,} | " + " | ".join(cells) + f" | {one.compute_dollars:,.2f} |")
    print("\n| patients | files of raw slices | disk, GB | memory with slices in memory, GB | storage, $ a month |")
    print("|---|---|---|---|---|")
    for one in costs:
        money = f"{one.storage_dollars_a_month:,.2f}"
        print(f"| {one.patients:,} | {one.raw_files:,} | {one.disk_gb:,.0f} | {one.memory_gb:,.0f} | {money} |")
    experiments, patients = 1000, 90
    each_mb = EXPERIMENT_MB + patients * MB["data/predictions"]
    print(f"\n{experiments:,} experiments on {patients} patients: {experiments * each_mb / 1000:,.0f} GB of cache")
    print(f"dvc exp show: {experiments * EXP_SHOW_SECONDS / 60:.0f} min; ", end="")
    print(f"reading them for brainseg compare: {experiments * COMPARE_SECONDS:.0f} s; ", end="")
    print(f"training them: {experiments * cost(68).core_hours['train']:,.0f} core hours")


if __name__ == "__main__":
    main()
