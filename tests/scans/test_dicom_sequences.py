from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.scans.dicom_sequences import Series, assign, listed, sequence_of


@pytest.mark.parametrize(
    ("description", "agent", "sequence"),
    [
        ("AX T2 FLAIR", False, "flair"),
        ("t2_tirm_tra_dark-fluid", False, "flair"),
        ("T2 FLAIR POST GD", True, "flair"),
        ("AX T1", False, "pre_contrast"),
        ("AX T1", True, "post_contrast"),
        ("SAG T1 FLAIR", False, "pre_contrast"),
        ("t1_mprage_sag +C", False, "post_contrast"),
        ("AX T1 C+", False, "post_contrast"),
        ("T1ce", False, "post_contrast"),
        ("T1_GD", False, "post_contrast"),
        ("t1 post", False, "post_contrast"),
        ("T1 with contrast", False, "post_contrast"),
        ("T1 pre contrast", False, "pre_contrast"),
        ("T1 w/o contrast", True, "pre_contrast"),
        ("3D BRAVO", False, "pre_contrast"),
        ("T1 CEREBRUM", False, "pre_contrast"),
        ("AX T1 SE POSTERIOR FOSSA", False, "pre_contrast"),
        ("AX T2", False, None),
        ("DWI b1000", True, None),
        ("", False, None),
    ],
)
def test_what_a_description_says(description, agent, sequence):
    assert sequence_of(description, agent) == sequence


@pytest.mark.parametrize(
    ("description", "sequence"),
    [
        ("AX T2", "t2"),
        ("AX T2 FLAIR", None),
        ("T1", None),
        ("ep2d_DWI b1000", "dwi"),
        ("ADC map", "adc"),
        ("ADCmap", None),
        ("DWI Apparent Coefficient (ADC)", "adc"),
    ],
)
def test_a_models_own_channels_are_words_of_the_description(description, sequence):
    assert sequence_of(description, False, ("t2", "adc", "dwi")) == sequence


def test_the_only_series_is_the_main_channel_of_the_model():
    (only,) = series("T2 FLAIR")
    assert assign(Path("P"), [only], ("t2", "flair")) == ({"flair": only}, [])
    assert assign(Path("P"), [only], ("adc", "t2")) == ({"adc": only}, [])
    with pytest.raises(UserError, match=r"names adc: .*; give a folder a series: adc=FOLDER,t2=FOLDER$"):
        assign(Path("P"), series("T2", "FLAIR"), ("t2", "adc")[::-1])


def series(*descriptions: str) -> list[Series]:
    return [Series(description, False, (), (Path("1"), Path("2"))) for description in descriptions]


def test_each_series_has_its_sequence_and_what_is_none_is_said():
    pre, post, other, flair = given = series("T1", "T1 +C", "DWI", "T2 FLAIR")
    chosen, warnings = assign(Path("P"), given)
    assert chosen == {"pre_contrast": pre, "post_contrast": post, "flair": flair}
    assert warnings == [f"the series {other} is none of the sequences and was left out"]


@pytest.mark.parametrize(
    ("descriptions", "fault"),
    [
        (("T1", "DWI"), "P: no description of its series names FLAIR: 'T1' (2 files), 'DWI' (2 files); give a folder"),
        (
            ("T1", "T1", "FLAIR"),
            "P: holds two series of pre_contrast: 'T1' (2 files), 'T1' (2 files), 'FLAIR' (2 files);",
        ),
    ],
)
def test_what_is_not_clear_is_refused_with_all_series(descriptions, fault):
    with pytest.raises(UserError) as error:
        assign(Path("P"), series(*descriptions))
    assert str(error.value).startswith(fault)
    assert listed(series(*descriptions)) in str(error.value)


def test_one_series_is_flair_with_a_doubt_where_it_is_called_otherwise():
    for description, doubted in (("T2 FLAIR", False), ("head", False), ("AX T1", True)):
        (one,) = given = series(description)
        chosen, warnings = assign(Path("P"), given)
        assert chosen == {"flair": one} and bool(warnings) == doubted
