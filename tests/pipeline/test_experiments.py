"""`dvc exp run`, the queue, metrics and plots, as the README shows them."""

import json

import pytest

pytestmark = pytest.mark.slow


def test_an_experiment_can_be_compared_with_the_commit(project):
    project.run("dvc", "exp", "run", "-n", "bce-sgd", "-S", "loss=bce", "-S", "optim=sgd")
    diff = json.loads(project.run("dvc", "metrics", "diff", "--json", "--all"))
    assert diff["metrics/evaluation.json"]["test.dsc.mean"].keys() >= {"old", "new"}
    shown = project.run("dvc", "exp", "show", "--csv", "--no-pager")
    assert "bce-sgd" in shown
    project.run("dvc", "plots", "diff", "HEAD", "workspace", "--out", "dvc_plots")
    page = (project.folder / "dvc_plots" / "index.html").read_text()
    for expected in ("validation_loss", "dsc_per_volume", "workspace_plots_examples.png"):
        assert expected in page


def test_queued_experiments_run_their_own_code_and_settings(project):
    loss = project.folder / "src" / "brainseg" / "losses" / "dice.py"
    loss.write_text(loss.read_text().replace("return (1 -", "return 1000 + (1 -"))
    project.run("dvc", "exp", "run", "--queue", "--name", "grid", "-S", "loss=dice,bce", "train")
    loss.write_text("raise RuntimeError('the workspace of later')\n")  # must not reach what is queued
    project.run("dvc", "queue", "start", "--jobs", "1")
    project.run("dvc", "queue", "logs", "grid-1", "--follow")
    for _ in range(60):
        status = project.run("dvc", "queue", "status")
        if status.count("Success") == 2 or "Failed" in status:
            break
        project.run("sleep", "2")
    assert status.count("Success") == 2, status

    rows = {}
    for name in ("grid-1", "grid-2"):
        show = json.loads(project.run("git", "show", f"{ref(project, name)}:metrics/training.json"))
        params = project.run("git", "show", f"{ref(project, name)}:params.yaml")
        rows["\nloss: dice" in params] = show["train_loss"]
    assert len(rows) == 2
    for is_dice, train_loss in rows.items():
        assert (train_loss > 1000) == is_dice  # neither the installed package's loss nor the workspace's


def test_an_architecture_with_several_heads_and_neighbouring_slices(project):
    project.set("archs.unetpp.features", 2)
    project.set("archs.unetpp.levels", 3)
    chosen = ["-S", "arch=unetpp", "-S", "archs.unetpp.deep_supervision=true", "-S", "input.neighbours=1"]
    project.run("dvc", "exp", "run", "-n", "whole", *chosen, "-S", "input.channels=[flair,post_contrast]", "predict")
    whole = (project.folder / "data/predictions/PHANTOM_NORTH_001.npz").read_bytes()
    reported = project.run("dvc", "exp", "run", "-n", "pruned", "-S", "predict.prune_to=1", "predict")
    assert "Running stage 'train'" not in reported and "Running stage 'predict'" in reported
    assert (project.folder / "data/predictions/PHANTOM_NORTH_001.npz").read_bytes() != whole


def ref(project, name: str) -> str:
    listed = project.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").split()
    found = [line for line in listed if line.endswith(f"/{name}")]
    assert len(found) == 1, listed
    return found[0]


@pytest.mark.parametrize(
    ("change", "reported"),
    {
        "loss": ("loss=nope", "params.yaml: loss is 'nope'; expected one of: balanced_bce, bce, boundary"),
        "learning rate": ("optims.adam.lr=-1", "params.yaml: optims.adam.lr is -1; expected greater than 0"),
        "misspelt key": ("+train.epoch=3", "params.yaml: train.epoch is not a setting; did you mean epochs?"),
        "side": ("preprocess.side_px=33", "preprocess.side_px is 33; unet needs a multiple of 2: 32 or 34"),
    }.values(),
    ids=lambda value: value,
)
def test_a_mistake_stops_before_any_work(project, change, reported):
    output = project.run("dvc", "exp", "run", "-S", change, ok=False)
    assert reported in output
    assert "Traceback" not in output
    assert "Running stage 'train'" not in output
