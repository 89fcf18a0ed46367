"""The table of README.md, "What re-runs when", over real `dvc repro` calls.

Every row is checked with `dvc repro --dry`, which tells the stages that the change itself makes
stale. What follows from those, stage by stage, is then run for real, once for each kind of change.
"""

import shutil
from collections.abc import Collection

import pytest

AFTER_TRAIN = ["train", "predict", "evaluate", "plot", "robustness", "page"]
COMMENT = "\n# an edit\n"


def rows(table: dict, in_both_tiers: Collection[str]) -> list:
    """The rows for parametrize; those that are not in both tiers are slow."""
    return [
        pytest.param(*row, id=name, marks=() if name in in_both_tiers else pytest.mark.slow)
        for name, row in table.items()
    ]


SETTINGS = {
    "another loss": ("loss", "bce", ["train", "plot", "page"]),  # it stands in the titles
    "another optimizer": ("optim", "sgd", ["train", "plot", "page"]),
    "another schedule": ("schedule", "cosine", ["train", "page"]),
    "a number of a schedule not chosen": ("schedules.poly.power", 0.5, []),
    "another seed": ("seed", 1, ["train", "page"]),
    "a number of the chosen loss": ("losses.dice.smooth", 2.0, ["train", "page"]),
    "a number of the chosen optimizer": ("optims.adam.lr", 1e-2, ["train", "page"]),
    "a number of the chosen architecture": ("archs.unet.features", 3, ["train", "page"]),
    "a number of an architecture not chosen": ("archs.unetpp.features", 3, []),
    "input": ("input.neighbours", 1, ["train", "page"]),
    "train": ("train.epochs", 2, ["train", "page"]),
    "augment": ("augment.rotation_deg", 5.0, ["train", "plot", "page"]),
    "a number of an optimizer not chosen": ("optims.sgd.lr", 1e-3, []),
    "predict.flips": ("predict.flips", True, ["predict", "robustness", "page"]),
    "predict.weights": ("predict.weights", "best", ["predict", "evaluate", "robustness", "page"]),
    "evaluate": ("evaluate.threshold", 0.4, ["evaluate", "page"]),  # plot and robustness follow, see below
    "evaluate.components": ("evaluate.components", "auto", ["evaluate", "page"]),
    "robustness": ("robustness.patients", 1, ["robustness", "page"]),
    "plot": ("plot.dpi", 31, ["plot"]),
    "page": ("page.side_px", 64, ["page"]),
    "split": ("split.seed", 3, ["split", "page"]),
    "a split of one's own": ("split.file", "README.md", ["split", "page"]),
    "split.set_aside": ("split.set_aside", "report", ["split", "page"]),
    "preprocess": ("preprocess.side_px", 16, ["preprocess", "robustness", "page"]),
    "the data set": ("data", "folder", ["download", "page", "audit"]),
    "a number of the chosen data set": ("datasets.phantom.noise", 0.01, ["download", "page"]),
    "the folder of one's own patients": ("datasets.folder.path", "src", ["download"]),
}


ONE_OF_A_KIND = ("another loss", "a number of an optimizer not chosen", "predict.flips", "evaluate", "plot", "split")


@pytest.mark.parametrize(("key", "value", "stale"), rows(SETTINGS, (*ONE_OF_A_KIND, "preprocess", "the data set")))
def test_a_setting_makes_stale(project, key, value, stale):
    project.set(key, value)
    assert project.stale() == ["check", *stale]  # check reads all of params.yaml, and stops there


FILES = {
    "the chosen loss": ("src/brainseg/losses/dice.py", COMMENT, ["train"]),
    "the chosen optimizer": ("src/brainseg/optims/adam.py", COMMENT, ["train"]),
    "the chosen architecture": ("src/brainseg/archs/unet/model.py", COMMENT, ["train", "predict", "robustness"]),
    "the chosen schedule": ("src/brainseg/schedules/constant.py", COMMENT, ["train"]),
    "an architecture not chosen": ("src/brainseg/archs/transunet/model.py", COMMENT, []),
    "the download of an architecture not chosen": ("src/brainseg/archs/transunet/pretrained.py", COMMENT, []),
    "a schedule not chosen": ("src/brainseg/schedules/poly.py", COMMENT, []),
    "a loss not chosen": ("src/brainseg/losses/bce.py", COMMENT, []),
    "what losses share": ("src/brainseg/losses/shared/terms.py", COMMENT, ["train"]),
    "an optimizer not chosen": ("src/brainseg/optims/sgd.py", COMMENT, []),
    "a data source not chosen": ("src/brainseg/sources/folder.py", COMMENT, []),
    "a new loss": ("src/brainseg/losses/new.py", "def new(logits, target): ...\n", []),
    "a new architecture": ("src/brainseg/archs/new/__init__.py", "def new(in_channels): ...\n", []),
    "splitting": ("src/brainseg/splitting/subsets.py", COMMENT, ["split"]),
    "preprocessing": ("src/brainseg/preprocessing.py", COMMENT, ["preprocess", "robustness"]),
    "the training loop": ("src/brainseg/training/loop.py", COMMENT, ["train"]),
    "the metrics of surfaces": ("src/brainseg/metrics/surface.py", COMMENT, ["evaluate"]),
    "a figure": ("src/brainseg/figures/curves.py", COMMENT, ["plot"]),
    "the viewer": ("src/brainseg/pages/shared/viewer.js", COMMENT, ["page"]),
    "the page of a comparison": ("src/brainseg/pages/comparison/page.py", COMMENT, []),
    "an audit": ("src/brainseg/audit/masks.py", COMMENT, ["audit"]),
    "what finds copies": ("src/brainseg/audit/likeness/near_duplicates.py", COMMENT, ["evaluate", "audit"]),
    "a perturbation": ("src/brainseg/robustness/perturbations.py", COMMENT, ["robustness"]),
    "the comparison": ("src/brainseg/compare/verdicts.py", COMMENT, []),
    "what an editor leaves": ("src/brainseg/training/.loop.py.swp", "swap", []),
    "README": ("README.md", COMMENT, []),
    "a new test": ("tests/test_new.py", "def test_new(): ...\n", []),
    "a comment in params.yaml": ("params.yaml", COMMENT, []),
}


CODE = ("the chosen loss", "an architecture not chosen", "splitting", "preprocessing", "the metrics of surfaces")


@pytest.mark.parametrize(("file", "text", "stale"), rows(FILES, (*CODE, "a figure", "README")))
def test_an_edit_of_a_file_makes_stale(project, file, text, stale):
    (project.folder / file).parent.mkdir(exist_ok=True, parents=True)
    project.append(file, text)
    assert project.stale() == stale


def test_the_number_of_workers_and_the_device_make_nothing_stale(project):
    assert project.stale(BRAINSEG_WORKERS="1", BRAINSEG_DEVICE="cpu") == []


FOLLOWS = {
    "loss": ("loss", "bce", AFTER_TRAIN),
    "predict": ("predict.flips", True, ["predict", "evaluate", "plot", "robustness", "page"]),
    "evaluate": ("evaluate.threshold", 0.4, ["evaluate", "plot", "robustness", "page"]),
    "what does not change the final mask": ("evaluate.slice_step_px", 5.0, ["evaluate", "plot", "page"]),
    "a tolerance that the data has no use for": ("evaluate.tolerance_mm", 5.0, ["evaluate", "page"]),
    "split": ("split.seed", 3, ["split", *AFTER_TRAIN, "audit"]),
    "preprocess": ("preprocess.side_px", 16, ["preprocess", *AFTER_TRAIN]),
    "the folder of one's own patients": ("datasets.folder.path", "src", ["download"]),
}


@pytest.mark.parametrize(("key", "value", "ran"), rows(FOLLOWS, ["evaluate"]))
def test_what_follows(project, key, value, ran):
    project.set(key, value)
    assert project.repro("--no-run-cache") == ["check", *ran]  # another test may have run the same


@pytest.mark.slow
def test_an_edit_of_the_chosen_loss_follows_through_and_going_back_re_runs_nothing(project):
    loss = project.folder / "src/brainseg/losses/dice.py"
    before = loss.read_text()
    loss.write_text(before.replace("return (1 -", "return 2 * (1 -"))
    assert project.repro("--no-run-cache") == AFTER_TRAIN
    loss.write_text(before)
    assert project.repro() == []  # the run cache brings the results back
    assert project.run("git", "status", "--short") == ""  # metrics and dvc.lock as they were


@pytest.mark.slow
def test_other_data_re_runs_everything_and_a_changed_file_of_ones_own_is_noticed(project):
    own = project.folder.with_name(f"{project.folder.name}-own")
    for patient in sorted((project.folder / "data/raw").iterdir())[:5]:
        shutil.copytree(patient, own / patient.name)
    project.set("data", "folder")
    project.set("datasets.folder.path", str(own))
    assert project.repro("--no-run-cache") == ["check", "download", "split", "preprocess", *AFTER_TRAIN, "audit"]
    image = next(own.glob("*/*_2.tif"))
    other = next(path for path in own.glob("*/*_3.tif") if path.parent != image.parent)
    image.chmod(0o644)  # copied from DVC's cache, whose files are read-only
    image.write_bytes(other.read_bytes())
    assert project.stale() == ["download"]
