"""A real browser: the system's Chromium, headless, with the network watched."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = "no chromium: `apt-get install chromium` brings it, `pip install playwright` what drives it"
WIDTHS = (1280, 390)


@dataclass
class Watched:
    """What a page did that it should not: requests beside its own file, and errors on the console."""

    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason=MISSING)
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not path:
        pytest.skip(MISSING)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser) -> Iterator[Callable]:
    """opened(path, width, scheme): a file in a new tab, which may ask for nothing beside it and log no error."""
    with ExitStack() as tabs:
        yield lambda path, width=1280, scheme="light": tabs.enter_context(tab(browser, path, width, scheme))


@contextmanager
def tab(browser, path: Path, width: int, scheme: str) -> Iterator:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    watched = Watched()
    own = path.absolute().as_uri()
    # pictures may lie in a folder below, as those of `dvc plots show` do
    mine = ("data:", own, f"{own.rpartition('/')[0]}/static/")
    page.on("request", lambda request: request.url.startswith(mine) or watched.requests.append(request.url))
    page.on("console", lambda message: message.type == "error" and watched.console.append(message.text))
    page.on("pageerror", lambda error: watched.console.append(str(error)))
    page.goto(own)
    yield page
    context.close()
    assert watched == Watched()


def overflow_px(page) -> int:
    """How much wider the page is than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def serious_faults(page) -> list[str]:
    """What axe-core finds of serious or critical impact."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-playwright-python")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
