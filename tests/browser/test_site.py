"""The site in headless Chromium with the network blocked: every page opens from disk, whole and quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from elc.paths import Project
from tests.browser.conftest import FAULTS, IN_CHROMIUM
from tests.conftest import PLANTS, run

STEMS = ("50_monitor", "60_explain", "90_report")
PLANT_PAGES = [*(f"{plant}/{name}.html" for plant in PLANTS for name in STEMS)]
PAGES = ["index.html", "models.html", "method.html", *PLANT_PAGES]
SCREENS: list[ViewportSize] = [{"width": 1200, "height": 900}, {"width": 390, "height": 900}]
# The columns of tables all of whose cells begin with a number, but the first, and do not stand to the right.
FIND_LEFT = r"""[...document.querySelectorAll("main table")].flatMap(table => {
    const rows = [...table.tBodies].flatMap(body => [...body.rows]).map(row => [...row.cells]);
    const isNumber = text => /^[±<+−-]?\s?\d[\d.,\s]*(%|$|±|\()/.test(text);
    return [...(table.tHead?.rows[0].cells ?? [])].map((head, i) => [head.textContent, rows.map(row => row[i])])
        .slice(1)
        .map(([head, cells]) => [head, cells.filter(cell => cell && !["", "–"].includes(cell.textContent.trim()))])
        .filter(([, cells]) => cells.length && cells.every(cell => isNumber(cell.textContent.trim()))
            && !cells.every(cell => ["right", "end"].includes(getComputedStyle(cell).textAlign)))
        .map(([head]) => head);
})"""
MAX_INTERACTIVE_MS = 1000
MAX_SITE_BYTES = 15_000_000

pytestmark = IN_CHROMIUM


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
def test_page_opens_from_disk_without_a_network_and_fits_its_screen(
    demo_project: Project, page: Page, name: str
) -> None:
    page.set_viewport_size(SCREENS[0])
    witness = open_page(page, demo_project.site, name)
    assert witness.faults == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    for address in page.evaluate("[...document.links].map(link => link.href)"):
        if address.startswith("file:"):
            assert Path(address.removeprefix("file://").split("#")[0]).is_file(), address
    for screen in SCREENS:
        page.set_viewport_size(screen)
        assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]


def test_index_lists_every_plant_and_leads_to_it(demo_project: Project, page: Page) -> None:
    open_page(page, demo_project.site, "index.html")
    for table in page.locator("table").all():  # of the present hour, and of the last report
        assert sorted(table.locator("a").all_inner_texts()) == ["Delta", "Fjord", "Steppe"]
    page.get_by_role("link", name="Fjord").first.click()
    assert page.url.endswith("fjord/50_monitor.html")
    assert "Fjord" in page.locator("h1").inner_text()


@pytest.mark.parametrize("plant", PLANTS)
def test_monitoring_page_answers_first(demo_project: Project, page: Page, plant: str) -> None:
    open_page(page, demo_project.site, f"{plant}/50_monitor.html")
    answer = page.locator(".answer")
    curve = page.locator("figure svg").first
    assert answer.count() == 1
    assert answer.bounding_box()["y"] < curve.bounding_box()["y"] < 900  # type: ignore[index]
    text = page.locator("main, body").first.inner_text()
    assert "candidate, not approved" in text
    assert "Reads:" not in text


@pytest.mark.parametrize("plant", PLANTS)
def test_monitor_says_whether_to_believe_it(demo_project: Project, page: Page, plant: str) -> None:
    open_page(page, demo_project.site, f"{plant}/50_monitor.html")
    words = page.inner_text("body")
    assert all(word in words for word in ("Data, ", "Model, ", "Test: ", "Baseline: "))
    # A history of five months has not seen a year.
    assert "Not enough to train on: length of the baseline period" in words


def find_violations(page: Page, site: Path, names: list[str], schemes: tuple[str, ...]) -> list[tuple[str, object]]:
    """Find what axe-core has against pages, on each screen and in each scheme; they are loaded once."""
    found: list[tuple[str, object]] = []
    for name in names:
        open_page(page, site, name)
        for screen in SCREENS:
            page.set_viewport_size(screen)
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                violations = Axe().run(page, options=FAULTS).response["violations"]
                nodes = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations]
                found += [(f"{name}, {screen['width']} px, {scheme}", fault) for fault in nodes]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(demo_project: Project, page: Page, scheme: str) -> None:
    """axe-core finds nothing: contrast, names, headings, tables, focus. Pages of other plants are of the same kinds."""
    names = ["index.html", "models.html", "method.html", *(f"steppe/{stem}.html" for stem in STEMS)]
    assert find_violations(page, demo_project.site, names, (scheme,)) == []


@pytest.mark.long(reason="axe-core reads every page eight times, in two languages")
@pytest.mark.parametrize("language", ["en", "nb"])
def test_every_page_is_accessible(
    copied_project: Project,
    page: Page,
    language: str,
    edit_params: Callable[[Project, str, str], None],
) -> None:
    """The same of every page of every plant; in Norwegian with the words of notebooks as they were executed."""
    site = copied_project.site
    if language != "en":
        edit_params(copied_project, "  language: en", f"  language: {language}")
        done = run(copied_project.root, "elc", "render")
        assert done.returncode == 0, done.stderr
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    assert set(names) == set(PAGES)
    assert find_violations(page, site, names, ("light", "dark")) == []


@pytest.mark.parametrize("name", PAGES)
def test_numbers_stand_to_the_right_and_nothing_leaves_a_table(demo_project: Project, page: Page, name: str) -> None:
    page.set_viewport_size(SCREENS[0])
    open_page(page, demo_project.site, name)
    assert page.evaluate(FIND_LEFT) == []
    page.set_viewport_size(SCREENS[1])
    wide = page.evaluate(
        """[...document.querySelectorAll("main table")].filter(table => table.checkVisibility()
        && !table.closest(".chart") && table.scrollWidth > table.parentElement.clientWidth + 1)
        .map(table => table.textContent.slice(0, 80))"""
    )
    assert wide == []


@pytest.mark.parametrize("name", PLANT_PAGES)
def test_texts_of_charts_can_be_read(demo_project: Project, page: Page, name: str) -> None:
    open_page(page, demo_project.site, name)
    for screen in SCREENS:
        page.set_viewport_size(screen)
        heights = page.evaluate(
            """[...document.querySelectorAll("main svg text")].filter(text => text.checkVisibility())
            .map(text => parseFloat(getComputedStyle(text).fontSize)
                * Math.hypot(text.getScreenCTM().c, text.getScreenCTM().d))"""
        )
        assert heights
        assert min(heights) >= 10, screen


def test_chart_is_read_by_keyboard_and_by_pointer(demo_project: Project, page: Page) -> None:
    open_page(page, demo_project.site, "fjord/50_monitor.html")
    chart = page.locator("#fig-gaps .chart")
    readout, rows = chart.locator(".chart-readout"), chart.locator("tbody tr")
    assert readout.inner_text() == "Point at the chart to read its values."
    chart.get_by_role("slider").focus()
    page.keyboard.press("Home")
    first = rows.nth(0).locator("td").nth(0).text_content()
    assert str(first) in readout.inner_text()
    page.keyboard.press("ArrowRight")
    assert str(rows.nth(1).locator("td").nth(0).text_content()) in readout.inner_text()
    assert chart.get_by_role("slider").get_attribute("aria-valuetext") == readout.inner_text()
    chart.locator(".chart-wide").scroll_into_view_if_needed()
    chart.locator(".chart-wide").hover(position={"x": 300, "y": 60})
    assert str(first) not in readout.inner_text()
    assert "GJ/h" in readout.inner_text()


def test_without_the_script_pictures_and_tables_are_there(demo_project: Project, browser: Browser) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((demo_project.site / "fjord" / "50_monitor.html").as_uri())
    assert page.locator("#fig-gaps svg.chart-wide").is_visible()
    page.locator("#fig-gaps summary").click()
    assert page.locator("#fig-gaps tbody tr").first.is_visible()
    context.close()


def test_rows_of_the_index_are_blocks_on_a_phone(demo_project: Project, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    open_page(page, demo_project.site, "index.html")
    table = page.locator("table.plants")
    assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    boxes = [cell.bounding_box() for cell in table.locator("tbody tr").first.locator("td").all()]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    label = table.locator("td").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert label == '"gap now, GJ/h"'


@pytest.mark.parametrize("name", PAGES)
def test_page_prints_in_black_on_white_within_a4(demo_project: Project, page: Page, name: str) -> None:
    page.set_viewport_size({"width": 680, "height": 1009})  # A4 less its margins, in CSS pixels
    page.emulate_media(media="print", color_scheme="dark")
    open_page(page, demo_project.site, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert not page.locator("nav").is_visible()
    assert not any(table.is_visible() for table in page.locator(".chart-table").all())


def test_site_is_small_and_its_first_page_quick(demo_project: Project, page: Page) -> None:
    total = sum(path.stat().st_size for path in demo_project.site.rglob("*") if path.is_file())
    assert total <= MAX_SITE_BYTES
    open_page(page, demo_project.site, "index.html")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive") < MAX_INTERACTIVE_MS
