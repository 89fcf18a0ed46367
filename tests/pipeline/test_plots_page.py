"""`dvc plots show` and `dvc plots diff` write a page that needs no network: DVC's own loads Vega from the web."""

PLOTS = ["Loss", "Mean DSC of the validation patients", "DSC of the held-out patients"]


def test_the_page_of_plots_asks_for_nothing_and_draws_them(reproduced, tmp_path, opened):
    copy = reproduced.copy_to(tmp_path / "copy")
    copy.run("dvc", "plots", "diff", "HEAD", "workspace")
    folder = copy.folder / "dvc_plots"
    assert "https://cdn" not in (folder / "index.html").read_text()
    page = opened(folder / "index.html")
    assert page.eval_on_selector_all("h2", "titles => titles.map((title) => title.textContent)") == PLOTS
    curves, bars = page.locator("#loss polyline"), page.locator("#DSC_per_volume rect")
    assert curves.count() == 2 * len(["HEAD", "workspace"])
    assert bars.count() % 2 == 0 and bars.count() > 0
