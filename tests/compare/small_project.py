"""A repository as `dvc exp run` leaves it, written by hand: nothing is trained, DVC is not run."""

import copy
import hashlib
import json
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PARAMS = {
    "data": "phantom",
    "loss": "dice",
    "optim": "adam",
    "schedule": "constant",
    "arch": "unet",
    "seed": 0,
    "datasets": {"phantom": {"patients": 3}, "lgg": {}},
    "split": {"strategy": "random", "seed": 0, "folds": 5, "fold": 0},
    "preprocess": {"side_px": 64},
    "augment": {"flip": 0.5},
    "train": {"epochs": 40, "batch_size": 16, "precision": "auto", "warmup_epochs": 0},
    "predict": {"weights": "last"},
    "evaluate": {"threshold": 0.5},
    "losses": {"bce": {}, "dice": {"smooth": 1.0}, "log_cosh_dice": {"smooth": 1.0}},
    "optims": {"adam": {"lr": 0.002, "beta1": 0.9}, "sgd": {"lr": 0.1, "momentum": 0.9}},
    "schedules": {"constant": {}, "cosine": {"last": 0.0}},
    "archs": {"unet": {"features": 8}},
}
FILES = {  # text, or what a stage wrote
    "metrics/per_volume.csv": "patient,subset,dsc,iou\nNA,train,0.1234567890123456789,0.5\n007,test,0.5,0.25\n",
    "plots/history.csv": "epoch,train_loss,validation_loss,validation_dsc\n1,0.9,0.8,0.7\n",
    "metrics/validation_per_epoch.csv": "epoch,patient,dsc\n1,007,0.7\n",
    "metrics/evaluation.json": json.dumps({"selected_on": "nothing", "test": {"dsc": {"mean": 0.5}}}),
    "metrics/training.json": json.dumps({"device": "cpu", "precision": "fp32"}),
    "metrics/timing.json": json.dumps({"device": "Some CPU, 2 threads"}),
}
IN_CACHE = ("metrics/per_volume.csv", "plots/history.csv", "metrics/validation_per_epoch.csv")
OUTPUTS = {"data/raw": "raw", "data/split.csv": "split", "data/preprocessed": "preprocessed"}
CODE = ("src/brainseg/training.py", "src/brainseg/device.py", "src/brainseg/scores.py", "src/brainseg/files.py")


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def state(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a run reads and writes: the usual, but for changes by key: a setting, a file, or an output of DVC's."""
    params, files, outputs = copy.deepcopy(PARAMS), dict(FILES), dict(OUTPUTS)
    code = dict.fromkeys(CODE, "1")
    for key, value in (changes or {}).items():
        if key in files:
            files[key] = value
        elif key in outputs:
            outputs[key] = value
        elif "/" in key:
            code[key] = value
        else:
            *path, last = key.split(".")
            block = params
            for part in path:
                block = block[part]
            block[last] = value
    return {"params": params, "files": files, "outputs": outputs, "code": code}


def lock_of(run: dict[str, Any]) -> dict[str, Any]:
    """The stages of the dvc.lock of such a run."""
    params, files, outputs, code = run["params"], run["files"], run["outputs"], run["code"]
    chosen = {"losses": params["loss"], "optims": params["optim"], "archs": params["arch"]}
    chosen["schedules"] = params["schedule"]
    components = [f"src/brainseg/{section}/{name}.py" for section, name in chosen.items()]
    blocks = {f"{section}.{name}": params[section][name] for section, name in chosen.items()}

    def stage(deps: dict[str, str], outs: dict[str, str], settings: dict[str, Any]) -> dict[str, Any]:
        entries = [
            [{"path": path, "hash": "md5", "md5": md5(text)} for path, text in group.items()] for group in (deps, outs)
        ]
        return {"cmd": "true", "deps": entries[0], "params": {"params.yaml": settings}, "outs": entries[1]}

    def some(*names: str) -> dict[str, str]:
        return {name: (outputs | files)[name] for name in names}

    data = f"datasets.{params['data']}"
    words = {key: params[key] for key in ("loss", "optim", "schedule", "arch", "seed", "augment", "train")}
    trained_on = code | {path: code.get(path, path) for path in components}
    written = ("plots/history.csv", "metrics/validation_per_epoch.csv", "metrics/training.json", "metrics/timing.json")
    return {
        "download": stage({}, some("data/raw"), {"data": params["data"], data: params["datasets"][params["data"]]}),
        "split": stage(some("data/raw"), some("data/split.csv"), {"split": params["split"]}),
        "preprocess": stage(some("data/raw"), some("data/preprocessed"), {"preprocess": params["preprocess"]}),
        "train": stage(
            some("data/split.csv", "data/preprocessed") | trained_on,
            some(*written) | {"data/weights": str(words | blocks)},
            words | blocks,
        ),
        "predict": stage({}, {}, {"predict": params["predict"]}),
        "evaluate": stage(
            some("data/raw"),
            some("metrics/per_volume.csv", "metrics/evaluation.json"),
            {"evaluate": params["evaluate"], "predict.weights": params["predict"]["weights"]},
        ),
    }


class SmallProject:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".dvc").mkdir(parents=True)
        (folder / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
        (folder / ".gitignore").write_text("\n".join(IN_CACHE) + "\n/.dvc/cache\n/.dvc/config.local\n")
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=tests", "-c", "user.email=tests@example.org"]
        return subprocess.run(
            ["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    def run(self, changes: dict[str, Any] | None = None) -> None:
        """Leaves in the workspace and the cache what a run would."""
        given = state(changes)
        self.write("params.yaml", _yaml(given["params"]))
        self.write("dvc.lock", _yaml({"schema": "2.0", "stages": lock_of(given)}))
        for name, text in given["files"].items():
            self.write(name, text)
            if name in IN_CACHE:
                self.write(self.cached(text), text)

    def cached(self, text: str) -> str:
        return f".dvc/cache/files/md5/{md5(text)[:2]}/{md5(text)[2:]}"

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "as it is")
        return self.git("rev-parse", "HEAD")

    def experiment(self, name: str, changes: dict[str, Any] | None = None, without: str = "") -> str:
        """Runs, keeps it as `dvc exp run -n name` does, goes back to HEAD; the sha."""
        baseline = self.git("rev-parse", "HEAD")
        self.run(changes)
        if without:
            (self.folder / without).unlink()
        revision = self.commit()
        self.git("update-ref", f"refs/exps/{baseline[:2]}/{baseline[2:]}/{name}", revision)
        self.git("reset", "--hard", "--quiet", baseline)
        for file in IN_CACHE:
            (self.folder / file).unlink()
        return revision


def _yaml(content: dict[str, Any]) -> str:
    text = StringIO()
    YAML().dump(content, text)
    return text.getvalue()
