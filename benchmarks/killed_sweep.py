"""A sweep, killed at random moments and run again each time: python benchmarks/killed_sweep.py [KILLS [SEED]]

In a clone of this project's last commit, in a temporary folder, with experiments/smoke.yaml. Every kill is a SIGKILL of
the sweep alone, between 1 and 25 seconds after its start. Then it runs to its end, and once more without any kill in a
second clone. Prints what was there after each kill, and ends with an error unless every row is there once,
with the scores of the sweep that was not killed, and no process and no folder is left.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROWS = ["smoke-bce-adam", "smoke-bce-sgd", "smoke-dice-adam", "smoke-dice-sgd"]
SWEEP = ["brainseg", "sweep", "experiments/smoke.yaml", "--jobs", "2"]


def main() -> None:
    kills, seed = (int(given) for given in [*sys.argv[1:], "10", "0"][:2])
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        project, undisturbed = clone(Path(folder) / "killed"), clone(Path(folder) / "undisturbed")
        for number in range(kills):
            seconds = rng.uniform(1, 25)
            sweep = subprocess.Popen(SWEEP, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                sweep.wait(seconds)
                ended = "had ended"
            except subprocess.TimeoutExpired:
                sweep.kill()
                sweep.wait()
                ended = "killed"
            time.sleep(1)
            left = [it.pid for it in psutil.process_iter(["cwd"]) if str(it.info["cwd"]).startswith(str(project))]
            print(f"{number + 1}: {ended} after {seconds:4.1f} s; {sorted(experiments(project))}; processes left: {left}")
            assert not left and not git(project, "status", "--short")
        for each in (project, undisturbed):
            subprocess.run(SWEEP, cwd=each, check=True, stdout=subprocess.DEVNULL)
            assert sorted(experiments(each)) == ROWS
            assert not list((each / ".dvc" / "tmp" / "exps").iterdir())
        for name in ROWS:
            one, other = (
                git(each, "show", f"{experiments(each)[name]}:metrics/evaluation.json") for each in (project, undisturbed)
            )
            assert one == other, name
    print(f"{len(ROWS)} rows, each once, with the scores of a sweep that was not killed")


def clone(folder: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", ".", str(folder)], check=True)
    return folder


def experiments(project: Path) -> dict[str, str]:
    """name -> sha; fails where two have one name."""
    lines = git(project, "for-each-ref", "--format=%(refname) %(objectname)", "refs/exps").splitlines()
    found = [(line.split()[0].rpartition("/")[2], line.split()[1]) for line in lines]
    assert len(dict(found)) == len(found)
    return dict(found)


def git(project: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=project, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
