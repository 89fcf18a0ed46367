from dataclasses import replace

import pytest

from brainseg.pages.scan.page import ScanResult, scan_page
from tests.browser import WIDTHS, overflow_px, serious_faults
from tests.pages.small_run import EVIL, volume

RESULT = ScanResult(
    volume=replace(volume(), masks={"prediction": volume().masks["prediction"]}, facts={"slices": "7"}),
    big=("12.3 ml", "predicted volume of the lesion"),
    figures=[("lesions", "2"), ("expected DSC", "0.81")],
    warnings=["unlike the training patients: " + EVIL],
    model=EVIL,
    card=[("networks", "1 x unet"), ("experiments", EVIL)],
    scores=[("mean DSC", "0.5000")],
    failures="1 of 3 patients have a DSC below 0.1: the lesion was not found.",
    use="Not for diagnosis.",
)


def test_the_page_holds_what_it_was_given_and_names_are_text():
    page = scan_page(RESULT).decode()
    for words in ("12.3 ml", "expected DSC", "0.81", "1 x unet", "Not for diagnosis.", "1 of 3 patients"):
        assert words in page
    assert "<script>alert" not in page
    assert scan_page(RESULT) == scan_page(RESULT)


def test_a_model_without_scores_has_no_empty_list():
    assert "mean DSC" not in scan_page(replace(RESULT, scores=[])).decode()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_viewer_of_one_scan_in_a_browser(tmp_path, opened, width):
    (tmp_path / "scan.html").write_bytes(scan_page(RESULT))
    page = opened(tmp_path / "scan.html", width, "dark")
    page.wait_for_selector("#viewer[data-ready]")
    before = int(page.get_attribute("#viewer canvas", "data-slice"))
    page.focus("#viewer canvas")
    page.keyboard.press("ArrowDown")
    assert int(page.get_attribute("#viewer canvas", "data-slice")) == before + 1
    assert page.inner_text("#overlays").split() == ["prediction", "probability"]
    assert "DSC" not in page.inner_text("#where")
    assert page.is_hidden("#patient")  # of one scan there is nothing to choose
    assert "prediction" in page.inner_text("#keys") and "truth" not in page.inner_text("#keys")
    assert overflow_px(page) <= 0 and serious_faults(page) == []
