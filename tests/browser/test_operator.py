"""The operator page in headless Chromium against its own routes: answers, what if, live, by keyboard, on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from elc.paths import Project
from elc.service.clients import READ, Client
from tests.browser.conftest import IN_CHROMIUM
from tests.browser.operator_app import Front, build_app, serve
from tests.unit.service.page.present import FLUE, LOAD, PLANT, leave_hour, make_project, read_lines

pytestmark = IN_CHROMIUM


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


@pytest.fixture
def app(project: Project) -> Front:
    return build_app(project)


@pytest.fixture
def address(app: Front) -> Iterator[str]:
    with serve(app) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose console must stay empty: no error, and nothing that the policy of content forbids."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert [fault for fault in faults if not fault.startswith("Failed to load resource")] == []


def open_plant(page: Page, address: str) -> None:
    page.goto(f"{address}/#/{PLANT}")
    expect(page.locator(".compare")).to_be_visible()


def read_cell(page: Page, row: str, column: int) -> str:
    return page.locator(".compare tr", has_text=row).locator("td").nth(column).inner_text()


def test_plants_lead_to_one_plant_that_answers_first(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".answer")).to_contain_text("Fjord uses more than its best now: 263 € an hour.")
    expect(page.locator("article", has_text="delta")).to_contain_text("No hour has been judged yet. Run elc hourly.")
    page.locator("article").get_by_role("link", name="Fjord").click()
    expect(page.locator(".answer")).to_have_text(
        "Fjord uses 25 GJ/h (20 to 30) more than its best at this load and weather: 1.6 %."
    )
    expect(page.locator(".answer .cost")).to_have_text("25 GJ/h (20 to 30)")
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_title("Fjord · Operator page")
    expect(page.locator("svg.curve")).to_have_attribute("aria-label", re.compile("takes 28.82 GJ/t; best is 28.36"))
    expect(page.locator(".notice")).to_contain_text("This is not the present hour: it ended")
    answer, moves = page.locator(".answer").bounding_box(), page.locator(".moves").bounding_box()
    assert answer is not None
    assert moves is not None
    assert answer["y"] < moves["y"] < 500


def test_what_if_changes_numbers_and_moves_the_point(page: Page, address: str) -> None:
    open_plant(page, address)
    assert read_cell(page, "energy, GJ/h", 1) == "1,585.0"
    assert page.locator(".mark.what-if").count() == 0
    slider = page.locator(f"#if-{FLUE}")
    slider.fill("2")
    expect(page.locator(".lead")).to_have_text("That would take 20 GJ/h less than now: 210 € less an hour.")
    assert read_cell(page, "energy, GJ/h", 1) == "1,565.0"
    expect(page.locator(".mark.what-if")).to_have_count(1)
    before = page.locator(".mark.what-if").get_attribute("cx")
    page.locator(f"#if-{LOAD}").focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".mark.what-if")).not_to_have_attribute("cx", str(before))
    assert "GJ/h less than now" in page.locator(".lead").inner_text()
    page.get_by_role("button", name="Back to now").click()
    expect(page.locator(".lead")).to_have_text("Move a slider to see what load or a set-point would change.")
    assert slider.get_attribute("aria-valuetext") == "3.00\u00a0%"


def test_outside_the_envelope_the_page_says_that_it_does_not_know(page: Page, address: str) -> None:
    open_plant(page, address)
    page.locator(f"#if-{LOAD}").fill("64")
    expect(page.locator(".lead")).to_contain_text("The model does not know such conditions")
    assert page.locator(".compare").count() == 0
    page.locator("section", has=page.locator("#curve")).get_by_text("Values as a table").click()
    expect(page.locator("#curve ~ div tbody tr").last).to_contain_text("not known")


def test_sliders_stay_inside_limits_and_what_was_learnt(page: Page, address: str) -> None:
    open_plant(page, address)
    slider = page.locator(f"#if-{FLUE}")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("1.2", "5")


def test_a_driver_changes_the_curve(page: Page, address: str) -> None:
    open_plant(page, address)
    before = page.locator("path.line.best").get_attribute("d")
    page.get_by_text("Weather, feed and ageing").click()
    page.get_by_label("Air temperature, °C").fill("20")
    expect(page.locator(".lead")).to_contain_text("8.0 GJ/h more than now")
    assert page.locator("path.line.best").get_attribute("d") != before


def test_moves_are_answered_by_keyboard_alone(page: Page, address: str, project: Project) -> None:
    open_plant(page, address)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Followed: flue O2")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why? A word is enough.")).to_be_focused()
    page.keyboard.type("analyser out")
    page.keyboard.press("Enter")
    answered = page.locator(".answered")
    expect(answered).to_contain_text("Not possible, answered for Sun 01:00: analyser out")
    expect(answered).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Followed: flue O2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(answered).to_contain_text("Followed")
    assert [(line["setpoint"], line["answer"], line["why"]) for line in read_lines(project)] == [
        (FLUE, "not possible", "analyser out"),
        (FLUE, "followed", ""),
    ]


def test_an_answer_that_comes_too_late_says_so(page: Page, address: str, project: Project) -> None:
    page.route("**/events", lambda route: route.abort())
    open_plant(page, address)
    leave_hour(project, hour="2026-06-21T00:00:00Z")
    page.get_by_role("button", name="Followed: flue O2").click()
    expect(page.get_by_role("alert")).to_contain_text("the advice is of 2026-06-21T00:00:00Z now")
    assert read_lines(project) == []


def test_who_may_only_read_is_offered_no_answer(page: Page, project: Project) -> None:
    with serve(build_app(project, client=Client("screen", ("all",), (READ,)))) as address:
        open_plant(page, address)
        expect(page.get_by_text("Your key may read, and not answer to advice.")).to_be_visible()
        assert page.get_by_role("button", name=re.compile("Followed")).count() == 0


def test_a_new_hour_shows_by_itself_and_leaves_half_typed_words(page: Page, address: str, project: Project) -> None:
    open_plant(page, address)
    expect(page.locator("#live")).to_have_text("live")
    page.locator(f"#if-{FLUE}").fill("2")
    page.get_by_role("button", name="Not possible: flue O2").click()
    page.keyboard.type("half")
    status = project.operation("monitor", PLANT) / "status.json"
    status.write_text(status.read_text(encoding="utf-8").replace("25 GJ/h", "31 GJ/h"), encoding="utf-8")
    expect(page.locator(".answer")).to_contain_text("31 GJ/h")
    expect(page.get_by_label("Why? A word is enough.")).to_have_value("half")
    leave_hour(project, hour="2026-06-21T00:00:00Z", gap=40.0, answer="Fjord uses 40 GJ/h more.")
    expect(page.locator(".answer")).to_have_text("Fjord uses 40 GJ/h more.")
    expect(page.locator(f"#if-{FLUE}")).to_have_value("2")


def test_a_lost_line_is_said_and_found_again(page: Page, project: Project) -> None:
    with serve(build_app(project)) as address:
        open_plant(page, address)
        expect(page.locator("#live")).to_have_text("live")
    expect(page.locator("#live")).to_have_text(re.compile(r"not live since \d\d:\d\d"))
    expect(page.locator(".answer")).to_contain_text("Fjord uses")
    with serve(build_app(project), port=int(address.rpartition(":")[2])):
        expect(page.locator("#live")).to_have_text("live", timeout=15_000)


def test_a_key_is_asked_for_and_taken(page: Page, app: Front, address: str) -> None:
    app.is_open = False
    page.goto(f"{address}/#/{PLANT}")
    field = page.get_by_label("Key")
    expect(field).to_be_focused()
    field.fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This key is not known, or not valid any more.")
    page.get_by_label("Key").fill("right")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("25 GJ/h")


def test_the_page_speaks_norwegian(page: Page, tmp_path: Path) -> None:
    with serve(build_app(make_project(tmp_path / "norsk", language="nb"))) as address:
        open_plant(page, address)
        assert page.locator("html").get_attribute("lang") == "nb"
        expect(page.get_by_role("heading", name="Hva om")).to_be_visible()
        expect(page.locator(".move").first).to_have_text(re.compile(r"Senk O2 i røykgass fra 3,00 til 2,00\s%"))
        assert read_cell(page, "energi, GJ/h", 0) == "1\u00a0585,0"


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark"), (320, "light")])
def test_the_page_fits_and_is_accessible(browser: Browser, address: str, width: int, scheme: str) -> None:
    """axe-core finds nothing, nothing scrolls sideways, and what is pressed is 44 pixels high."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    page, found = context.new_page(), []
    page.goto(address)
    expect(page.locator("article")).to_have_count(2)
    found += find_violations(page)
    open_plant(page, address)
    page.get_by_role("button", name="Not possible: flue O2").click()
    page.locator(f"#if-{LOAD}").fill("50")
    expect(page.locator(".mark.what-if")).to_have_count(1)
    for summary in page.locator("summary").all():
        summary.click()
    found += find_violations(page)
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.locator("button:visible, summary, nav a, input:visible").evaluate_all(
        "elements => elements.map(element => [element.outerHTML.slice(0, 80), element.getBoundingClientRect().height])"
    )
    assert [one for one in heights if one[1] < 44] == []
    context.close()


def find_violations(page: Page) -> list[tuple[str, list[str]]]:
    violations = Axe().run(page, options={"preload": False}).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations]


def test_texts_of_charts_can_be_read_and_do_not_collide(page: Page, address: str) -> None:
    for width in (1200, 390):
        page.set_viewport_size({"width": width, "height": 900})
        open_plant(page, address)
        page.locator(f"#if-{LOAD}").fill("48")
        expect(page.locator(".mark.what-if")).to_have_count(1)
        boxes = [box for text in page.locator("svg.curve text").all() if (box := text.bounding_box())]
        assert len(boxes) > 10
        assert min(box["height"] for box in boxes) >= 10
        assert [
            (one, other)
            for index, one in enumerate(boxes)
            for other in boxes[index + 1 :]
            if one["x"] < other["x"] + other["width"]
            and other["x"] < one["x"] + one["width"]
            and one["y"] + 3 < other["y"] + other["height"]
            and other["y"] + 3 < one["y"] + one["height"]
        ] == []


def test_without_motion_and_without_a_network_beyond_the_service(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(reduced_motion="reduce")
    open_plant(page, address)
    assert [url for url in asked if not url.startswith(address)] == []
    assert page.locator("button").first.evaluate("button => getComputedStyle(button).transitionDuration") == "0s"
