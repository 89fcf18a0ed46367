import json
import re
from html.parser import HTMLParser

import pytest

from brainseg.compare.stats.bootstrap import mean_interval
from brainseg.pages.run.page import run_page
from brainseg.pages.run.shown_patients import shown_patients
from brainseg.pages.shared.volume import to_viewer
from tests.pages.small_run import DSC, EVIL, NAMES, per_volume, summary, tables, volume


def written(**changes) -> str:
    return build(tables(**changes)).decode()


def build(of) -> bytes:
    shown = shown_patients(of.per_volume, 0)
    names = [name for group in shown.values() for name, _ in group]
    volumes = [to_viewer(volume(name), 256) for name in names]
    groups = [(heading, [(names.index(name), label) for name, label in group]) for heading, group in shown.items()]
    return run_page(of, volumes, groups)


class Texts(HTMLParser):
    """The tags that opened and the text of the page, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_headline_by_hand():
    text = Texts(written()).text
    low, high = mean_interval(per_volume().dsc[:4].to_numpy())
    assert f"{low:.3f} to {high:.3f}" in text
    for words in ("0.647", "mean DSC of 4 test patients", "1 of 4", "The lesion was not found in B&B."):
        assert words in text


def test_names_that_look_like_html_are_text():
    page = written()
    assert "<script>alert" not in page
    assert Texts(page).tags.count("script") == len(NAMES) + 1  # a volume each, and our own
    assert EVIL in Texts(page).text


def test_the_volumes_are_json_that_no_name_can_leave():
    page = written()
    for text in re.findall(r'<script type="application/json" id="volume-\d+">(.*?)</script>', page):
        assert json.loads(text)["name"] in NAMES


def test_every_patient_has_a_row_the_held_out_first_and_the_worst_of_them_first():
    rows = re.findall(r'<tr[^>]*data-subset="(\w+)".*?data-value="([^"]*)"', written(), re.DOTALL)
    assert [subset for subset, _ in rows] == ["test"] * 4 + ["validation"] * 3 + ["train"] * 3
    assert [float(dsc) for _, dsc in rows] == [*sorted(DSC[:4]), *sorted(DSC[4:7]), *sorted(DSC[7:])]


def test_the_same_tables_give_the_same_bytes():
    assert build(tables()) == build(tables())


def test_where_the_validation_patients_are_scored_the_page_says_so():
    per_volume_ = per_volume().iloc[4:]
    page = written(
        per_volume=per_volume_,
        subset="validation",
        summary=summary(3),
        evaluation=tables().evaluation | {"selected_on": "validation"},
    )
    assert "No patient tests in this split." in page and "so their scores are too high" in page
    assert "mean DSC of 3 validation patients" in page


def test_published_figures_stand_beside_those_of_lgg_patients_only():
    assert "Buda" not in written()
    lgg = per_volume().assign(patient=[f"TCGA_CS_494{k}_19960909" for k in range(10)])
    page = written(per_volume=lgg)
    assert "0.9155" in page and "110 patients" in page and "report&#39;s protocol" in page


def test_the_price_of_the_epoch_and_what_ran():
    text = re.sub(r"\s+", " ", Texts(written()).text)
    assert "mean validation DSC of 0.9000, the last one 0.8500: 0.0500 more" in text
    assert "486,553 parameters" in text and "2.0 minutes, 24.00 s an epoch" in text
    assert "none needed: generated images" in text
    assert "git log --all --oneline -S 0123456789abcdef -- dvc.lock" in text


def test_a_changed_setting_stands_beside_its_default():
    params = tables().params
    changed = {**params, "loss": "bce", "train": {**params["train"], "epochs": 3}}
    text = re.sub(r"\s+", " ", Texts(written(params=changed)).text)
    assert "loss bce (dice); train.epochs 3 (40)" in text


@pytest.mark.parametrize("patients", [1, 2])
def test_few_patients_have_a_page_too(patients):
    few = per_volume().iloc[[*range(patients), *range(4, 10)]]
    of_whom = f"mean DSC of {patients} test patient{'s' * (patients > 1)}<"
    assert of_whom in written(per_volume=few, summary=summary(patients))


def test_a_run_without_a_bound_or_a_prediction():
    nothing = per_volume().assign(predicted_dsc=float("nan"), dsc_lower_bound=float("nan"))
    of_nothing = summary(4)
    of_nothing["warning_of_failure"] |= {"rank_correlation": None, "coverage": None, "nothing_predicted": 4}
    text = re.sub(r"\s+", " ", Texts(written(per_volume=nothing, summary=of_nothing)).text)
    assert "it needs at least nine validation patients" in text and "For 4 of them nothing is predicted." in text


def test_distances_have_the_unit_of_the_run():
    in_mm = per_volume().rename(columns={"hd95_px": "hd95_mm"})
    scores = summary(4) | dict.fromkeys(("hd95_px", "assd_px"))
    text = Texts(written(per_volume=in_mm, summary=scores, hd95="hd95_mm")).text
    assert "HD95, mm" in text and "ASSD, mm" in text and "NSD, 3-D" in text and ", px" not in text
    in_px = Texts(written(summary=summary(4) | dict.fromkeys(("hd95_mm", "assd_mm", "nsd_3d")))).text
    assert "HD95, px" in in_px and ", mm" not in in_px and "NSD, 3-D" not in in_px
