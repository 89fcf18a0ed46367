from brainseg.model.card import card
from tests.model import small_model


def test_every_figure_is_from_the_record():
    text = card(small_model.record())
    for line in (
        "| networks | 1 x unet |",
        "| mean DSC | 0.5000 |",
        "| mean NSD | undefined |",
        "| median HD95, px | 4.0000 |",
        "3 test patients. Protocol: held-out patients.",
        "1 of 3 patients have a DSC below 0.1: the lesion was not found.",
        "rest on 9 validation patients.",
    ):
        assert line in text
    assert "not a medical device" in text


def test_a_distance_in_mm_is_stated_in_mm_and_channels_that_only_preprocessing_uses_are_named():
    record = small_model.record(channels=["pre_contrast", "flair", "post_contrast", "t2"])
    scores = record.scores.model_copy(update={"hd95_px_median": None, "hd95_mm_median": 7.5})
    text = card(record.model_copy(update={"scores": scores}))
    assert "| median HD95, mm | 7.5000 |" in text and "HD95, px" not in text
    assert "| input | pre_contrast, flair, post_contrast (preprocessing uses t2 too); 0 neighbouring" in text


def test_software_is_in_the_order_of_names_as_json_stores_it():
    text = card(small_model.record(software={"torch": "2", "brainseg": "1"}))
    assert text == card(small_model.record(software={"brainseg": "1", "torch": "2"}))
    assert "| software | brainseg 1, torch 2 |" in text


def test_an_ensemble_says_that_its_expected_dsc_is_of_single_networks():
    line = "Their masks are those of single networks; the ensemble itself was not measured."
    assert line in card(small_model.record(2)) and line not in card(small_model.record(1))


def test_what_was_not_measured_is_said():
    record = small_model.record(scores=None)
    record = record.model_copy(
        update={"failure_warning": record.failure_warning.model_copy(update={"certainty": [], "dsc": []})}
    )
    text = card(record)
    assert "Not measured: no patient was held out." in text
    assert "No expected DSC: no validation patient has a prediction." in text
