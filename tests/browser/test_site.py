"""The site in headless Chromium with the network blocked: every page opens from disk, whole and quiet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from elc.paths import Project
from tests.conftest import PLANTS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--no-first-run", "--disable-quic"]
PAGES = ["index.html", *(f"{plant}/{name}.html" for plant in PLANTS for name in ("50_monitor", "60_explain"))]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


class Witness:
    """Notes every request that leaves the disk or fails, and every word on the console."""

    def __init__(self, page: Page) -> None:
        self.faults: list[str] = []
        page.on("request", self._check_request)
        page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}"))
        page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

    def _check_request(self, request: object) -> None:
        url = str(request.url)  # type: ignore[attr-defined]
        if not url.startswith(("file:", "data:")):
            self.faults.append(f"request: {url}")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


def open_page(page: Page, site: Path, name: str) -> Witness:
    witness = Witness(page)
    page.goto((site / name).as_uri(), wait_until="networkidle")
    return witness


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_from_disk_without_a_network(demo_project: Project, page: Page, name: str) -> None:
    witness = open_page(page, demo_project.site, name)
    assert witness.faults == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1200, 390])
def test_page_fits_its_screen(demo_project: Project, page: Page, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, demo_project.site, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_index_lists_every_plant_and_leads_to_it(demo_project: Project, page: Page) -> None:
    open_page(page, demo_project.site, "index.html")
    links = page.locator("table a")
    assert sorted(links.all_inner_texts()) == ["Delta", "Fjord", "Steppe"]
    page.get_by_role("link", name="Fjord").first.click()
    assert page.url.endswith("fjord/50_monitor.html")
    assert "Fjord" in page.locator("h1").inner_text()


@pytest.mark.parametrize("plant", PLANTS)
def test_monitoring_page_answers_first(demo_project: Project, page: Page, plant: str) -> None:
    open_page(page, demo_project.site, f"{plant}/50_monitor.html")
    answer = page.locator(".answer")
    curve = page.locator("figure img, img").first
    assert answer.count() == 1
    assert answer.bounding_box()["y"] < curve.bounding_box()["y"] < 900  # type: ignore[index]
    text = page.locator("main, body").first.inner_text()
    assert "candidate, not approved" in text
    assert "Reads:" not in text


def test_links_lead_somewhere(demo_project: Project, page: Page) -> None:
    for name in PAGES:
        open_page(page, demo_project.site, name)
        for address in page.evaluate("[...document.links].map(link => link.href)"):
            if address.startswith("file:"):
                assert Path(address.removeprefix("file://").split("#")[0]).is_file(), (name, address)


@pytest.mark.parametrize("plant", PLANTS)
def test_monitor_says_whether_to_believe_it(demo_project: Project, page: Page, plant: str) -> None:
    open_page(page, demo_project.site, f"{plant}/50_monitor.html")
    words = page.inner_text("body")
    assert all(word in words for word in ("Data, ", "Model, ", "Test: ", "Baseline: "))
    # A history of 150 days has not seen a year.
    assert "Not enough to learn from: length of the baseline period" in words
