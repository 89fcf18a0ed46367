"""A small project that DVC really runs: its training counts epochs, and goes on where its state says."""

import os
import subprocess
import sys
from pathlib import Path

PARAMS = """\
data: phantom
datasets: {phantom: {patients: 3}}
split: {seed: 0}
preprocess: {side_px: 64}
loss: dice
train: {epochs: 3, seconds: 0.0}
"""
DVC = """\
stages:
  split:
    cmd: python write.py data/split.csv
    deps: [write.py]
    params: [split]
    outs: [data/split.csv]
  preprocess:
    cmd: python write.py data/preprocessed
    deps: [write.py]
    params: [preprocess]
    outs: [data/preprocessed]
  train:
    cmd: python train.py
    deps: [train.py, data/split.csv, data/preprocessed]
    params: [loss, train]
    outs: [data/weights, plots/history.csv]
    metrics: [metrics/training.json: {cache: false}]
"""
WRITE = """\
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.parent.mkdir(exist_ok=True)
path.write_text(sys.argv[1])
"""
TRAIN = """\
import pathlib, sys, time, yaml
params = yaml.safe_load(open("params.yaml"))
if params["loss"] == "bad":
    sys.exit("error: the loss became nan in epoch 1")
state = pathlib.Path("runs/unfinished/0123.pt")
done = int(state.read_text()) if state.exists() else 0
if done:
    print(f"going on after epoch {done}", flush=True)
epochs = params["train"]["epochs"]
for epoch in range(done + 1, epochs + 1):
    time.sleep(params["train"]["seconds"])
    state.parent.mkdir(parents=True, exist_ok=True)
    aside = state.with_suffix(".aside")
    aside.write_text(str(epoch))
    aside.replace(state)
    print(f"epoch {epoch}/{epochs} ", flush=True)
weights = f"{params['loss']} after {epochs}"
for name, text in {"data/weights": weights, "plots/history.csv": "epoch\\n", "metrics/training.json": "{}"}.items():
    pathlib.Path(name).parent.mkdir(exist_ok=True)
    pathlib.Path(name).write_text(text)
state.unlink()
"""


class DvcProject:
    """Under git and DVC, in `folder`; its default remote is the folder `remote` beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.remote = folder, folder.parent / "remote"
        folder.mkdir(parents=True)
        files = {"params.yaml": PARAMS, "dvc.yaml": DVC, "write.py": WRITE, "train.py": TRAIN, ".gitignore": "/runs/\n"}
        for name, text in files.items():
            (folder / name).write_text(text)
        self.run("git", "init", "--quiet", "--initial-branch", "main")
        for key, value in (("user.name", "tests"), ("user.email", "tests@example.org")):
            self.run("git", "config", key, value)
        self.run("dvc", "init", "--quiet")
        self.run("dvc", "config", "core.analytics", "false")
        self.run("dvc", "remote", "add", "--quiet", "--default", "store", str(self.remote))
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", "as it is")

    def run(self, *command: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PATH": path}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout
