from brainseg.core.components import available
from brainseg.model.data_terms import TERMS, UNKNOWN, licence_and_citation


def test_terms_are_of_data_sets_that_there_are():
    assert set(TERMS) <= set(available("sources"))


def test_own_data_has_the_owners_terms():
    assert licence_and_citation("folder") == UNKNOWN
    assert "CC BY-NC-SA 4.0" in licence_and_citation("lgg")[0]
