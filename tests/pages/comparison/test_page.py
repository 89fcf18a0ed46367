import json
from dataclasses import replace

import pytest

from brainseg.core.files import write_bytes
from brainseg.pages.comparison import page as module
from brainseg.pages.comparison.page import comparison_page, write_page
from brainseg.pages.shared.volume import to_viewer
from tests.browser import WIDTHS, overflow_px, serious_faults
from tests.compare.small_comparison import SCORES, compared, seeds, shifted, three
from tests.compare.small_experiment import experiment
from tests.pages.small_run import EVIL, volume


def side_by_side() -> dict:
    one = volume()
    masks = {"truth": one.masks["truth"], "dice": one.masks["prediction"], "bce": one.masks["truth"]}
    panes = [["truth", "dice"], ["truth", "bce"]]
    return to_viewer(replace(one, masks=masks, probability=None, panes=panes), 256)


def evil_experiments():
    return [experiment("dice", SCORES), experiment(EVIL, shifted(0.1), {"loss": "bce"})]


def test_the_verdicts_certificate_results_and_bias_are_those_of_the_comparison():
    comparison = compared(three())
    page = comparison_page(comparison, []).decode()
    for verdict in comparison.against_baseline:
        assert f'class="verdict {verdict.outcome}">{verdict.outcome}<' in page and f"{verdict.mean:+.4f}" in page
    assert "only the loss differs (dice → bce)" in page
    for mean in comparison.table["mean"]:
        assert f">{mean:.4f}<" in page
    assert f"is too high by {comparison.bias.optimism:.4f} at least" in page
    assert "cache lacks the predictions" in page


def test_a_confound_is_coloured_and_a_sound_comparison_is_not():
    sound = comparison_page(compared(three()[:2]), []).decode()
    assert 'class="sound"' in sound and 'class="warning"' not in sound
    both = compared([experiment("dice", SCORES), experiment("x", shifted(0.1), {"loss": "bce", "optim": "sgd"})])
    assert 'class="warning"' in comparison_page(both, []).decode()


def test_an_experiment_that_looks_like_html_is_text_and_the_page_is_the_same_again():
    page = comparison_page(compared(evil_experiments()), [])
    assert b"<script>alert" not in page and b"&lt;script&gt;alert(1)" in page
    assert page == comparison_page(compared(evil_experiments()), [])


def test_seeds_are_one_method_with_a_claim_about_methods():
    runs = seeds("dice", "dice", 0.0, (0, 1)) + seeds("bce", "bce", 0.1, (0, 1))
    assert "about methods" in comparison_page(compared(runs), []).decode()


def test_it_is_written_beside_the_other_files(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "cached_volumes", lambda *_: [])
    write_bytes(tmp_path / "out" / "report.html", b"old")
    write_page(compared(three()), tmp_path / "out")
    assert b"<!doctype html>" in (tmp_path / "out" / "report.html").read_bytes()
    assert "report.html: the same to look at" in capsys.readouterr().out


@pytest.mark.parametrize("width", WIDTHS)
def test_two_methods_side_by_side_in_a_browser(tmp_path, opened, width):
    path = tmp_path / "report.html"
    path.write_bytes(comparison_page(compared(three()), [side_by_side()]))
    page = opened(path, width, "light" if width > 1000 else "dark")
    page.wait_for_selector("#viewer[data-ready]")
    assert json.loads(
        page.evaluate("JSON.stringify([...document.querySelectorAll('#overlays label')].map(l => l.innerText.trim()))")
    ) == ["truth", "dice", "bce"]
    assert page.inner_text("#where").endswith("DSC of the slice: 0.70 dice, 1.00 bce")
    width_px, height_px = page.evaluate("(({width, height}) => [width, height])(document.querySelector('canvas'))")
    assert width_px / height_px == pytest.approx(2 * 32 / 40)
    at = """([x, y]) => { const context = document.querySelector("canvas").getContext("2d");
      return [...context.getImageData(x, y, 1, 1).data].slice(0, 3); }"""
    zoom = width_px // 64
    edge = [zoom * 10, zoom * 15]  # the left edge of dice's mask, two pixels right of the truth's
    assert page.evaluate(at, edge)[0] > 200 > 100 > page.evaluate(at, edge)[1]
    red, green, blue = page.evaluate(at, [edge[0] + width_px // 2, edge[1]])
    assert red == green == blue  # not in the other picture
    assert overflow_px(page) <= 0 and serious_faults(page) == []
