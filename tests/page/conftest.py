"""Pages in a real browser: Debian's chromium, without a screen and without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.body.stick_body import skeleton_body
from pipelines.page.writing import Check, Page, PageDance, write_page


@pytest.fixture(scope="session")
def stick():
    """The lightest body."""
    return skeleton_body()


@pytest.fixture
def written(tmp_path: Path, dance, stick):
    """A maker of pages of so many dances; more of `Page`."""

    def make(count: int = 1, **more) -> Path:
        dances = [
            PageDance(f"dance {n}", dance(n, 120), stick, checks=[Check("slide", 1, 2, 0.4)])
            for n in range(count)
        ]
        target = tmp_path / "page.html"
        write_page(Page(dances, **more), target)
        return target

    return make


@pytest.fixture
def opened(browser):
    """Open a page; gives Playwright's page and the addresses that it asked for."""
    pages = []

    def show(path: Path, width: int = 900, height: int = 700):
        page = browser.new_page(viewport={"width": width, "height": height})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.set_default_timeout(120_000)
        page.goto(path.as_uri(), timeout=180_000)
        page.wait_for_selector("body[data-ready]")
        assert page.get_attribute("body", "data-ready") == "yes", page.inner_text("#problem")
        pages.append(page)
        return page, asked

    yield show
    for page in pages:
        page.close()
