from brainseg.core.components import available
from brainseg.model.data_terms import LGG_CITATION, TERMS, UNKNOWN, terms_of


def test_terms_are_of_data_sets_that_there_are():
    assert set(TERMS) <= set(available("sources"))


def test_generated_patients_need_none():
    assert terms_of("phantom", ["PHANTOM_NORTH_001"]).licence == "none needed: generated images"


def test_of_ones_own_patients_nothing_is_known():
    assert terms_of("folder", ["anna"]) == UNKNOWN
    assert terms_of("nifti", []).citation == "not known: the owner of the data decides"


def test_the_lgg_set_has_its_terms_wherever_it_was_read_from():
    assert terms_of("lgg", ["TCGA_CS_4941_19960909"]).note == ""
    found = terms_of("folder", ["TCGA_CS_4941_19960909", "anna"])
    assert found.citation == LGG_CITATION and found.licence.startswith("CC BY-NC-SA 4.0")
    assert found.note == "1 of 2 patients are named as those of the LGG set, whose terms these are"
