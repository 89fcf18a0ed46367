"""The page in a real Chromium: no request, no error, the right slice, sorting, two widths, light and dark."""

import numpy as np
import pytest

from brainseg.pages.shared.sprites import to_grey
from tests.browser import WIDTHS, overflow_px, serious_faults, tab
from tests.pages.run.test_page import build
from tests.pages.small_run import DSC, EVIL, NAMES, tables, volume

# the middle of pixel (row, column) of the canvas; with overlays off it is the image itself
PROBE = """([row, column]) => {
  const canvas = document.querySelector("#viewer canvas"), zoom = canvas.width / 32, half = (zoom - 1) / 2;
  return [...canvas.getContext("2d").getImageData(column * zoom + half, row * zoom + half, 1, 1).data];
}"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_bytes(build(tables()))
    return page


@pytest.fixture
def page(path, opened):
    tab = opened(path)
    tab.wait_for_selector("#viewer[data-ready]")
    return tab


def shown_slice(page) -> int:
    return int(page.get_attribute("#viewer canvas", "data-slice"))


def overlays_off(page) -> None:
    for box in page.query_selector_all("#overlays input:checked"):
        box.uncheck()


def test_wheel_and_keys_change_the_slice(page):
    assert shown_slice(page) == 3  # the one with most lesion
    page.hover("#viewer canvas")
    page.mouse.wheel(0, 100)
    assert shown_slice(page) == 4
    page.mouse.wheel(0, -100)
    assert shown_slice(page) == 3
    page.focus("#viewer canvas")
    for key, expected in {"ArrowDown": 4, "ArrowUp": 3, "End": 6, "ArrowRight": 6, "Home": 0, "PageDown": 5}.items():
        page.keyboard.press(key)
        assert shown_slice(page) == expected, key
    page.focus("#slice")
    page.keyboard.press("ArrowLeft")
    assert shown_slice(page) == 4
    assert page.input_value("#slice") == "4"


def test_dragging_changes_the_slice(page):
    box = page.locator("#viewer canvas").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 100 - 90, steps=3)
    page.mouse.up()
    assert shown_slice(page) == 1


@pytest.mark.parametrize("number", [0, 3, 6])
@pytest.mark.parametrize("channel", [0, 1])
def test_the_pixels_are_those_of_the_array(page, number, channel):
    overlays_off(page)
    page.focus("#viewer canvas")
    page.keyboard.press(str(channel + 1))
    page.keyboard.press("Home")
    for _ in range(number):
        page.keyboard.press("ArrowDown")
    assert shown_slice(page) == number
    grey, _ = to_grey(volume().image[..., channel])
    for row, column in ((5, 5), (20, 16), (38, 30)):
        red, green, blue, _ = page.evaluate(PROBE, [row, column])
        assert red == green == blue and abs(red - int(grey[number, row, column])) <= 8, (
            row,
            column,
        )  # 20 to the next slice


def test_the_window_makes_pixels_darker_and_brighter(page):
    overlays_off(page)
    before = page.evaluate(PROBE, [20, 16])[0]
    page.locator("#high").fill("150")
    assert page.evaluate(PROBE, [20, 16])[0] > before
    page.click("#reset")
    page.locator("#low").fill("60")
    assert page.evaluate(PROBE, [20, 16])[0] < before
    page.focus("#viewer canvas")
    page.keyboard.press("0")
    assert page.evaluate(PROBE, [20, 16])[0] == before


def test_an_outline_is_that_of_its_mask_and_goes_when_it_is_turned_off(page):
    def colours() -> set[tuple]:
        """Of the edge between the lesion's columns 8 ... 17 and what is right of it, where the prediction has none."""
        at = """() => { const canvas = document.querySelector("#viewer canvas"), zoom = canvas.width / 32;
          return [...canvas.getContext("2d").getImageData(8 * zoom, 15 * zoom, 1, 1).data].slice(0, 3); }"""
        return tuple(page.evaluate(at))

    assert colours() == (0x22, 0xDD, 0x22)
    page.focus("#viewer canvas")
    page.keyboard.press("t")
    red, green, blue = colours()
    assert red == green == blue
    page.keyboard.press("t")
    assert colours() == (0x22, 0xDD, 0x22)


def test_probability_is_drawn_where_it_is(page):
    overlays_off(page)
    page.focus("#viewer canvas")
    outside, inside = page.evaluate(PROBE, [2, 2]), page.evaluate(PROBE, [15, 15])
    page.keyboard.press("h")
    assert page.evaluate(PROBE, [2, 2]) == outside
    red, _, blue, _ = page.evaluate(PROBE, [15, 15])
    assert red > inside[0] and blue < inside[2]


def test_the_next_patient_and_one_from_the_table(page):
    assert page.input_value("#patient") == "0"
    assert "worst: B&B" in page.inner_text("#patient option:checked")
    page.click("#next")
    page.wait_for_selector("#viewer[data-ready='1']")
    page.focus("#viewer canvas")
    page.keyboard.press("b")
    page.wait_for_selector("#viewer[data-ready='0']")
    button = page.locator("button.look", has_text="J")
    place = button.get_attribute("data-volume")
    button.click()
    page.wait_for_selector(f"#viewer[data-ready='{place}']")
    assert "J, DSC 0.930" in page.inner_text("#patient option:checked")


def test_names_that_look_like_html_are_shown_as_text(page):
    assert EVIL in page.inner_text("#patients")
    assert EVIL in page.inner_text("#facts")
    assert f"{EVIL}0" in page.inner_text("#channels")


def column(page, place: int) -> list[str]:
    return page.eval_on_selector_all(
        "#patients tbody tr:not([hidden])", f"rows => rows.map((row) => row.cells[{place}].innerText.trim())"
    )


def test_the_table_sorts_by_numbers_and_by_words(page):
    heading = page.locator("#patients th button", has_text="DSC")
    heading.click()
    assert column(page, 5) == [f"{dsc:.3f}" for dsc in sorted(DSC)]
    assert page.get_attribute("#patients th:nth-child(6)", "aria-sort") == "ascending"
    heading.click()
    assert column(page, 5) == [f"{dsc:.3f}" for dsc in sorted(DSC, reverse=True)]
    page.locator("#patients th button", has_text="precision").click()
    assert column(page, 11) == [*(f"{dsc:.3f}" for dsc in sorted(DSC[1:])), "–"]  # the undefined one last
    page.locator("#patients th button", has_text="institution").click()
    assert column(page, 2) == ["CS"] * 5 + ["HT"] * 5


def test_the_table_is_filtered(page):
    page.select_option("select[name=subset]", "test")
    assert sorted(column(page, 0)) == sorted(NAMES[:4])
    page.select_option("select[name=institution]", "CS")
    assert column(page, 1) == ["test"] * 2
    assert page.inner_text("form.filter output") == "2 of 10"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window_and_nothing_is_inaccessible(path, opened, width, scheme):
    page = opened(path, width, scheme)
    page.wait_for_selector("#viewer[data-ready]")
    assert overflow_px(page) <= 0
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert np.mean([int(part) for part in paper[4:-1].split(",")]) > 200 or scheme == "dark"
    assert serious_faults(page) == []


@pytest.mark.parametrize(
    "body", ['<img src="https://example.org/a.png">', "<script>throw new Error('x')</script>", '<img src="beside.png">']
)
def test_a_page_that_asks_for_something_or_fails_would_be_noticed(tmp_path, browser, body):
    (tmp_path / "bad.html").write_text(body)
    with pytest.raises(AssertionError), tab(browser, tmp_path / "bad.html", 400, "light"):
        pass
