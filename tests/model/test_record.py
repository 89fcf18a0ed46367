import pytest
from pydantic import ValidationError

from brainseg.data.model_file import hash_person
from brainseg.model.record import KnownPersons, ModelRecord
from tests.model import small_model


def test_json_and_back_is_the_same_record():
    record = small_model.record(2)
    assert ModelRecord.model_validate_json(record.model_dump_json()) == record


def test_channels_are_those_of_the_lgg_set_where_none_are_named():
    assert small_model.record().channels == ["pre_contrast", "flair", "post_contrast"]


@pytest.mark.parametrize(
    ("channels", "reported"),
    [
        (["flair", "t2"], "a network needs the channel pre_contrast; channels are flair, t2"),
        (["pre_contrast", "flair", "flair", "post_contrast"], "names a channel twice"),
        ([], "has 0 channels"),
    ],
)
def test_channels_that_a_network_cannot_be_given_are_refused(channels, reported):
    with pytest.raises(ValidationError, match=reported):
        small_model.record(channels=channels)


def test_another_scan_of_a_person_is_known_too():
    record = small_model.record()
    assert record.knows("TCGA_CS_1234_20010101") and record.knows("TCGA_CS_1234_19990101")
    assert not record.knows("TCGA_CS_1235_20010101")


def test_persons_of_the_model_that_training_started_from_are_known():
    record = small_model.record()
    more = KnownPersons(person_pattern=r"(\w+)-\d", salt="other", hashes=[hash_person("bert", "other")])
    training = record.training.model_copy(update={"known": [*record.training.known, more]})
    started = record.model_copy(update={"training": training})
    assert started.knows("bert") and not record.knows("bert")
    # each list with its own pattern
    assert started.knows("bert-2") and started.knows("TCGA_CS_1234_20010101") and not started.knows("carl-2")


def test_persons_are_known_by_another_pattern_where_it_is_asked():
    known = KnownPersons(person_pattern="auto", salt="s", hashes=[hash_person("anna", "s")])
    assert known.has("anna-1", r"(\w+)-\d") and not known.has("anna-1") and known.has("anna", r"(\w+)-\d")


def test_names_are_not_in_the_record():
    assert "TCGA" not in small_model.record().model_dump_json()
