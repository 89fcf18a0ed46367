from copy import deepcopy
from importlib import import_module
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from brainseg.core.components import KINDS, available
from brainseg.core.errors import UserError
from brainseg.core.params import StrictSettings, read_params
from brainseg.params_check import SECTIONS, find_errors
from stages.check import main
from tests.conftest import ROOT
from tests.scans.small_scans import touch

# whatever the project's params.yaml chooses today
USUAL = {
    "data": "phantom",
    "loss": "dice",
    "optim": "adam",
    "schedule": "constant",
    "arch": "unet",
    "archs.unetpp.deep_supervision": False,
    "predict.heads": "last",
    "predict.prune_to": 0,
    "input.neighbours": 0,
    "seed": 0,
    "split.strategy": "random",
    "split.folds": 5,
    "split.validation": 0.15,
    "preprocess.side_px": 64,
    "archs.unet.levels": 5,
    "datasets.folder.path": "data/own",
    "datasets.nifti.path": "data/own_volumes",
}


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Write params.yaml with some values changed, in a folder of its own."""
    original = read_params(ROOT / "params.yaml")
    for name in ("own", "own_volumes"):
        (tmp_path / "data" / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def write(changes: dict) -> None:
        params = deepcopy(original)
        for key, value in (USUAL | changes).items():
            *path, last = key.split(".")
            block = params
            for word in path:
                block = block[word]
            block[last] = value
        YAML().dump(params, Path("params.yaml"))

    return write


def test_the_params_as_they_are_pass(params, tmp_path):
    params({})
    main()
    assert (tmp_path / "data" / "params_checked").exists()


@pytest.mark.parametrize(
    ("key", "value", "reported"),
    [
        ("loss", "dise", "loss is 'dise'; expected one of: balanced_bce, bce, boundary"),
        ("seed", -1, "seed is -1; expected a whole number from 0 to 4294967295"),
        ("schedule", "cosin", "schedule is 'cosin'; expected one of: constant, cosine, one_cycle, poly"),
        ("schedules.poly.power", 0.0, "schedules.poly.power is 0.0; expected greater than 0"),
        ("train.warmup_epochs", 40, "train: warmup_epochs is 40; expected fewer than the 40 epochs"),
        ("train.ema_decay", 1.0, "train.ema_decay is 1.0; expected less than 1"),
        ("train.clip_norm", -1.0, "train.clip_norm is -1.0; expected greater than or equal to 0"),
        ("split.set_aside", "ten", "split.set_aside is 'ten'; expected 'nobody' or 'report'"),
        ("sed", 0, "sed is not a setting; allowed: seed"),
        ("losses.bcee", {}, "losses.bcee is a block of nothing; expected one of: balanced_bce, bce, boundary"),
        ("augment.rotation_deg", "fifteen", "augment.rotation_deg is 'fifteen'; expected a valid number"),
        ("split.folds", 1, "split.folds is 1; expected greater than or equal to 2"),
        ("split.fold", 5, "split: fold is 5; expected 0 to 4 with 5 folds"),
        ("split.test", 0.9, "split: validation and test are 0.15 and 0.9; together below 1, to train"),
        (
            "split.strategy",
            "randm",
            "split.strategy is 'randm'; expected 'random', 'report', 'kfold', 'leave_one_institution_out' or 'file'",
        ),
        ("preprocess.low_percentile", 99.9, "low_percentile is 99.9; expected below high_percentile"),
        ("preprocess.side_px", 72, "preprocess.side_px is 72; unet needs a multiple of 16: 64 or 80"),
        ("evaluate.threshold", 1.0, "evaluate.threshold is 1.0; expected above 0 and below 1, or 'auto'"),
        ("evaluate.threshold", "best", "evaluate.threshold is 'best'; expected above 0 and below 1, or 'auto'"),
        (
            "evaluate.components",
            "all",
            "evaluate.components is 'all'; expected 'every', 'largest', 'largest_by_depth', 'share', 'size' or",
        ),
        ("evaluate.least_share", 0.0, "evaluate.least_share is 0.0; expected greater than 0"),
        ("robustness.strengths", ["weak", "none"], "robustness.strengths.1 is 'none'; expected 'weak', 'medium' or"),
        ("sampling.train_on", "some", "sampling.train_on is 'some'; expected 'retained' or 'all'"),
        ("intensity.gain", 1.0, "intensity.gain is 1.0; expected less than 1"),
        ("archs.unet.stem", "half", "archs.unet.stem is 'half'; expected 'plain' or 'space_to_depth'"),
        ("archs.resunet.blocks", [1, 0], "archs.resunet.blocks: [1, 0] has a number below 1; expected 1 or more"),
        ("arch", "resnet", "arch is 'resnet'; expected one of: refining_unet, resunet, transunet, unet, unetpp"),
        (
            "input.channels",
            ["T2"],
            "input.channels: 'T2' is no name of a channel; expected small letters, digits and",
        ),
        ("input.channels", [], "input.channels is []; expected at least 1 item"),
        ("evaluate.tolerance_mm", 0.0, "evaluate.tolerance_mm is 0.0; expected greater than 0"),
        (
            "datasets.nifti.lesion_labels",
            [0],
            "datasets.nifti.lesion_labels is [0]; expected 'all', or a list of",
        ),
        (
            "datasets.nifti.path",
            "none",
            "datasets.nifti.path: 'none' is no folder; expected one in nnU-Net's or",
        ),
        ("input.neighbours", 9, "input.neighbours is 9; expected less than or equal to 8"),
        ("predict.heads", "mean", "predict.heads is mean; this network has one head"),
        ("predict.prune_to", 2, "predict.prune_to is 2; this network has one head"),
        ("archs.transunet.heads", 5, "archs.transunet: heads is 5; expected a number that divides width, 96"),
        ("archs.transunet.pretrained", True, "archs.transunet: pretrained is true and features is 16, blocks is"),
        ("archs.refining_unet.token_share", 0.0, "archs.refining_unet.token_share is 0.0; expected greater than 0"),
        ("datasets.folder.path", "none", "datasets.folder.path: 'none' is neither a folder nor a zip archive"),
        ("optims.sgd.nesterov", "yes", "optims.sgd.nesterov is 'yes'; expected a valid boolean"),
    ],
)
def test_a_mistake_is_reported_with_its_key_its_value_and_what_is_allowed(params, tmp_path, key, value, reported):
    params({key: value})
    with pytest.raises(UserError) as error:
        main()
    assert reported in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "data" / "params_checked").exists()


def test_batch_norm_needs_two_values(params):
    params({"preprocess.side_px": 16, "train.batch_size": 1})
    with pytest.raises(UserError, match="train.batch_size is 1; at preprocess.side_px 16 batch norm needs 2"):
        main()


def test_instance_norm_needs_two_pixels_a_side(params):
    params({"preprocess.side_px": 16, "arch": "resunet", "archs.resunet.norm": "instance"})
    with pytest.raises(UserError, match="preprocess.side_px is 16; resunet with instance norm needs 32 or more"):
        main()


def test_a_space_to_depth_stem_doubles_what_sides_must_divide_by(params):
    params({"preprocess.side_px": 80, "archs.unet.stem": "space_to_depth"})
    with pytest.raises(UserError, match="preprocess.side_px is 80; unet needs a multiple of 32: 64 or 96"):
        main()


def test_channel_dropout_needs_two_channels(params):
    params({"input.channels": ["flair"], "intensity.channel_dropout": 0.2})
    with pytest.raises(UserError, match="is flair; with intensity.channel_dropout expected two channels or more"):
        main()
    params({"input.channels": ["pre_contrast", "post_contrast"], "intensity.channel_dropout": 0.2})
    main()


def test_a_channel_that_the_data_lacks_is_one_line_with_the_datas(params):
    params({"input.channels": ["flair", "t2"]})
    line = "^params.yaml: input.channels names t2; the data has pre_contrast, flair, post_contrast$"
    with pytest.raises(UserError, match=line):
        main()


def test_channels_of_volumes_are_those_of_their_files(params, tmp_path):
    for name in ("A", "B"):
        for word in ("t2f", "t2w", "seg"):
            touch(tmp_path / "data" / "own_volumes" / name / f"{name}-{word}.nii.gz")
    params({"data": "nifti", "input.channels": ["flair", "t2"]})
    main()
    params({"data": "nifti"})
    with pytest.raises(UserError, match="^params.yaml: input.channels names pre_contrast; the data has flair, t2$"):
        main()


def test_volumes_that_are_not_there_stop_the_check(params):
    params({"data": "nifti"})
    with pytest.raises(UserError, match="^data/own_volumes: no patients; expected nnU-Net's layout"):
        main()


def test_all_mistakes_are_reported_at_once(params):
    params({"train.epochs": 0, "plot.dpi": 7})
    with pytest.raises(UserError) as error:
        main()
    assert [line.split()[1] for line in str(error.value).splitlines()] == ["train.epochs", "plot.dpi"]


@pytest.mark.parametrize("arch", ["unet", "unetpp", "resunet", "transunet", "refining_unet"])
def test_a_side_that_does_not_divide_is_refused_with_those_that_do(params, arch):
    params({"arch": arch, "preprocess.side_px": 72})
    with pytest.raises(UserError, match=f"preprocess.side_px is 72; {arch} needs a multiple of 16: 64 or 80"):
        main()


@pytest.mark.parametrize("arch", ["unet", "unetpp", "resunet", "transunet", "refining_unet"])
def test_every_architecture_takes_neighbouring_slices(params, tmp_path, arch):
    params({"arch": arch, "input.neighbours": 2, "input.channels": ["flair"]})
    main()
    assert (tmp_path / "data" / "params_checked").exists()


def test_heads_are_chosen_where_there_are_several(params, tmp_path):
    params({"arch": "unetpp", "archs.unetpp.deep_supervision": True, "predict.heads": "mean", "predict.prune_to": 4})
    main()
    params({"arch": "unetpp", "archs.unetpp.deep_supervision": True, "predict.prune_to": 5})
    with pytest.raises(UserError, match="predict.prune_to is 5; expected 0 or one of: 1, 2, 3, 4"):
        main()


@pytest.mark.parametrize("name", ["none.zip", "data"])
def test_training_starts_from_a_model_file_that_is_there(params, tmp_path, name):
    (tmp_path / "m.zip").touch()
    values = read_params(ROOT / "params.yaml")
    values["train"]["start_from"] = "m.zip"
    assert find_errors(values) == []
    values["train"]["start_from"] = name
    assert find_errors(values) == [
        f"params.yaml: train.start_from is {name}; expected a model file, or data/random_weights"
    ]


def every_settings() -> dict[str, type[StrictSettings]]:
    blocks = dict(SECTIONS)
    for kind, (_, section) in KINDS.items():
        for name in available(kind):
            blocks[f"{section}.{name}"] = import_module(f"brainseg.{kind}.{name}").Settings
    return blocks


NUMBERS = [
    (f"{block}.{name}", field)
    for block, settings in every_settings().items()
    for name, field in settings.model_fields.items()
    if field.annotation in (int, float)
]


@pytest.mark.parametrize(("key", "field"), NUMBERS, ids=[key for key, _ in NUMBERS])
def test_every_number_has_a_lower_and_an_upper_limit(key, field):
    limits = {type(limit).__name__ for limit in field.metadata}
    assert limits & {"Le", "Lt"} and limits & {"Ge", "Gt"}


TOO_LARGE = {
    "preprocess.side_px": 100_000_000,
    "archs.unet.features": 100_000_000,
    "archs.resunet.blocks": [1, 10**9],
    "archs.transunet.blocks": [1, 10**9, 1],
    "archs.transunet.layers": 10**30,
    "optims.adam.lr": 1e300,
    "datasets.phantom.side_px": 100_000,
    "losses.dice.smooth": 1e300,
    "train.epochs": 10**400,
}


@pytest.mark.parametrize(("key", "value"), TOO_LARGE.items(), ids=TOO_LARGE)
def test_a_number_too_large_for_any_machine_is_one_short_line(params, key, value):
    params({key: value})
    with pytest.raises(UserError) as error:
        main()
    reported = str(error.value)
    block = key.rpartition(".")[0]
    assert (
        reported.startswith((f"params.yaml: {key} is ", f"params.yaml: {key}: ", f"params.yaml: {block}: "))
        and "expected" in reported
    )
    assert len(reported.splitlines()) == 1 and len(reported) < 300


def test_a_split_file_that_is_there(params, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own.csv").touch()
    for strategy, file in (("kfold", "own.csv"), ("kfold", "own"), ("random", "data/own_split"), ("file", "own.csv")):
        params({"split.strategy": strategy, "split.file": file})
        main()


@pytest.mark.parametrize(
    ("strategy", "file"), [("kfold", "none.csv"), ("file", "none.csv"), ("file", "data/own_split"), ("file", "own")]
)
def test_a_split_file_that_is_not_there(params, tmp_path, strategy, file):
    (tmp_path / "own").mkdir()
    params({"split.strategy": strategy, "split.file": file})
    with pytest.raises(UserError) as error:
        main()
    other = "" if strategy == "file" else "; or data/own_split, where the split is drawn"
    expected = f"expected a CSV file of patient and subset, or of patient and fold{other}"
    assert str(error.value) == f"params.yaml: split.file is {file}; {expected}"
