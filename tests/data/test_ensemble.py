from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.data.ensemble import (
    ENSEMBLE,
    TRAINED_ON,
    refuse_leakage,
    settings_mismatch,
    write_records,
)
from brainseg.data.model_file import hash_person
from brainseg.model.record import KnownPersons
from tests.model import small_model

RANDOM_WEIGHTS = Path("data/random_weights")
SUBSET = {"a": "train", "b": "validation", "c": "test", "d": "test"}


@pytest.fixture
def trained_on(tmp_path, monkeypatch, params):
    monkeypatch.chdir(tmp_path)

    def write(**patients_of: list[str]) -> Path:
        write_records(ENSEMBLE, params, {name: dict.fromkeys(of, "train") for name, of in patients_of.items()})
        return ENSEMBLE

    return write


def test_who_trained_which_network_is_written(trained_on):
    folder = trained_on(fold0=["a", "b"], fold1=["c"])
    assert (folder / TRAINED_ON).read_text() == (
        "network,patient,person,subset\nfold0,a,a,train\nfold0,b,b,train\nfold1,c,c,train\n"
    )


def test_an_ensemble_that_does_not_say_who_trained_it_is_refused(trained_on):
    (trained_on(fold0=["x"]) / TRAINED_ON).unlink()
    with pytest.raises(UserError, match=f"^{ENSEMBLE / TRAINED_ON}: missing, so nobody can be scored"):
        refuse_leakage(SUBSET, ENSEMBLE, RANDOM_WEIGHTS, "auto", "last")


def test_a_network_of_this_split_knows_no_patient_who_is_held_out(trained_on):
    trained_on(fold0=["c"])
    refuse_leakage(SUBSET, Path("data/weights"), RANDOM_WEIGHTS, "auto", "last")


def asked(params: dict, **changes) -> dict:
    return params | {"predict": params["predict"] | {"networks": str(ENSEMBLE)}} | changes


def test_an_ensemble_that_is_not_asked_may_have_learned_from_anything(trained_on, params):
    trained_on(fold0=["x"])
    assert settings_mismatch(params | {"arch": "unetpp"}) == []


def test_what_the_ensemble_learned_from_is_held_against_the_settings(trained_on, params):
    trained_on(fold0=["x"])
    assert settings_mismatch(asked(params)) == []
    assert settings_mismatch(asked(params, loss="bce")) == []
    [reported] = settings_mismatch(asked(params, preprocess=params["preprocess"] | {"side_px": 128}))
    assert reported.startswith("params.yaml: preprocess is {'side_px': 128") and "the ensemble learned with" in reported
    reported = settings_mismatch(asked(params, arch="unetpp"))
    assert reported[0] == "params.yaml: arch is unetpp; the ensemble learned with unet"


def test_an_ensemble_that_is_not_there_is_reported(trained_on, params):
    assert settings_mismatch(asked(params)) == [
        "params.yaml: predict.networks: data/ensemble holds no ensemble; `brainseg ensemble` brings one there"
    ]


def test_patients_who_are_new_to_all_networks_pass(trained_on):
    refuse_leakage(SUBSET, trained_on(fold0=["a", "x"], fold1=["b"]), RANDOM_WEIGHTS, "auto", "last")


def test_patients_who_trained_one_are_refused_with_how_many_and_who(trained_on):
    folder = trained_on(fold0=["a", "b"], fold1=["x", "d"])
    with pytest.raises(UserError) as error:
        refuse_leakage(SUBSET, folder, RANDOM_WEIGHTS, "auto", "last")
    assert str(error.value).startswith(
        f"{folder / TRAINED_ON}: 1 of 2 held-out patients trained a network of the ensemble, d that of fold1; "
    )
    assert "\n" not in str(error.value)


def test_of_several_the_first_in_the_split_and_its_first_network_are_named(trained_on):
    folder = trained_on(fold0=["d"], fold1=["d", "c"], fold2=["c"])
    with pytest.raises(UserError, match="2 of 2 held-out patients trained .*, c that of fold1;"):
        refuse_leakage(SUBSET, folder, RANDOM_WEIGHTS, "auto", "last")


def test_where_some_test_those_who_validate_may_be_known(trained_on):
    refuse_leakage(SUBSET, trained_on(fold0=["b"]), RANDOM_WEIGHTS, "auto", "last")


def test_without_test_patients_those_who_validate_are_scored(trained_on):
    folder = trained_on(fold0=["b", "x"])
    with pytest.raises(UserError, match="1 of 2 held-out patients trained .*, b that of fold0;"):
        refuse_leakage({"a": "train", "b": "validation", "c": "validation"}, folder, RANDOM_WEIGHTS, "auto", "last")


def test_who_validated_a_network_is_scored_with_the_last_weights_alone(tmp_path, monkeypatch, params):
    """The validation patients choose the epoch of `best`; `last` they choose nothing of."""
    monkeypatch.chdir(tmp_path)
    write_records(ENSEMBLE, params, {"fold0": {"a": "train", "c": "validation"}})
    refuse_leakage(SUBSET, ENSEMBLE, RANDOM_WEIGHTS, "auto", "last")
    with pytest.raises(UserError, match="1 of 2 held-out patients trained .*, c that of fold0;"):
        refuse_leakage(SUBSET, ENSEMBLE, RANDOM_WEIGHTS, "auto", "best")


def test_names_of_patients_stay_words(trained_on):
    with pytest.raises(UserError, match="2 of 2 held-out .*, 007 that of"):
        refuse_leakage({"007": "test", "NA": "test"}, trained_on(fold0=["NA", "007"]), RANDOM_WEIGHTS, "auto", "last")
    refuse_leakage({"7": "test"}, trained_on(fold0=["007"]), RANDOM_WEIGHTS, "auto", "last")
    with pytest.raises(UserError, match='Doe, "J" that of fold0'):
        refuse_leakage({'Doe, "J"': "test"}, trained_on(fold0=['Doe, "J"']), RANDOM_WEIGHTS, "auto", "last")


def test_another_scan_of_a_person_who_trained_a_network_is_refused(trained_on):
    folder = trained_on(fold0=["TCGA_CS_4941_19960909"])
    with pytest.raises(UserError, match=r"1 of 1 held-out patients .*TCGA_CS_4941_20010101 that of fold0"):
        refuse_leakage({"TCGA_CS_4941_20010101": "test"}, folder, RANDOM_WEIGHTS, "auto", "last")
    refuse_leakage({"TCGA_CS_4942_20010101": "test"}, folder, RANDOM_WEIGHTS, "auto", "last")


def test_whoever_trained_the_model_that_training_started_from_is_not_scored(tmp_path):
    small_model.write(tmp_path / "m.zip")  # knows TCGA_CS_1234
    weights = Path("data/weights")
    refuse_leakage({"TCGA_CS_1234_20010101": "train", "x": "test"}, weights, tmp_path / "m.zip", "auto", "last")
    with pytest.raises(UserError, match="m.zip: 1 of 2 held-out patients, TCGA_CS_1234_20010101 among them, trained"):
        refuse_leakage({"TCGA_CS_1234_20010101": "test", "x": "test"}, weights, tmp_path / "m.zip", "auto", "last")


def test_a_person_of_the_start_is_known_by_the_pattern_of_its_training_too(tmp_path):
    """Its model was trained where `anna-1` was a person of its own; today's pattern makes it `anna`."""
    training = small_model.record().training
    anna = KnownPersons(person_pattern="auto", salt="s", hashes=[hash_person("anna-1", "s")])
    small_model.write(tmp_path / "m.zip", training=training.model_copy(update={"known": [anna]}))
    for pattern in ("auto", r"(\w+)-\d"):
        with pytest.raises(UserError, match="m.zip: 1 of 1 held-out patients, anna-1 among them, trained"):
            refuse_leakage({"anna-1": "test"}, Path("data/weights"), tmp_path / "m.zip", pattern, "last")
        refuse_leakage({"bert-1": "test"}, Path("data/weights"), tmp_path / "m.zip", pattern, "last")


@pytest.mark.parametrize("pattern", ["auto", r"(\w+)-scan\d"])
def test_a_person_is_known_by_the_pattern_of_scoring_too(trained_on, pattern):
    """The network was trained where `anna-scan1` was a person of its own."""
    folder = trained_on(fold0=["anna-scan1"])
    if pattern == "auto":
        refuse_leakage({"anna-scan2": "test"}, folder, RANDOM_WEIGHTS, pattern, "last")
    else:
        with pytest.raises(UserError, match="1 of 1 held-out patients .*anna-scan2 that of fold0"):
            refuse_leakage({"anna-scan2": "test"}, folder, RANDOM_WEIGHTS, pattern, "last")


def test_an_ensemble_cut_short_is_refused(trained_on):
    """A name cut short is of another person, who would be scored."""
    path = trained_on(fold0=["a", "bernard"]) / TRAINED_ON
    path.write_text(path.read_text()[:-4])
    with pytest.raises(UserError, match="its last line has no line end"):
        refuse_leakage({"bernard": "test"}, ENSEMBLE, RANDOM_WEIGHTS, "auto", "last")
