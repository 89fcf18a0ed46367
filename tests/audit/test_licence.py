from brainseg.audit.licence import licence_of
from brainseg.model.data_terms import LGG_CITATION


def test_generated_patients_need_none():
    assert licence_of("phantom", ["PHANTOM_NORTH_001"]).licence == "none needed: generated images"


def test_of_ones_own_patients_nothing_is_known():
    assert licence_of("folder", ["anna"]).licence == "not known: the owner of the data decides"
    assert licence_of("nifti", []).citation == "not known: the owner of the data decides"


def test_the_lgg_set_has_its_terms_wherever_it_was_read_from():
    assert licence_of("lgg", ["TCGA_CS_4941_19960909"]).note == ""
    found = licence_of("folder", ["TCGA_CS_4941_19960909", "anna"])
    assert found.citation == LGG_CITATION and found.licence.startswith("CC BY-NC-SA 4.0")
    assert found.note == "1 of 2 patients are named as those of the LGG set, whose terms these are"
