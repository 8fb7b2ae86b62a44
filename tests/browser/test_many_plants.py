"""A hundred plants on a page in headless Chromium: light, whole without the script, searched and sorted by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import FAULTS, IN_CHROMIUM
from tests.builders.fleet import build_fleet, render_fleet

PLANTS = 100
MAX_PAGE_BYTES = 300_000

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_fleet(tmp_path_factory.mktemp("fleet"), build_fleet(PLANTS))


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    """The page of all plants; its console stays empty."""
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900})
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((site / "index.html").as_uri())
    yield page
    context.close()
    assert faults == []


def list_shown(page: Page, column: int = 0) -> list[str]:
    """What the rows that are shown say in a column, from the top."""
    return [
        str(text)
        for text in page.evaluate(
            """column => [...document.querySelectorAll("table.plants tbody tr:not(.region)")]
            .filter(row => row.checkVisibility()).map(row => row.cells[column].textContent)""",
            column,
        )
    ]


def test_page_and_what_it_loads_are_light(site: Path) -> None:
    assert (site / "index.html").stat().st_size + (site / "assets" / "elc.css").stat().st_size <= MAX_PAGE_BYTES
    assert 'type="module"' not in (site / "index.html").read_text(encoding="utf-8")


def test_without_the_script_the_table_is_whole(browser: Browser, site: Path) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    rows = page.locator("table.plants tbody th[scope=row]")
    assert rows.count() == PLANTS
    assert rows.last.is_visible()
    assert page.locator("table.plants tr.region").count() == 5
    assert not page.locator(".tools").is_visible()
    context.close()


def test_search_and_fields_narrow_what_is_shown(page: Page) -> None:
    page.get_by_label("Search").fill("ostfold kjel 2")  # ø is a letter of its own: this finds nothing
    assert page.get_by_role("status").inner_text() == "0 of 100 plants"
    page.get_by_label("Search").fill("østfold 2")
    assert list_shown(page)
    assert all("Østfold" in name and "2" in name for name in list_shown(page))
    page.get_by_label("Search").fill("")
    page.locator(".tool-region select").select_option("North sea")
    assert len(list_shown(page)) == 25
    assert page.locator("tr.region:visible").count() == 1
    page.locator(".tool-region select").select_option("all")
    wrong = page.get_by_label("Only what is wrong")
    wrong.check()
    said = page.locator(".tool-wrong").inner_text()
    assert said.endswith(f"({len(list_shown(page))})")


def test_any_column_sorts_by_keyboard_within_regions_or_all_together(page: Page) -> None:
    page.get_by_role("button", name="share of best").focus()
    page.keyboard.press("Enter")
    head = page.locator("th", has=page.get_by_role("button", name="share of best"))
    assert head.get_attribute("aria-sort") == "descending"
    page.get_by_role("checkbox", name="By region").uncheck()
    shares = [float(text.split()[0]) for text in list_shown(page, 3) if text != "–"]
    assert shares == sorted(shares, reverse=True)
    assert list_shown(page, 3)[-1] == "–"  # what is not known comes last
    page.keyboard.press("Shift+Tab")
    page.get_by_role("button", name="plant", exact=True).press("Enter")
    names = list_shown(page)
    assert names.index(next(one for one in names if "Ammonia 6 " in one)) < names.index(
        next(one for one in names if "Ammonia 12 " in one)
    )
    page.get_by_role("checkbox", name="By region").check()
    assert page.locator("tr.region:visible").count() == 5


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_page_is_accessible_and_fits(browser: Browser, site: Path, width: int, scheme: str) -> None:
    context = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".table-scroll").first.evaluate("box => box.scrollWidth <= box.clientWidth")
    page.locator(".tool-region select").select_option("Inland")  # a quarter of the rows is as good to look at
    found = Axe().run(page, options=FAULTS).response["violations"]
    context.close()
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []


def test_on_a_phone_the_order_is_chosen_from_a_list(browser: Browser, site: Path) -> None:
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    page.locator(".tool-sort select").select_option("plant")
    page.get_by_role("checkbox", name="By region").uncheck()
    assert list_shown(page)[0].startswith("Ammonia 6 ")
    context.close()
