"""The operator page in headless Chromium against `elc serve`: answers, what if, live, by keyboard, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from elc import curve
from elc.pages.language import find_languages
from elc.service.page.words import build_words
from tests.browser.conftest import FAULTS, IN_CHROMIUM
from tests.browser.operator_site import OPERATOR, SCREEN, Site, make_site, serve
from tests.unit.service.page.present import (
    AIR,
    BEST_NOW,
    CARBON,
    FLUE,
    GAP_NOW,
    LOAD,
    PLANT,
    ROWS,
    leave_hour,
    read_lines,
)

pytestmark = IN_CHROMIUM
NEXT_HOUR = "2026-06-21T00:00:00Z"
LETTERS = 8  # of a text that is looked for on a page of another language; shorter ones are parts of other words
OpenPage = Callable[..., Page]


def start(tmp_path_factory: pytest.TempPathFactory, spoken: str) -> Iterator[Site]:
    site = make_site(tmp_path_factory.mktemp("site") / spoken, spoken=spoken)
    with serve(site) as served:
        yield served


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from start(tmp_path_factory, "en")


@pytest.fixture(scope="module")
def norwegian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from start(tmp_path_factory, "nb")


@pytest.fixture
def site(english: Site) -> Iterator[Site]:
    """The site in English; what a test left there is gone after it."""
    yield english
    english.restore()


@pytest.fixture
def norsk(norwegian: Site) -> Iterator[Site]:
    yield norwegian
    norwegian.restore()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a page of a site as one of its clients, signed in, at `#/` or at a plant.

    Its console must stay empty: no error, and nothing that the policy of content forbids. And it asks nobody else.
    """
    contexts, faults, asked, addresses = list[BrowserContext](), list[str](), list[str](), list[str]()

    def watch(page: Page) -> None:
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))

    def open_as(site: Site, place: str = "", *, client: str = OPERATOR, width: int = 1200, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        addresses.append(site.address)
        if client:
            reply = context.request.post(f"{site.address}/session", data={"key": site.keys[client]})
            assert reply.status == 200, reply.text()
        page = context.new_page()
        watch(page)
        show(page, site, place)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not fault.startswith("Failed to load resource")] == []
    assert [url for url in asked if not url.startswith(tuple(addresses))] == []


def show(page: Page, site: Site, place: str) -> None:
    page.goto(f"{site.address}/#/{place}")
    if place and page.get_by_label("Key").count() == 0:
        expect(page.locator(".compare").or_(page.get_by_label("Key"))).to_be_visible()


@pytest.fixture
def page(open_page: OpenPage, site: Site) -> Page:
    """The plant, as its control room sees it."""
    return open_page(site, PLANT)


def read_cell(page: Page, row: str, column: int) -> str:
    return page.locator(".compare tr", has_text=row).locator("td").nth(column).inner_text()


def expect_energy(site: Site, **changes: float) -> float:
    """What the plant would take: what it takes now, and what the package says that a change makes (GJ/h)."""
    import pandas as pd

    package = curve.read(site.project.model(PLANT))
    before, after = package.predict_response(pd.DataFrame([ROWS, ROWS | changes])).mean(axis=1)
    return BEST_NOW + GAP_NOW + float(after) - float(before)


def ask_service(page: Page, site: Site, **changes: float) -> dict[str, float]:
    """What POST /predict answers to the present hour with some values changed."""
    reply = page.context.request.post(f"{site.address}/plants/{PLANT}/predict", data={"rows": [ROWS | changes]})
    row: dict[str, float] = reply.json()["rows"][0]
    return row


def test_plants_lead_to_one_plant_that_answers_first(open_page: OpenPage, site: Site) -> None:
    page = open_page(site)
    expect(page.locator(".answer")).to_have_text("In its last hour Fjord used more than its best: 273 € an hour.")
    expect(page.locator("article")).to_have_count(2)
    expect(page.locator("article", has_text="delta")).to_contain_text("No hour has been judged yet. The first one")
    page.locator("article").get_by_role("link", name="Fjord").click()
    expect(page.locator(".answer")).to_have_text(
        "Fjord uses 26 GJ/h (21 to 31) more than its best at this load and weather: 2.3\u00a0%, 273 € and 1.5 t CO₂ "
        "an hour."
    )
    expect(page.locator(".answer .cost")).to_have_text("26 GJ/h (21 to 31)")
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_title("Fjord · Operator page")
    level = f"takes {(BEST_NOW + GAP_NOW) / ROWS[LOAD]:.2f} GJ/t; best is {BEST_NOW / ROWS[LOAD]:.2f}"
    expect(page.locator("svg.curve")).to_have_attribute("aria-label", re.compile(level))
    expect(page.locator(".causes li")).to_contain_text([r"+16.0", r"+7.0", r"−2.0", r"+5.0"])
    expect(page.get_by_text("This is a simulated plant, whose time stands at this hour")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)
    answer, moves = page.locator(".answer").bounding_box(), page.locator(".moves").bounding_box()
    assert answer is not None
    assert moves is not None
    assert answer["y"] < moves["y"] < 500


def test_the_hour_of_a_real_plant_that_is_long_past_is_noticed(site: Site, open_page: OpenPage) -> None:
    params = site.project.params
    text = params.read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    content["simulate"]["plants"] = {}
    params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    leave_hour(site.project)
    try:
        page = open_page(site)
        expect(page.locator(".look", has_text="ended")).to_be_visible()
        page.locator("article").get_by_role("link", name="Fjord").click()
        expect(page.locator(".notice")).to_contain_text("This is not the present hour: it ended")
    finally:
        params.write_text(text, encoding="utf-8")
        leave_hour(site.project)


def test_where_no_price_is_known_nothing_costs_0(site: Site, open_page: OpenPage) -> None:
    params = site.project.params
    text = params.read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    content["plants"][PLANT]["carriers"]["gas"]["price_per_gj"] = None
    params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    leave_hour(site.project)
    try:
        page = open_page(site)
        expect(page.locator(".answer")).to_have_text("In its last hour Fjord used more than its best: – an hour.")
        page.locator("article").get_by_role("link", name="Fjord").click()
        expect(page.locator(".answer")).to_contain_text("2.3\u00a0%. The price of energy is not known.")
        expect(page.get_by_text(re.compile(r"Together they save .*, – an hour\."))).to_be_visible()
        assert read_cell(page, "cost of the gap, an hour", 1) == "–"
        page.locator(f"#if-{FLUE}").fill("1.5")
        expect(page.locator(".lead")).to_have_text(re.compile(r"GJ/h less than now: – less an hour\.$"))
        assert not re.search(r"\b0\u00a0€", page.locator("main").inner_text())
    finally:
        params.write_text(text, encoding="utf-8")
        leave_hour(site.project)


def test_what_if_says_what_the_service_predicts(page: Page, site: Site) -> None:
    now, best = BEST_NOW + GAP_NOW, ask_service(page, site)["best_gj_per_h"]
    assert read_cell(page, "energy, GJ/h", 1) == f"{now:,.1f}"
    assert read_cell(page, "best, GJ/h", 1) == f"{best:,.1f}"
    assert page.locator(".mark.what-if").count() == 0
    slider = page.locator(f"#if-{FLUE}")
    slider.fill("1.5")
    expected = expect_energy(site, **{FLUE: 1.5})
    predicted = [ask_service(page, site, **changes)["expected_gj_per_h"] for changes in ({FLUE: 1.5}, {})]
    assert expected == pytest.approx(now + predicted[0] - predicted[1], abs=1e-3)
    saved = now - expected
    expect(page.locator(".lead")).to_have_text(
        f"That would take {saved:.1f} GJ/h less than now: {saved * 10.5:.0f} € less an hour."
    )
    assert read_cell(page, "energy, GJ/h", 1) == f"{expected:,.1f}"
    expect(page.locator(".mark.what-if")).to_have_count(1)
    page.get_by_role("button", name="Back to now").click()
    expect(page.locator(".lead")).to_have_text("Move a slider to see what load or a set-point would change.")
    assert slider.get_attribute("aria-valuetext") == "3.00\u00a0%"


def test_less_energy_at_less_load_is_no_saving(page: Page, site: Site) -> None:
    slider = page.locator(f"#if-{LOAD}")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    load = float(slider.input_value())
    assert load < ROWS[LOAD]
    energy, best = expect_energy(site, **{LOAD: load}), ask_service(page, site, **{LOAD: load})["best_gj_per_h"]
    gap = energy - best
    expect(page.locator(".lead")).to_have_text(
        f"At {load}\u00a0t/h the plant would take {energy:,.1f} GJ/h, {energy / load:.2f} GJ/t. Its gap would be "
        f"+{gap:.0f} GJ/h, {gap * 10.5:.0f} € an hour."
    )
    assert read_cell(page, "best, GJ/h", 1) == f"{best:,.1f}"
    assert read_cell(page, "gap, GJ/h", 1) == f"+{gap:.1f}"
    expect(page.locator(".mark.what-if")).to_have_count(1)


def test_sliders_stay_inside_limits_and_nothing_moves_where_no_motion_is_wanted(page: Page) -> None:
    ends = [page.locator(f"#if-{name}").evaluate("one => [one.min, one.max]") for name in (LOAD, FLUE, CARBON)]
    assert ends == [["40", "60"], ["1", "5"], ["2.6", "3.5"]]
    page.emulate_media(reduced_motion="reduce")
    assert page.locator("button").first.evaluate("button => getComputedStyle(button).transitionDuration") == "0s"


def test_drivers_change_the_curve_until_the_model_does_not_know(page: Page, site: Site) -> None:
    before = page.locator("path.line.best").get_attribute("d")
    page.get_by_text("Conditions beside load").click()
    field = page.get_by_label("Air temperature, °C")
    field.fill("20")
    more = expect_energy(site, **{AIR: 20.0}) - BEST_NOW - GAP_NOW
    expect(page.locator(".lead")).to_contain_text(f"{more:.1f} GJ/h more than now")
    assert page.locator("path.line.best").get_attribute("d") != before
    field.fill("45")
    expect(page.locator(".lead")).to_contain_text("The model does not know such conditions")
    assert ask_service(page, site, **{AIR: 45.0})["is_outside_envelope"]
    assert page.locator(".compare").count() == 0
    page.locator("section", has=page.locator("#curve")).get_by_text("Values as a table").click()
    expect(page.locator("#curve ~ div tbody tr").last).to_contain_text("not known")
    field.fill("1e300")
    expect(page.locator(".lead")).to_have_text(
        "The service cannot use what was given. Check the values, and try again."
    )


def test_moves_are_answered_by_keyboard_alone(page: Page, site: Site) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Followed: flue O2")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why? A word is enough.")).to_be_focused()
    page.keyboard.type("   ")
    page.keyboard.press("Enter")
    assert read_lines(site.project) == []
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
    assert [(line["setpoint"], line["answer"], line["why"], line["by"]) for line in read_lines(site.project)] == [
        (FLUE, "not possible", "analyser out", OPERATOR),
        (FLUE, "followed", "", OPERATOR),
    ]


def test_an_answer_that_comes_too_late_says_so(page: Page, site: Site) -> None:
    page.route("**/events", lambda route: route.abort())
    page.reload()
    followed = page.get_by_role("button", name="Followed: flue O2")
    expect(followed).to_be_visible()
    site.leave(hour=NEXT_HOUR, spoken="en")
    followed.click()
    expect(page.get_by_role("alert")).to_have_text("Not saved: the advice is for a later hour now. Reload the page.")
    assert read_lines(site.project) == []


def test_who_may_only_read_is_offered_no_answer_and_gets_none_in(open_page: OpenPage, site: Site) -> None:
    page = open_page(site, PLANT, client=SCREEN)
    expect(page.get_by_text("Your key may read, and not answer to advice.")).to_be_visible()
    assert page.get_by_role("button", name=re.compile("Followed")).count() == 0
    given = {"hour": "2026-06-20T23:00:00Z", "setpoint": FLUE, "answer": "followed", "why": ""}
    assert page.context.request.post(f"{site.address}/plants/{PLANT}/answers", data=given).status == 403
    assert read_lines(site.project) == []


def test_a_new_hour_shows_by_itself_and_leaves_half_typed_words(page: Page, site: Site) -> None:
    expect(page.locator("#live")).to_have_text("live")
    page.locator(f"#if-{FLUE}").fill("2")
    page.get_by_role("button", name="Not possible: flue O2").click()
    page.keyboard.type("half")
    status = site.project.operation("monitor", PLANT) / "status.json"
    site.is_changed = True
    status.write_text(status.read_text(encoding="utf-8").replace("26 GJ/h", "31 GJ/h"), encoding="utf-8")
    expect(page.locator(".answer")).to_contain_text("31 GJ/h")
    expect(page.get_by_label("Why? A word is enough.")).to_have_value("half")
    site.leave(hour=NEXT_HOUR, gap=40.0, spoken="en")
    expect(page.locator(".answer")).to_contain_text("40 GJ/h (35 to 45)")
    expect(page.locator(".meta")).to_contain_text("Sun 21 Jun 2026 02:00–03:00, Europe/Oslo")
    expect(page.locator(f"#if-{FLUE}")).to_have_value("2")


def test_a_key_is_asked_for_and_taken(open_page: OpenPage, site: Site) -> None:
    page = open_page(site, PLANT, client="")
    field = page.get_by_label("Key")
    expect(field).to_be_focused()
    for wrong in ("wrong", site.keys[OPERATOR][:-4] + "0000"):
        field.fill(wrong)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("This key is not known, or not valid any more.")
        expect(page.get_by_label("Key")).to_have_value("")
    assert page.locator(".answer").count() == 0
    page.get_by_label("Key").fill(site.keys[OPERATOR])
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("26 GJ/h")


def test_the_browser_is_told_to_be_strict(browser: Browser, site: Site) -> None:
    """A script in the page is refused, and the console says so: what an empty console elsewhere rests on."""
    page, faults = browser.new_page(), list[str]()
    page.on("console", lambda message: faults.append(message.text))
    page.goto(site.address)
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None
    page.close()
    assert any("Content Security Policy directive 'script-src 'self''" in fault for fault in faults)


def find_strange(page: Page, spoken: str) -> list[str]:
    """Find texts of the other languages on a page of one: what is read, and what is read aloud."""
    own = set(build_words(spoken)["texts"].values())
    others = {text for code in find_languages() if code != spoken for text in build_words(code)["texts"].values()}
    said = page.locator("body").inner_text() + "\n".join(
        page.locator("[aria-label]").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    )
    pieces = {piece.strip() for text in others - own for piece in re.split(r"\{\w+\}", text)}
    own_text = " ".join(own)
    return sorted(piece for piece in pieces if len(piece) >= LETTERS and piece not in own_text and piece in said)


def open_all(page: Page) -> None:
    for summary in page.locator("summary").all():
        summary.click()


def test_a_norwegian_site_is_norwegian_throughout(open_page: OpenPage, norsk: Site) -> None:
    page = open_page(norsk)
    expect(page.locator("article")).to_have_count(2)
    assert page.locator("html").get_attribute("lang") == "nb"
    assert find_strange(page, "nb") == []
    show(page, norsk, PLANT)
    open_all(page)
    expect(page.get_by_role("heading", name="Hva om")).to_be_visible()
    expect(page.locator(".answer")).to_contain_text("Fjord bruker 26 GJ/h (21 til 31) mer enn sitt beste")
    expect(page.locator(".move").first).to_have_text(re.compile(r"Senk O2 i røykgass fra 3,00 til 2,00\s%"))
    assert read_cell(page, "energi, GJ/h", 0) == f"{BEST_NOW + GAP_NOW:,.1f}".replace(",", "\u00a0").replace(".", ",")
    assert find_strange(page, "nb") == []
    page.route("**/answers", lambda route: route.fulfill(status=507, json={"detail": "The disk is full."}))
    page.get_by_role("button", name="Fulgt: O2 i røykgass").click()
    expect(page.get_by_role("alert")).to_have_text("Ikke lagret: Disken er full. Si fra til den som driver tjenesten.")


def test_a_page_speaks_the_language_of_its_hour_whole(open_page: OpenPage, norsk: Site) -> None:
    """The language of the site was changed, and the last hour is still in the former one."""
    page = open_page(norsk, PLANT)
    norsk.leave(hour=NEXT_HOUR, spoken="en")
    expect(page.locator(".answer")).to_contain_text("Fjord uses 26 GJ/h (21 to 31) more than its best")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#live")).to_have_text("live")
    expect(page.locator(".compare")).to_be_visible()
    open_all(page)
    assert find_strange(page, "en") == []
    assert "Specific energy against load" in find_strange(page, "nb")
    page.get_by_role("link", name="All plants").click()
    expect(page.locator(".answer")).to_contain_text("I sin siste time brukte Fjord mer enn sitt beste")
    expect(page.locator("html")).to_have_attribute("lang", "nb")
    assert find_strange(page, "nb") == []


def test_a_lost_line_is_said_and_found_again(open_page: OpenPage, site: Site) -> None:
    with serve(site) as other:
        page = open_page(other, PLANT)
        expect(page.locator("#live")).to_have_text("live")
    expect(page.locator("#live")).to_have_text(re.compile(r"not live since \d\d:\d\d"))
    expect(page.locator(".answer")).to_contain_text("Fjord uses")
    with serve(site, port=int(other.address.rpartition(":")[2])):
        expect(page.locator("#live")).to_have_text("live", timeout=15_000)


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("spoken", ["en", "nb"])
def test_the_page_fits_and_is_accessible(
    request: pytest.FixtureRequest, open_page: OpenPage, spoken: str, width: int
) -> None:
    """axe-core finds nothing, nothing scrolls sideways, and what is pressed is 44 pixels high."""
    site: Site = request.getfixturevalue({"en": "site", "nb": "norsk"}[spoken])
    page = open_page(site, width=width)
    expect(page.locator("article")).to_have_count(2)
    found = find_violations(page)
    show(page, site, PLANT)
    page.locator(".answers button").nth(1).click()
    page.locator(f"#if-{LOAD}").fill("50")
    expect(page.locator(".mark.what-if")).to_have_count(1)
    open_all(page)
    found += find_violations(page)
    assert found == []
    pressed = page.locator("button:visible, summary, nav a, input:visible")
    assert [one for one in measure(pressed) if one[1] < 44] == []
    for narrow in (width, 320):
        page.set_viewport_size({"width": narrow, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= narrow


def measure(found: Locator) -> list[tuple[str, float]]:
    heights = "all => all.map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])"
    return [(str(text), float(height)) for text, height in found.evaluate_all(heights)]


def find_violations(page: Page) -> list[tuple[str, list[str]]]:
    """Find what axe-core has against a page; by night, where colours alone are others, against its contrast."""
    found = []
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        violations = Axe().run(page, options={**FAULTS, **rules}).response["violations"]
        found += [(f"{scheme} {one['id']}", [node["html"][:200] for node in one["nodes"]]) for one in violations]
    return found


def test_texts_of_charts_can_be_read_and_do_not_collide(page: Page, site: Site) -> None:
    for width in (1200, 390):
        page.set_viewport_size({"width": width, "height": 900})
        show(page, site, PLANT)
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
