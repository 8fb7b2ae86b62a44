"""The page of models in headless Chromium with the network blocked: it opens from disk, fits, and answers first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from elc.paths import Project
from elc.render.models import build_models
from elc.render.pandoc import render_by_pandoc
from elc.render.receipts import Site
from tests.browser.conftest import IN_CHROMIUM
from tests.conftest import ROOT
from tests.unit.registry.tagged import make_life

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index and the page of models of a registry in which much has happened."""
    tagged = make_life(tmp_path_factory.mktemp("life") / "project")
    project = Project(tagged.root)
    shutil.copytree(ROOT / "reports" / "assets", project.reports / "assets")
    (project.reports / "index.qmd").write_text("---\ntitle: All plants\n---\n\n[Models](models.qmd)\n")
    (project.reports / "models.qmd").write_text(build_models(tagged.read()))
    (project.reports / "method.qmd").write_text("---\ntitle: Method\n---\n")
    render_by_pandoc(project, Site([], {}, [], {"website": {"title": "ELC"}}, "en"))
    return project.site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


def test_page_opens_quietly_from_disk(site: Path, page: Page) -> None:
    faults: list[str] = []
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((site / "models.html").as_uri(), wait_until="networkidle")
    assert faults == []
    assert page.locator("h1").all_inner_texts() == ["Models"]


@pytest.mark.parametrize("width", [1200, 390])
def test_page_fits_its_screen_and_answers_before_its_table(site: Path, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((site / "models.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    answer, table = page.locator(".answer").bounding_box(), page.locator("table").first.bounding_box()
    assert answer is not None
    assert table is not None
    assert answer["y"] < table["y"] < 900
    assert "One of three plants runs an approved version in prod." in page.locator(".answer").inner_text()


def test_index_leads_to_the_models_and_a_plants_name_to_its_versions(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.locator("nav").get_by_role("link", name="Models").click()
    assert page.url.endswith("models.html")
    page.locator("table").first.get_by_role("link", name="Delta").click()
    assert page.locator(":target").get_by_role("heading").first.inner_text() == "Delta"
    page.get_by_role("link", name="All plants").click()
    assert page.url.endswith("index.html")
