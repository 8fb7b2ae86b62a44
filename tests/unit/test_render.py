"""The site: its pages, the index, and that pandoc does with a notebook what Quarto would."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from elc.alerts import build_alert
from elc.errors import ElcError
from elc.fields import TIME
from elc.pages.language import escape
from elc.paths import Project
from elc.records.failure import Failure
from elc.records.status import Status
from elc.render import render_site
from elc.render.engine import read_reason, run_quarto
from elc.render.index import build_index
from elc.render.index_table import FleetPages
from elc.render.receipts import STEMS
from elc.render.status import find_behind
from tests.unit.records.examples import ALERT, STATUS

REPOSITORY = Path(__file__).parents[2]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="180" viewBox="0 0 600 180">'
    '<polyline points="10,30 200,120 590,140" fill="none" stroke="#0f766e" stroke-width="3"/></svg>'
)
# One grey point: Quarto reads the size of a picture.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
HAS_QUARTO = shutil.which("quarto") is not None
NO_QUARTO = "quarto is not on the PATH; environment.yml brings it"
ENGINES = ["pandoc", pytest.param("quarto", marks=pytest.mark.skipif(not HAS_QUARTO, reason=NO_QUARTO))]

FRONT = "---\ntitle: Fjord\nsubtitle: ammonia · last hour Tue 30 Jun 2026 23:00–24:00\n---"
MARKDOWN = """::: {.content-hidden when-format="html"}
Secret of the notebook
:::

See @fig-curve and @tbl-moves, the [explanation](60_explain.ipynb#moves), [all](../index.qmd) and
[elsewhere](https://example.org/a.ipynb).

::: {.callout-note}
The model is a candidate.
:::

::: {.callout-warning collapse="true" title="How this was judged"}
Against the *best* hours.
:::
"""
MOVES = "| set-point | now | saves, GJ/h |\n|:--|--:|--:|\n| Flue-gas O₂, % | 3.9 | 22 (15–28) |"


def build_cells() -> list[Any]:
    def display(**data: str) -> Any:
        return new_output("display_data", data={key.replace("__", "/"): text for key, text in data.items()})

    def code(source: str, *outputs: Any) -> Any:
        return new_code_cell(source, outputs=list(outputs))

    svg = new_output("display_data", data={"image/svg+xml": SVG, "text/plain": "<Figure size 600x180>"})
    html = new_output("display_data", data={"text/html": "<b class='raw'>raw html</b>", "text/plain": "<IPython.x>"})
    answer = (
        "::: {.answer}\nFjord uses [59 GJ/h (3.6 %)]{.cost} more than its best.\n:::\n\n"
        "::: {.advice}\n**Do:** lower flue-gas O₂.\n:::"
    )
    return [
        new_raw_cell(FRONT),
        new_markdown_cell(MARKDOWN),
        code("plant = 'fjord'  # hidden code"),
        code("show(answer)", display(text__markdown=answer, text__plain="<IPython.core.display.Markdown object>")),
        code("#| label: fig-curve\n#| fig-cap: Energy against *load*\n#| fig-alt: A falling line\nplot()", svg),
        code("#| label: tbl-moves\n#| tbl-cap: Moves inside limits\nmoves()", display(text__markdown=MOVES)),
        new_markdown_cell("::: {.panel-tabset}\n## Week"),
        code("#| label: fig-week\n#| fig-cap: The week\nplot()", svg),
        new_markdown_cell("## Month\n\nA month of text, see @fig-week.\n:::"),
        code(
            "#| echo: true\n#| code-fold: true\nprint(1 < 2)",
            new_output("stream", name="stdout", text="\x1b[31mTrue\x1b[0m\n"),
        ),
        code("#| output: false\nquiet()", new_output("stream", text="never shown")),
        code("#| include: false\n#| echo: true\nabsent()", new_output("stream", text="never shown")),
        code("raw()", html),
        code("png()", new_output("display_data", data={"image/png": PNG, "text/plain": "<Figure>"})),
        code("value", new_output("execute_result", data={"text/plain": "42 GJ"}, execution_count=None)),
    ]


def write_page(project: Project, plant: str, stage: str, cells: list[Any]) -> Path:
    stem = STEMS[stage]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell{number}"
    path = project.reports / plant / f"{stem}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    receipt = {
        "notebook": f"reports/{plant}/{stem}.ipynb",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "title": f"{plant} {stage}",
    }
    target = project.receipts / plant / f"{stage}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(receipt))
    return path


def build_status(plant: str, **changes: Any) -> dict[str, Any]:
    return {**STATUS, "plant": plant, "name": plant.capitalize(), **changes}


def write_status(project: Project, plant: str, **changes: Any) -> None:
    path = project.operation("monitor", plant) / "status.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(build_status(plant, **changes)))
    times = pd.date_range("2026-06-30", periods=3, freq="h", tz="UTC")
    pd.DataFrame({TIME: times}).to_parquet(path.with_name("hours.parquet"), index=False)


def read_status(plant: str, **changes: Any) -> Status:
    return Status.model_validate_json(json.dumps(build_status(plant, **changes)))


def build_project(folder: Path) -> Project:
    """Two plants of params.yaml with pages; the third has none yet."""
    found = Project(folder)
    shutil.copy(REPOSITORY / "params.yaml", found.params)
    found.reports.mkdir()
    shutil.copy(REPOSITORY / "reports" / "_quarto.yml", found.reports)
    shutil.copytree(REPOSITORY / "reports" / "assets", found.reports / "assets")
    shutil.copytree(REPOSITORY / "data" / "plants", folder / "data" / "plants")
    write_page(found, "fjord", "monitor", build_cells())
    write_page(found, "fjord", "explain", [new_markdown_cell("# One\n\n## Moves\n\ntext\n\n# Two")])
    write_page(found, "delta", "monitor", [new_markdown_cell("Delta text")])
    write_status(found, "fjord")
    reason = "in a trip since 30 Jun 04:00"
    missing = dict.fromkeys(("gap_gj_per_h", "gap_frac", "money_per_h", "co2_t_per_h", "money_month"))
    write_status(found, "delta", **missing, no_gap_reason=reason, state="trip", data_health="2 findings", advice="")
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that a test may change and render."""
    return build_project(tmp_path)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same with its site, to be read only."""
    found = build_project(tmp_path_factory.mktemp("rendered"))
    render_site(found, "pandoc")
    return found


@pytest.fixture(scope="module", params=ENGINES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same by each engine that is there."""
    if request.param == "pandoc":
        found: Project = request.getfixturevalue("rendered")
        return found
    found = build_project(tmp_path_factory.mktemp("made"))
    render_site(found, request.param)
    return found


@pytest.fixture(scope="module")
def made_page(made: Project) -> str:
    return (made.site / "fjord" / "50_monitor.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(rendered: Project) -> str:
    return (rendered.site / "fjord" / "50_monitor.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Collect every start tag of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def read_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_site_has_a_page_a_receipt_and_the_index(project: Project) -> None:
    assert render_site(project, "pandoc") == "pandoc"
    pages = sorted(str(path.relative_to(project.site)) for path in project.site.rglob("*.html"))
    assert pages == [
        "delta/50_monitor.html",
        "fjord/50_monitor.html",
        "fjord/60_explain.html",
        "index.html",
        "method.html",
        "models.html",
    ]
    assert (project.site / "assets" / "elc.css").is_file()
    assert not list(project.reports.glob("._site*"))


def test_equal_inputs_give_equal_bytes_without_paths(project: Project) -> None:
    render_site(project, "pandoc")
    first = read_files(project.site)
    render_site(project, "pandoc")
    assert read_files(project.site) == first
    assert not [name for name, content in first.items() if str(project.root).encode() in content]


def test_pages_need_no_network_and_no_inline_handlers(rendered: Project) -> None:
    for path in rendered.site.rglob("*.html"):
        for tag, attributes in Tags(path.read_text(encoding="utf-8")).found:
            assert tag != "script" or "src" not in attributes  # the site's own, by its hash
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (path.name, tag)
            for name in ("src", "href") if tag != "a" else ():
                assert not re.match(r"(https?:)?//", attributes.get(name) or ""), path.name


def test_no_page_of_either_engine_loads_from_a_network_or_what_a_disk_refuses(made: Project) -> None:
    for path in made.site.rglob("*.html"):
        for tag, attributes in Tags(path.read_text(encoding="utf-8")).found:
            assert attributes.get("type") != "module", path.name
            for name in ("src", "href") if tag in ("script", "link", "img") else ():
                assert not re.match(r"(https?:)?//", attributes.get(name) or ""), (path.name, tag)
    assert not (made.site / "search.json").exists()


def test_every_page_is_semantic(rendered: Project) -> None:
    for path in rendered.site.rglob("*.html"):
        tags = Tags(path.read_text(encoding="utf-8")).found
        names = [tag for tag, _ in tags]
        assert (names.count("h1"), names.count("main")) == (1, 1), path.name
        assert ("html", {"lang": "en"}) in tags
        assert any(attributes.get("name") == "viewport" for tag, attributes in tags if tag == "meta")
        assert all(attributes.get("scope") in ("col", "row") for tag, attributes in tags if tag == "th")
        assert all(attributes.get("alt") is not None for tag, attributes in tags if tag == "img")
        ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
        assert len(ids) == len(set(ids)), path.name


def test_links_of_a_page_lead_to_files_of_the_site(made: Project) -> None:
    for path in made.site.rglob("*.html"):
        for tag, attributes in Tags(path.read_text(encoding="utf-8")).found:
            target = (attributes.get("href") or attributes.get("src") or "").partition("#")[0]
            if target and not re.match(r"[a-z]+:", target):
                assert (path.parent / target).is_file(), (path.name, tag, target)


def test_front_matter_gives_title_and_subtitle(page: str) -> None:
    assert '<h1 class="title">Fjord</h1>' in page
    assert '<p class="subtitle lead">ammonia · last hour' in page
    assert "<title>Fjord – ELC</title>" in page


def test_title_of_the_receipt_holds_without_front_matter(rendered: Project) -> None:
    text = (rendered.site / "fjord" / "60_explain.html").read_text(encoding="utf-8")
    assert '<h1 class="title">fjord explain</h1>' in text
    assert "<h2>One</h2>" in text
    assert "<h3>Moves</h3>" in text


def test_code_and_outputs_follow_their_options(made_page: str) -> None:
    assert "hidden code" not in made_page
    assert "never shown" not in made_page
    assert "absent" not in made_page
    assert re.search(r'<details( class="code-fold")?>\s*<summary>Code</summary>', made_page)
    assert "print" in made_page
    assert "#|" not in made_page
    assert "\x1b" not in made_page


def test_content_hidden_from_html_is_dropped(made_page: str) -> None:
    assert "Secret" not in made_page


def test_best_mime_type_of_an_output_is_shown(rendered: Project, page: str) -> None:
    assert '<div class="answer">' in page
    assert '<span class="cost">59\u00a0GJ/h (3.6\u00a0%)</span>' in page
    assert "<b class='raw'>raw html</b>" in page
    assert "IPython" not in page
    assert "&lt;Figure" not in page
    assert "42 GJ" in page
    folder = rendered.site / "fjord" / "50_monitor_files"
    assert (folder / "fig-curve-1.svg").read_text() == SVG
    assert (folder / "cell-14-1.png").read_bytes() == base64.b64decode(PNG)
    assert '<img src="50_monitor_files/fig-curve-1.svg" alt="A falling line">' in page


def test_figures_and_tables_are_numbered_and_linked(page: str) -> None:
    flat = page.replace("\u00a0", " ").replace("&nbsp;", " ")
    assert '<a href="#fig-curve" class="quarto-xref">Figure 1</a>' in flat
    assert '<a href="#tbl-moves" class="quarto-xref">Table 1</a>' in flat
    assert '<a href="#fig-week" class="quarto-xref">Figure 2</a>' in flat
    assert 'class="quarto-float quarto-float-fig figure" id="fig-curve"' in flat
    assert re.search(r"<figcaption>\s*Figure 1: Energy against <em>load</em>\s*</figcaption>", flat)
    table = flat.index('id="tbl-moves"')
    assert table < flat.index("Table 1: Moves inside limits") < flat.index("Flue-gas O₂, %")


HAND_WRITTEN = """Before @tbl-b, [@fig-a; @fig-c], -@fig-a, @fig-none and @someone.

::: {#fig-a}
![](drawn.png){fig-alt="Drawn"}

By *hand*
:::

| a | b |
|---|--:|
| 1 | 2 |

: Native {#tbl-b}

![Implicit](implicit.png){#fig-c fig-alt="Alternative"}

::: {.content-visible when-format="pdf"}
Only printed
:::

::: {.content-hidden when-format="pdf"}
Only shown
:::

::: {.callout-tip}
## Own title
Body
:::

::: {.grid2}
::: {}
Left
:::
::: {}
Right
:::
:::
"""


def test_what_is_written_by_hand_in_quartos_markdown_works(project: Project) -> None:
    write_page(project, "fjord", "explain", [new_markdown_cell(HAND_WRITTEN)])
    render_site(project, "pandoc")
    text = (project.site / "fjord" / "60_explain.html").read_text(encoding="utf-8")
    flat = re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("&nbsp;", " "))
    link = '<a href="#{}" class="quarto-xref">{}</a>'.format
    assert f"Before {link('tbl-b', 'Table 1')}, {link('fig-a', 'Figure 1')}, {link('fig-c', 'Figure 2')}, " in flat
    assert f"{link('fig-a', '1')}, <strong>?@fig-none</strong> and @someone" in re.sub(r"</?span[^>]*>", "", flat)
    assert "Figure 1: By <em>hand</em>" in flat
    assert "Table 1: Native" in flat
    assert "Figure 2: Implicit" in flat
    assert 'alt="Alternative"' in flat
    assert 'alt="Drawn"' in flat
    assert "Only printed" not in flat
    assert "Only shown" in flat
    assert re.search(r'<p class="callout-title"> ?Own title ?</p>', flat)
    assert '<div class="grid2">' in flat


def test_notebooks_are_never_run_again() -> None:
    config = yaml.safe_load((REPOSITORY / "reports" / "_quarto.yml").read_text(encoding="utf-8"))
    assert config["execute"] == {"echo": False}
    pages = [f"*/{stem}.ipynb" for stem in ("50_monitor", "60_explain", "80_compare", "90_report")]
    assert config["project"]["render"] == ["index.qmd", "models.qmd", "method.qmd", *pages]


def test_callouts_have_a_title_and_collapse(page: str) -> None:
    assert re.search(r'<p class="callout-title">\s*Note\s*</p>', page)
    assert re.search(r'<details class="callout callout-warning"><summary class="callout-title">\s*How this', page)


def test_tabs_are_buttons_without_a_script(page: str) -> None:
    radios = [attributes for tag, attributes in Tags(page).found if tag == "input"]
    assert [radio["id"] for radio in radios] == ["tabset-1-1", "tabset-1-2"]
    assert ["checked" in radio for radio in radios] == [True, False]
    assert re.search(r'<label class="nav-link" for="tabset-1-2">\s*Month\s*</label>', page)


def test_links_to_notebooks_end_as_pages(made_page: str) -> None:
    assert re.search(r'href="(\.\./fjord/)?60_explain\.html#moves"', made_page)
    assert '<a href="../index.html">all</a>' in made_page
    assert 'href="https://example.org/a.ipynb"' in made_page


def test_navigation_and_footer_name_pages_and_engine(page: str) -> None:
    links = (
        '<a href="../index.html">All plants</a><a href="../models.html">Models</a><a href="../method.html">Method</a>'
    )
    assert f'{links}<span class="nav-plant">Fjord</span>' in page
    assert '<a href="50_monitor.html" aria-current="page">Monitor</a><a href="60_explain.html">Explain</a>' in page
    assert "Rendered by pandoc" in page


def test_index_says_why_a_plant_has_no_gap(rendered: Project) -> None:
    text = (rendered.site / "index.html").read_text(encoding="utf-8").replace("\u00a0", " ").replace("&nbsp;", " ")
    assert 'One of two plants, Fjord, loses more than 2 % now: <span class="cost">620 € an hour</span>.' in text
    assert "no gap: in a trip since 30 Jun 04:00" in text
    assert "Delta has no gap now" in text
    assert '<a href="fjord/50_monitor.html">Fjord</a>' in text
    assert text.index(">Fjord<") < text.index(">Delta<")
    assert "Lower flue-gas O₂ to 2.6 %." in text
    assert "124,300" in text
    assert "0 %" not in text.replace("2 %", "")


@pytest.mark.parametrize(
    ("fracs", "sentence"),
    [
        ([0.05], "Plant0 loses more than 2 % now: [1,000 € an hour]{.cost}."),
        ([0.01], "Plant0 does not lose more than 2 % now: [1,000 € an hour]{.good}."),
        ([0.05, 0.03], "Both plants lose more than 2 % now: [2,000 € an hour]{.cost} in all."),
        ([0.05, 0.03, 0.04], "All three plants lose more than 2 % now: [3,000 € an hour]{.cost} in all."),
        ([0.05, 0.03, 0.01], "Two of three plants lose more than 2 % now: [2,000 € an hour]{.cost} in all."),
        ([0.05, 0.01, None], "One of three plants, Plant0, loses more than 2 % now: [1,000 € an hour]{.cost}."),
        ([0.01, 0.01], "No plant loses more than 2 % now: [2,000 € an hour]{.good} in all."),
        ([None, None], "No plant can be judged now: the table says why."),
    ],
)
def test_index_answers_in_one_sentence(fracs: list[float | None], sentence: str) -> None:
    statuses = [
        read_status(f"plant{i}", gap_frac=frac, money_per_h=None if frac is None else 1000.0)
        for i, frac in enumerate(fracs)
    ]
    links = {status.plant: f"{status.plant}/50_monitor.ipynb" for status in statuses}
    text = build_index(FleetPages(statuses, links, {}, "EUR", 0.02))
    assert text.replace("\u00a0", " ").split("::: {.answer}\n")[1].split("\n:::")[0] == sentence


def test_a_total_leaves_out_no_plant_whose_price_is_not_known() -> None:
    statuses = [read_status("a", gap_frac=0.05, money_per_h=1000.0), read_status("b", gap_frac=0.05, money_per_h=None)]
    text = build_index(FleetPages(statuses, {plant: f"{plant}.ipynb" for plant in "ab"}, {}, "EUR", 0.02))
    assert "Both plants lose more than 2\N{NO-BREAK SPACE}% now." in text
    assert "an hour]" not in text


def test_index_is_sorted_by_money_with_missing_last() -> None:
    money = {"a": None, "b": 58.0, "c": 1030.0, "d": -12.0}
    statuses = [read_status(plant, money_per_h=value) for plant, value in money.items()]
    text = build_index(FleetPages(statuses, {plant: f"{plant}.ipynb" for plant in money}, {}, "NOK", 0.02))
    assert re.findall(r'<th scope="row"><a href="\w.html">(\w)</a>', text) == ["C", "B", "D", "A"]
    assert "kr an hour" in text
    assert "−12" in text


def test_names_are_text_not_markdown() -> None:
    text = build_index(FleetPages([read_status("a", name="A|B_*[x]<b>")], {"a": "a.ipynb"}, {}, "XAU", 0.02))
    assert '<a href="a.html">A|B_*[x]&lt;b&gt;</a>' in text
    assert r"**[A\|B\_\*\[x\]\<b\>](a.ipynb):**" in text
    assert "XAU an hour" in text


def build_fleet(*statuses: Status, **changes: Any) -> FleetPages:
    links = {status.plant: f"{status.plant}/50_monitor.ipynb" for status in statuses}
    names = {plant: plant.capitalize() for plant in ("fjord", "delta", "steppe")}
    return FleetPages(
        **{"statuses": statuses, "links": links, "names": names, "currency": "EUR", "max_gap_frac": 0.02, **changes}
    )


def test_index_tells_the_last_day_and_what_data_and_model_ask_for() -> None:
    look = read_status("delta", action="look", recommendation="Look at [x]: it stands still.")
    text = build_index(build_fleet(read_status("fjord"), look))
    assert 'data-label="last 24 h, GJ">1,400</td>' in text
    assert r"[Data and model:]{.look} Look at \[x\]: it stands still." in text
    assert text.count("Data and model:") == 1


def test_index_says_which_plants_are_simulated() -> None:
    both = (read_status("fjord"), read_status("delta"))
    one = build_index(build_fleet(*both, simulated=frozenset({"delta"})))
    assert "Delta is a simulated plant; its data end with its last hour below. `elc live` plays them on." in one
    assert "simulated plants; their data" in build_index(build_fleet(*both, simulated=frozenset({"fjord", "delta"})))
    assert "simulated" not in build_index(build_fleet(*both))


def test_index_names_what_failed_and_a_plant_without_a_page() -> None:
    failures = [
        Failure(plant="fjord", stage="monitor", sentence="cell 7 failed: *no* key"),
        Failure(plant="steppe", stage="ingest", sentence=""),
    ]
    text = build_index(build_fleet(read_status("fjord"), failures=failures))
    assert r"- **Fjord, monitor:** cell 7 failed: \*no\* key" in text
    assert "- **Steppe, ingest:** no reason was recorded." in text
    assert text.index(".callout-important") < text.index("<table")
    assert '<th scope="row">Steppe <span class="small">no page yet: its first run failed</span></th>' in text
    assert ".callout-important" not in build_index(build_fleet(read_status("fjord")))


def test_index_lists_open_alerts_with_their_time() -> None:
    alerts = [
        build_alert(
            "fjord",
            "gap",
            "energy",
            "The gap is above 2 %.",
            since=datetime.fromisoformat("2026-06-30T04:00:00+02:00"),
            last=None,
        ),
        build_alert("fjord", "x", "y", "Other.", since=None, last=None),
    ]
    text = build_index(build_fleet(read_status("fjord"), alerts=alerts))
    assert r"- **Fjord:** The gap is above 2 %. [Since Tue 30 Jun 2026 04:00.]{.small}" in text
    assert "- **Fjord:** Other.\n" in text
    assert ".callout-warning" not in build_index(build_fleet(read_status("fjord")))


def test_index_says_that_a_plant_is_behind_the_others() -> None:
    text = build_index(build_fleet(read_status("fjord"), read_status("delta"), behind=frozenset({"delta"})))
    assert text.count("no new data since Tue 30 Jun 2026 23:00–24:00, Europe/Oslo") == 1


def test_index_dates_the_last_hour_of_a_real_plant_for_the_readers_clock() -> None:
    text = build_index(build_fleet(read_status("fjord"), ends={"fjord": ("2026-06-30T22:00Z", 3.0)}))
    hour = "Tue 30 Jun 2026 23:00–24:00, Europe/Oslo"
    assert f'<span class="hour" data-until="2026-06-30T22:00Z" data-late="3">{hour}</span>' in text


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"failures": [Failure(plant="fjord", stage="monitor", sentence="no key")]}, "the last run failed"),
        ({"behind": frozenset({"fjord"})}, "no new data"),
    ],
)
def test_gap_of_an_earlier_hour_is_not_shown_as_that_of_now(changes: dict[str, Any], reason: str) -> None:
    sound = build_index(build_fleet(read_status("fjord", advice="**Do:** raise it.")))
    assert "**Do:** raise it." in sound
    text = build_index(build_fleet(read_status("fjord", advice="**Do:** raise it."), **changes))
    assert "No plant can be judged now" in text
    assert f'<span class="small">no gap: {reason}</span>' in text
    assert 'data-label="last 24 h, GJ">–</td>' in text
    assert "**[Fjord](fjord/50_monitor.ipynb):** no advice now." in text


def test_command_in_a_text_keeps_its_hyphens() -> None:
    assert escape("elc rollback fjord --env prod") == r"elc rollback fjord \-\-env prod"


def test_plants_hours_behind_the_newest_are_found() -> None:
    newest = pd.Timestamp("2026-06-30 12:00", tz="UTC")
    times = {"a": newest, "b": newest - pd.Timedelta("3h"), "c": newest - pd.Timedelta("4h")}
    assert find_behind(times) == {"c"}
    assert find_behind({}) == set()


def test_clock_of_the_future_makes_no_other_plant_late() -> None:
    now = pd.Timestamp("2026-06-30 12:00", tz="UTC")
    times = {"a": now + pd.Timedelta("400D"), "b": now, "c": now - pd.Timedelta("4h")}
    assert find_behind(times) == {"c"}
    assert find_behind({"a": now + pd.Timedelta("29D"), "b": now}) == {"b"}


def test_pages_of_a_plant_that_failed_say_so_first(project: Project) -> None:
    failed = {"plant": "fjord", "stage": "monitor", "sentence": "cell 7 failed: no energy"}
    (project.receipts / "fjord" / "monitor.failed.json").write_text(json.dumps(failed))
    render_site(project, "pandoc")
    for name, is_told in (("fjord/50_monitor", True), ("fjord/60_explain", True), ("delta/50_monitor", False)):
        text = (project.site / f"{name}.html").read_text(encoding="utf-8")
        assert ("cell 7 failed: no energy" in text) is is_told, name
    page = (project.site / "fjord" / "50_monitor.html").read_text(encoding="utf-8")
    assert page.index("The last run failed; this page is of an earlier one") < page.index('<div class="answer">')
    assert "cell 7 failed: no energy" in (project.site / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("data/monitor/fjord/alerts.json", "{}", "alerts.json: holds {}, expected a record of Alerts. Run elc run"),
        ("data/monitor/fjord/alerts.json", "[", "alerts.json: not readable as JSON (EOF while parsing a list"),
        ("data/monitor/fjord/hours.parquet", "x", "hours.parquet: cannot be read"),
        (
            "reports/receipts/fjord/explain.failed.json",
            "[]",
            "explain.failed.json: holds [], expected a record of Failure. Run elc run explain fjord; remove the file",
        ),
    ],
)
def test_records_that_cannot_be_read_are_refused(project: Project, name: str, content: str, words: str) -> None:
    (project.root / name).write_text(content)
    with pytest.raises(ElcError) as error:
        render_site(project, "pandoc")
    assert words in str(error.value)


def test_alerts_and_hours_of_the_plants_reach_the_index(project: Project) -> None:
    alert = [{**ALERT, "sentence": "The gap lasts."}]
    (project.operation("monitor", "delta") / "alerts.json").write_text(json.dumps(alert))
    late = pd.DataFrame({TIME: pd.date_range("2026-06-29", periods=3, freq="h", tz="UTC")})
    late.to_parquet(project.operation("monitor", "delta") / "hours.parquet", index=False)
    render_site(project, "pandoc")
    text = (project.site / "index.html").read_text(encoding="utf-8")
    assert "The gap lasts." in text
    assert text.count("no new data since") == 1


def test_all_faults_are_told_at_once_and_the_old_site_stays(project: Project) -> None:
    render_site(project, "pandoc")
    before = read_files(project.site)
    (project.reports / "fjord" / "50_monitor.ipynb").unlink()
    (project.reports / "fjord" / "60_explain.ipynb").write_text("{}")
    (project.operation("monitor", "delta") / "status.json").unlink()
    with pytest.raises(ElcError) as error:
        render_site(project, "pandoc")
    message = str(error.value)
    assert "3 faults" in message
    assert "reports/fjord/50_monitor.ipynb: not found, but has a receipt. Run dvc repro monitor@fjord." in message
    assert "reports/fjord/60_explain.ipynb: is not the notebook of its receipt" in message
    assert "Run dvc repro explain@fjord." in message
    assert "data/monitor/delta/status.json: not found. Run dvc repro monitor@delta." in message
    assert read_files(project.site) == before


def test_a_site_without_receipts_is_refused(project: Project) -> None:
    shutil.rmtree(project.receipts)
    with pytest.raises(ElcError, match=r"no plant has a page yet. Run dvc repro monitor@<plant>"):
        render_site(project, "pandoc")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"currency": "USD"}, "money is in USD, but site.currency in params.yaml is EUR"),
        ({"gap_frac": "3 %"}, "gap_frac is '3 %', expected a valid number"),
        ({"advice": None}, "advice is None, expected a valid string"),
        ({"plant": "delta"}, "plant is delta, expected fjord"),
        ({"action": "sleep"}, "action is 'sleep', expected 'none', 'look', 'retrain' or 'recalibrate'"),
    ],
)
def test_a_wrong_status_is_refused(project: Project, changes: dict[str, Any], words: str) -> None:
    content = {**build_status("fjord"), **changes}
    (project.operation("monitor", "fjord") / "status.json").write_text(json.dumps(content))
    with pytest.raises(ElcError) as error:
        render_site(project, "pandoc")
    assert words in str(error.value)


def test_an_option_that_is_no_yaml_names_its_cell(project: Project) -> None:
    write_page(project, "fjord", "monitor", [new_code_cell("#| label: [fig\nplot()")])
    with pytest.raises(ElcError, match=r"reports/fjord/50_monitor.ipynb, cell 1: cannot be read as YAML"):
        render_site(project, "pandoc")


def test_a_plant_that_left_params_leaves_the_site(project: Project) -> None:
    write_page(project, "gone", "monitor", [new_markdown_cell("text")])
    render_site(project, "pandoc")
    assert not (project.site / "gone").exists()


def test_without_quarto_auto_means_pandoc_and_quarto_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render_site(project, "auto") == "pandoc"
    with pytest.raises(ElcError, match="quarto is not on the PATH"):
        render_site(project, "quarto")


def install_quarto(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "quarto").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "quarto").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_failing_quarto_is_quoted_and_the_old_site_stays(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    render_site(project, "pandoc")
    before = read_files(project.site)
    install_quarto(tmp_path / "bin", "echo 'ERROR: bad option' >&2; exit 3", monkeypatch)
    with pytest.raises(ElcError, match=r"render: quarto stopped with code 3: bad option$"):
        render_site(project, "auto")
    assert read_files(project.site) == before


def test_a_page_that_quarto_left_out_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install_quarto(tmp_path / "bin", "mkdir _site; echo x > _site/index.html", monkeypatch)
    with pytest.raises(ElcError, match=r"no page fjord/60_explain.html was made"):
        render_site(project, "quarto")


def test_quarto_gets_the_pages_with_a_receipt_and_only_the_site_changes(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (project.receipts / "delta" / "monitor.json").unlink()
    before = set(read_files(project.reports))
    script = """test "$*" = "render --to html" || exit 1
    find . -type f | sort > _listing; echo junk > .gitignore
    for f in *.qmd */*.ipynb; do mkdir -p "_site/$(dirname $f)"; cp "$f" "_site/${f%.*}.html"; done
    cp _listing _site/listing.txt; echo x > _site/search.json
    echo '<script src="a.js" type="module"></script><script src="b.js"></script>' >> _site/index.html"""
    install_quarto(tmp_path / "bin", script, monkeypatch)
    assert render_site(project, "auto") == "quarto"
    listing = (project.site / "listing.txt").read_text().split()
    assert "./_quarto.yml" in listing
    assert [name for name in listing if name.endswith((".ipynb", "_metadata.yml"))] == [
        "./fjord/50_monitor.ipynb",
        "./fjord/60_explain.ipynb",
    ]
    assert not (project.site / "search.json").exists()
    assert (project.site / "index.html").read_text().endswith('<script src="b.js"></script>\n')
    changed = set(read_files(project.reports)) - before
    own = {"index.qmd", "models.qmd", "method.qmd", "fjord/_metadata.yml"}  # Git ignores them
    assert {name for name in changed if not name.startswith("_site/")} == own


def test_quarto_is_told_the_page_at_hand_and_gets_html_as_markdown(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = """for f in *.qmd */*.ipynb; do mkdir -p "_site/$(dirname $f)"; cp "$f" "_site/${f%.*}.html"; done"""
    install_quarto(tmp_path / "bin", copy, monkeypatch)
    render_site(project, "quarto")
    cells = nbformat.read(project.site / "fjord" / "60_explain.html", as_version=4).cells
    front = yaml.safe_load(cells[0].source.strip("-"))
    assert front["title"] == "fjord explain"
    (included,) = front["format"]["html"]["include-before-body"]
    assert '<a href="60_explain.html" aria-current="page">' in included["text"]
    assert front["format"]["html"]["include-in-header"] == [{"text": '<script src="../assets/elc.js" defer></script>'}]
    cells = nbformat.read(project.site / "fjord" / "50_monitor.html", as_version=4).cells
    assert [cell.cell_type for cell in cells[:2]] == ["raw", "markdown"]
    shown = [output.data for cell in cells for output in cell.get("outputs", []) if "data" in output]
    assert {"text/markdown": "```{=html}\n<b class='raw'>raw html</b>\n```", "text/plain": "<IPython.x>"} in shown
    assert not [data for data in shown if {"text/html", "application/javascript"} & set(data)]


def test_reports_have_their_navigation_where_quarto_renders_them_itself(rendered: Project) -> None:
    head = yaml.safe_load((rendered.reports / "fjord" / "_metadata.yml").read_text(encoding="utf-8"))
    assert list(head) == ["format"]  # a format besides HTML has no use for it
    assert "60_explain.html" in head["format"]["html"]["include-before-body"][0]["text"]
    index = (rendered.reports / "index.qmd").read_text(encoding="utf-8").split("---\n")[1]
    assert 'aria-current="page"' in yaml.safe_load(index)["format"]["html"]["include-before-body"][0]["text"]
    ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
    assert {"/reports/index.qmd", "/reports/*/_metadata.yml", "/reports/_site/"} <= set(ignored)
    # What Quarto would add itself, and so leave a file that Git does not know.
    assert (REPOSITORY / "reports" / ".gitignore").read_text().split() == ["/.quarto/", "**/*.quarto_ipynb"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("- method.qmd", "- method.qmd\n    - about.qmd", "names about.qmd, which is not a page; "),
        ("- method.qmd", '- method.qmd\n    - "*/4*.ipynb"', "names fjord/40_evaluate.ipynb, which is not a page; "),
        ('    - "*/60_explain.ipynb"\n', "", "does not name fjord/60_explain.ipynb, which is a page. Add it."),
        ("- method.qmd", '- method.qmd\n    - "!delta/50_monitor.ipynb"', "does not name delta/50_monitor.ipynb"),
    ],
)
def test_what_render_names_are_the_pages(project: Project, old: str, new: str, words: str) -> None:
    (project.reports / "fjord" / "40_evaluate.ipynb").write_text("{}")
    path = project.reports / "_quarto.yml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ElcError, match=re.escape(f"reports/_quarto.yml: project.render {words}")):
        render_site(project, "pandoc")


FAILED = """\x1b[1m\x1b[34m[1/6] index.qmd\x1b[39m\x1b[22m
[2/6] fjord/50_monitor.ipynb

\x1b[91mERROR: In file _quarto.yml
(line 3) Bad option.
\x1b[39m
Stack trace:
    at renderFiles (file:///opt/quarto/bin/quarto.js:1:2)
"""


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (FAILED, " at fjord/50_monitor.ipynb: In file _quarto.yml\n(line 3) Bad option."),
        ("ERROR: no such file", ": no such file"),
        ("Segmentation fault\n", ". Its last lines:\nSegmentation fault"),
        ("", " and said nothing."),
    ],
)
def test_quartos_own_reason_is_read(output: str, said: str) -> None:
    assert read_reason(output) == said


def test_quarto_gets_a_home_where_the_users_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install_quarto(tmp_path / "bin", 'echo "$HOME" > home; mkdir -p "$XDG_CACHE_HOME/x" "$HOME"', monkeypatch)
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/dev/null")
    run_quarto(tmp_path, ["render"], "render")
    home = (tmp_path / "home").read_text().strip()
    assert home != "/dev/null"
    assert not Path(home).exists()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run_quarto(tmp_path, ["render"], "render")
    assert (tmp_path / "home").read_text().strip() == str(tmp_path)


def test_theme_of_quarto_leaves_the_pages_as_they_are() -> None:
    config = yaml.safe_load((REPOSITORY / "reports" / "_quarto.yml").read_text(encoding="utf-8"))
    assert config["format"]["html"]["page-layout"] == "article"  # `full` makes tables white in the dark
    style = (REPOSITORY / "reports" / "assets" / "elc.css").read_text(encoding="utf-8")
    assert ":root { font-size: 100%; }" in style


@pytest.mark.slow
@pytest.mark.skipif(not HAS_QUARTO, reason=NO_QUARTO)
def test_quarto_makes_the_same_pages(project: Project) -> None:
    render_site(project, "pandoc")
    names = {name for name in read_files(project.site) if name.endswith(".html")}
    assert render_site(project, "quarto") == "quarto"
    assert {name for name in read_files(project.site) if name.endswith(".html")} == names
    page = (project.site / "fjord" / "50_monitor.html").read_text(encoding="utf-8")
    flat = page.replace("\u00a0", " ").replace("&nbsp;", " ")
    for words in ('<div class="answer">', "Figure 1", "Table 1", "Rendered by Quarto", "60_explain.html"):
        assert words in flat
    assert "hidden code" not in page
    assert not re.search(r'(src|href)="(https?:)?//(?!quarto\.org|example\.org)', page)
    assert '<a href="50_monitor.html" aria-current="page">' in page
    for absent in ('type="module"', "require.js", "jquery"):
        assert absent not in page
    assert not (project.site / "search.json").exists()


def test_a_text_becomes_one_line_that_breaks_where_it_may() -> None:
    assert escape(" 80\N{NO-BREAK SPACE}% *of*\n 3 ") == "80\N{NO-BREAK SPACE}% \\*of\\* 3"
