import pytest
from pydantic import ValidationError

from tests.splitting.split_settings import chosen


@pytest.mark.parametrize("pattern", ["(", "sub-.*"])
def test_a_pattern_needs_a_group(pattern):
    with pytest.raises(ValidationError, match="expected auto, or a regular expression"):
        chosen(person_pattern=pattern)


def test_the_reports_ten_cannot_validate_and_be_set_aside():
    with pytest.raises(ValidationError, match="with strategy report those ten validate, expected nobody"):
        chosen("report", set_aside="report")


@pytest.mark.parametrize("strategy", ["random", "report", "kfold", "file"])
def test_a_fold_is_below_the_number_of_folds(strategy):
    assert chosen(strategy, fold=4).fold == 4
    with pytest.raises(ValidationError, match="fold is 5; expected 0 to 4 with 5 folds"):
        chosen(strategy, fold=5)


def test_institutions_are_as_many_folds_as_there_are():
    assert chosen("leave_one_institution_out", fold=7).fold == 7


def test_somebody_has_to_train():
    with pytest.raises(ValidationError, match="validation and test are 0.5 and 0.5; together below 1"):
        chosen(validation=0.5, test=0.5)
    assert chosen("kfold", validation=0.5, test=0.5).test == 0.5  # of which kfold makes no use
