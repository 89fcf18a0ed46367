"""Memory and time of each stage from 20 to 2,000 synthetic patients:

python -m benchmarks.scaling [--patients 20,200,2000] [--csv FILE] [--figure FILE] [--dvc]

Patients of 6 slices of 32 x 32 pixels, and a network so small that the patients' files count and not the network. The
memory is the largest resident set of a stage's processes, as the system counts it; the time is that of the processor,
which another job on the machine hardly changes. The first number of patients is what starting costs. The exponent
says how the time beyond it grows with the patients beyond it: 1 is linear. Training is measured with its slices in
memory and on disk. --dvc also measures DVC's own commands on the files.
"""

import argparse
import csv
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
COPIED = ["src", "stages", "dvc.yaml", ".dvcignore", ".gitignore"]
COPIED += ["data/own", "data/own_volumes", "data/own_split", "data/random_weights"]
SETTINGS = {
    "data": "phantom",
    "datasets.phantom.slices": 6,
    "datasets.phantom.side_px": 32,
    "preprocess.side_px": 32,
    "train.epochs": 1,
    "archs.unet.features": 2,
    "archs.unet.levels": 2,
    "plot.dpi": 50,
}
# name of the row -> stage and environment; in the order in which they need each other
STAGES: dict[str, tuple[str, dict[str, str]]] = {
    "download": ("download", {}),
    "split": ("split", {}),
    "preprocess": ("preprocess", {}),
    "train, memory": ("train", {"BRAINSEG_SLICES": "memory"}),
    "train, disk": ("train", {"BRAINSEG_SLICES": "disk"}),
    "predict": ("predict", {}),
    "evaluate": ("evaluate", {}),
    "plot": ("plot", {}),
    "robustness": ("robustness", {}),
    "page": ("page", {}),
    "audit": ("audit", {}),
}
DVC = {"dvc commit": ["commit", "--force"], "dvc status": ["status"], "dvc repro, nothing to do": ["repro"]}


class Measured(NamedTuple):
    """memory_mb: the largest resident set of a process and of those that it waited for.

    On Linux it is at least that of the process that starts it, so this benchmark imports little.
    """

    memory_mb: float
    cpu_seconds: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", default="20,200,2000", type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--dvc", action="store_true")
    given = parser.parse_args()
    rows = []
    for patients in given.patients:
        with tempfile.TemporaryDirectory() as folder:
            project(Path(folder), patients)
            for name, (stage, environment) in STAGES.items():
                measured = measure([sys.executable, "-m", f"stages.{stage}"], Path(folder), environment)
                rows.append({"work": name, "patients": patients, **measured._asdict()})
                print(f"{patients:6,} patients  {name:16} {measured.memory_mb:6.0f} MB {measured.cpu_seconds:7.1f} s")
            for name, command in DVC.items() if given.dvc else ():
                measured = measure([str(Path(sys.executable).parent / "dvc"), *command], Path(folder), {})
                rows.append({"work": name, "patients": patients, **measured._asdict()})
                print(f"{patients:6,} patients  {name:16} {measured.memory_mb:6.0f} MB {measured.cpu_seconds:7.1f} s")
    print(table(rows))
    if given.csv:
        with given.csv.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    if given.figure:
        draw(rows, given.figure)


def project(folder: Path, patients: int) -> None:
    """A copy of the project with small settings, under git and DVC."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    for key, value in {**SETTINGS, "datasets.phantom.patients": patients}.items():
        *path, last = key.split(".")
        block = params
        for part in path:
            block = block[part]
        block[last] = value
    yaml.dump(params, folder / "params.yaml")
    (folder / ".dvc" / "plots").mkdir(parents=True)
    for name in ("config", ".gitignore", "plots_page.html", "plots/dsc_per_volume.json"):
        shutil.copy(ROOT / ".dvc" / name, folder / ".dvc" / name)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run([sys.executable, "-m", "stages.check"], cwd=folder, check=True)


def measure(command: list[str], folder: Path, environment: dict[str, str]) -> Measured:
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{output.read().decode()}")
    unit = 1024 if sys.platform == "linux" else 1  # of ru_maxrss, in bytes
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Measured(usage.ru_maxrss * unit / 1e6, round(cpu_seconds, 2), round(time.perf_counter() - started, 2))


def exponent(patients: list[int], seconds: list[float]) -> float:
    """Of the time beyond that of the first number of patients, from the second to the last; nan where there is none."""
    first, second, last = seconds[0], seconds[1], seconds[-1]
    if len(patients) < 3 or second <= first or last <= first:
        return math.nan
    growth = (patients[-1] - patients[0]) / (patients[1] - patients[0])
    return math.log((last - first) / (second - first)) / math.log(growth)


def table(rows: list[dict[str, Any]]) -> str:
    """In Markdown: memory and time for each number of patients, and the exponent."""
    patients = sorted({row["patients"] for row in rows})
    counts = [f"{count:,}" for count in patients]
    header = ["work", *(f"{count}: MB" for count in counts), *(f"{count}: s" for count in counts), "exponent"]
    lines = [header, ["---"] * len(header)]
    for work in dict.fromkeys(row["work"] for row in rows):
        found = {row["patients"]: row for row in rows if row["work"] == work}
        seconds = [found[count]["cpu_seconds"] for count in patients]
        memory = [f"{found[count]['memory_mb']:.0f}" for count in patients]
        power = exponent(patients, seconds) if len(patients) > 2 else math.nan
        lines.append([work, *memory, *(f"{value:.1f}" for value in seconds), f"{power:.2f}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (memory, seconds) = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for number, work in enumerate(STAGES):
        found = [row for row in rows if row["work"] == work]
        patients = [row["patients"] for row in found]
        style = {"marker": "o", "markersize": 3, "color": pyplot.get_cmap("tab20")(number), "label": work}
        memory.plot(patients, [row["memory_mb"] for row in found], **style)
        seconds.plot(patients, [row["cpu_seconds"] for row in found], **style)
    memory.set(title="largest resident memory, MB", xscale="log", xlabel="patients", ylim=(0, None))
    seconds.set(title="time of the processor, s", xscale="log", yscale="log", xlabel="patients")
    seconds.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
