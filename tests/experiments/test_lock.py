import pytest

from brainseg.core.errors import UserError
from brainseg.experiments.lock import check, files, flat, flat_params, model_file, person_pattern, settings
from tests.compare.small_project import lock_of, md5, state
from tests.experiments.small_found import change, fault


@pytest.mark.parametrize(
    ("file", "old", "new", "reported"),
    [
        ("dvc.lock", "  evaluate:", "  other:", "stage evaluate was not run; run all stages"),
        ("params.yaml", "epochs: 40", "epochs: 41", "params.yaml now has train.epochs: 41, but train was run with 40"),
        ("params.yaml", "loss: dice", "loss: bce", "params.yaml now has loss: bce, but train was run with dice"),
        ("params.yaml", "  epochs: 40\n", "", "params.yaml lacks train.epochs, but train was run with 40"),
    ],
)
def test_a_workspace_that_does_not_fit_together(project, file, old, new, reported):
    change(project, file, old, new)
    assert reported in fault(project, "workspace")


def test_a_stage_that_was_run_before_another(project):
    parts = (project.folder / "dvc.lock").read_text().split("\n  preprocess:")
    wrote = parts[1].index("outs:")
    parts[1] = parts[1][:wrote] + parts[1][wrote:].replace("md5: ", "md5: f", 1)
    project.write("dvc.lock", "\n  preprocess:".join(parts))
    reported = "workspace: train was run before preprocess wrote another data/preprocessed"
    assert reported in fault(project, "workspace")


def test_a_nested_block_is_flat_by_dotted_keys_and_an_empty_one_has_none():
    assert flat("a", {"b": 1, "c": {"d": [2, 3], "e": {}}}) == {"a.b": 1, "a.c.d": [2, 3]}
    assert flat("seed", 0) == {"seed": 0}
    assert flat_params({"seed": 0, "losses": {"bce": {}, "dice": {"smooth": 1.0}}}) == {
        "seed": 0,
        "losses.dice.smooth": 1.0,
    }


def test_settings_and_files_are_those_of_the_stage():
    lock = lock_of(state({"seed": 3}))
    assert settings(lock, "split") == {f"split.{key}": value for key, value in state()["params"]["split"].items()}
    assert settings(lock, "train")["seed"] == 3 and settings(lock, "train")["losses.dice.smooth"] == 1.0
    assert "losses.log_cosh_dice.smooth" not in settings(lock, "train")  # not the one that was chosen
    assert files(lock, "split", "deps") == {"data/raw": md5("raw")}
    assert files(lock, "split", "outs") == {"data/split.csv": md5("split")}


def test_a_stage_that_was_not_run_has_neither():
    assert settings({}, "train") == files({}, "train", "deps") == files({"train": {"cmd": ""}}, "train", "outs") == {}
    assert files({"train": {"outs": [{"path": "a"}]}}, "train", "outs") == {"a": ""}  # one that is not cached


def test_a_run_with_its_own_settings_fits_together():
    run = state({"loss": "bce", "data/split.csv": "other"})
    check("a", lock_of(run), run["params"])


def test_only_the_stages_asked_for_need_to_be_run():
    run = state()
    lock = lock_of(run)
    del lock["evaluate"]
    check("a", lock, run["params"], ("split", "preprocess", "train"))
    with pytest.raises(UserError, match="a: stage evaluate was not run"):
        check("a", lock, run["params"])


def test_the_settings_of_the_download_count_though_it_is_no_stage_that_scores():
    run = state()
    with pytest.raises(UserError, match="a: .*datasets.phantom.patients: 4, but download was run with 3"):
        check("a", lock_of(run), state({"datasets.phantom.patients": 4})["params"])
    check("a", lock_of(run), state({"losses.bce": {"weight": 3.0}})["params"])  # no setting of what was run


def test_settings_that_older_experiments_lack_have_a_default():
    assert person_pattern({}) == person_pattern({"split": {}}) == "auto"
    assert person_pattern({"split": {"person_pattern": "(.+)_x"}}) == "(.+)_x"
    assert model_file({}, {}) == ("", "")


def test_the_model_file_that_training_started_from_is_a_file_it_depended_on():
    deps = [{"path": "m.zip", "md5": "0123"}, {"path": "data/random_weights", "md5": "4567.dir"}]
    lock = {"train": {"deps": deps}}
    assert model_file(lock, {"train": {"start_from": "m.zip"}}) == ("m.zip", "0123")
    assert model_file(lock, {"train": {"start_from": "data/random_weights"}}) == ("data/random_weights", "")
