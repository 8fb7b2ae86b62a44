"""Texts that want to be more: in every field that a file can bring they stand on the page, and do nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser

from elc.findings import build_frame
from elc.pages import figures
from elc.pages.evaluate import write_drift
from elc.pages.figures import chart
from elc.pages.monitor.health import _write_doubts
from elc.paths import Project
from elc.records.metrics import Metrics
from elc.records.status import Status
from elc.render import render_site
from elc.runner.execute import _add_front_matter
from elc.settings import read_settings
from tests.browser.conftest import IN_CHROMIUM
from tests.unit.records.examples import ALERT
from tests.unit.registry.tagged import Tagged, make_life
from tests.unit.test_render import REPOSITORY, write_page, write_status
from tests.unit.written import build_written

pytestmark = IN_CHROMIUM

HOSTILE = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 2'>",
    "`<script>window.hit = 3</script>`{=html}",
    "```{=html}\n<script>window.hit = 4</script>\n```",
    "[look](javascript:window.hit=5)",
    "<javascript:window.hit=6>",
    "{{< include /etc/passwd >}}",
    "{{< video https://example.org/a >}}",
    "![](x){onerror=window.hit=7}",
    "[x]{onmouseover=window.hit=8}",
    "::: {onclick='window.hit=9'}\nx\n:::",
    "&lt;script&gt;window.hit = 10&lt;/script&gt;",
    "os.execute('touch /tmp/elc-lua') -- $lua$",
    "\\input{/etc/passwd} $\\frac{1}{0$ \\(x\\)",
    "=cmd()|' /C calc'!A0",
    "x | y || z -- | `a|b`",
    '" onfocus="window.hit=11" autofocus="',
    "---\ntitle: <script>window.hit=12</script>\n---",
    "</script><script>window.hit = 13</script>",
]
ALL = " ".join(HOSTILE)
KNOWN = ("plant", "status", "currency", "action")  # refused where they are no words of ours
EVENTS = (
    "[...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter((one) => /^on/.test(one.name))"
)


def build_cells() -> list[nbformat.NotebookNode]:
    """What plants' pages show: tables, findings, and a chart."""
    table = pd.DataFrame({"doubt": HOSTILE, "<script>window.hit = 20</script> | $x$": HOSTILE})
    at = datetime(2026, 6, 30, tzinfo=UTC)
    weak = build_frame(build_written("range", text, "delta", "", at, at) for text in HOSTILE)

    def draw(width: float) -> plt.Figure:
        figure, axes = figures.style.build_axes(width, 3.0)
        axes.plot([0, 1], [0, 1], label="$\\frac{1$ <script>hit=21</script>")
        axes.set_xlabel("</text><script>hit=2</script>")
        axes.legend()
        return figure

    shown = chart.show(draw, table=chart.build_table({"</table>" + ALL: HOSTILE}, numbers=()))
    data = [
        *({"text/markdown": text.data} for text in (figures.show_table(table), figures.show_text(_write_doubts(weak)))),
        {"text/markdown": write_drift(Metrics.model_construct(findings=HOSTILE))},
        shown._repr_mimebundle_(),
    ]
    outputs = [new_output("display_data", data=one) for one in data]
    return [new_code_cell("show()", outputs=[one]) for one in outputs]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose files say hostile things wherever they hold a text."""
    found = make_life(tmp_path_factory.mktemp("hostile"))
    _speak(found)
    project = found.project
    project.reports.mkdir()
    for name in ("_quarto.yml", "assets"):
        copy = shutil.copytree if name == "assets" else shutil.copy
        copy(REPOSITORY / "reports" / name, project.reports / name)
    shutil.copytree(REPOSITORY / "data" / "plants", project.root / "data" / "plants")
    _write_tags(project)
    text = project.params.read_text()
    project.params.write_text(text.replace("# ASSUME: ", f"# ASSUME: {ALL.splitlines()[0]} ", 1))
    page = write_page(project, "fjord", "monitor", build_cells())
    plant = read_settings(project).plants["fjord"].model_copy(update={"product": ALL})
    notebook = _add_front_matter(new_notebook(cells=[new_markdown_cell("# Text"), *build_cells()]), "Monitor", plant)
    write_page(project, "fjord", "monitor", notebook.cells)
    assert page.is_file()
    texts = {name: ALL for name, one in Status.model_fields.items() if one.annotation is str and name not in KNOWN}
    write_status(project, "fjord", **texts)
    (project.receipts / "delta").mkdir(parents=True)
    (project.receipts / "delta" / "ingest.failed.json").write_text(
        json.dumps({"plant": "delta", "stage": "ingest", "sentence": ALL})
    )
    alerts = project.operation("monitor", "fjord") / "alerts.json"
    texts = dict.fromkeys(("kind", "subject", "sentence", "advice"), ALL)
    alerts.write_text(json.dumps([{**ALERT, **texts}]))
    return project


def _speak(tagged: Tagged) -> None:
    """Let an approver's reason be hostile, and what a tag says of its own environment."""
    tagged.register("fjord", "v2.0.0", "2026-06-05T08:00:00")
    tagged.decide("fjord", "v2.0.0", "approved", "2026-06-06T08:00:00", reason=" ".join(ALL.split()))
    tagged.place("fjord", "v2.0.0", "prod", "2026-06-07T08:00:00", reason=" ".join(ALL.split()))


def _write_tags(project: Project) -> None:
    path = project.tags("fjord")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table["description"] = ALL
    table["tag"] = [f"{name} {' '.join(ALL.split())}" if name[0] != "@" else name for name in table["tag"]]
    table.to_csv(path, index=False)


@pytest.fixture(scope="module")
def site(project: Project) -> Path:
    render_site(project, "pandoc")
    return project.site


PAGES = ["index.html", "models.html", "method.html", "fjord/50_monitor.html"]


@pytest.fixture
def faults(browser: Browser) -> Iterator[tuple[object, list[str]]]:
    context = browser.new_context(offline=True)
    page = context.new_page()
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("dialog", lambda dialog: found.append(dialog.message))
    page.on("request", lambda request: found.extend(re.findall(r"^(?!file:|data:).*", request.url)))
    yield page, found
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_hostile_texts_stand_on_every_page_and_do_nothing(faults: object, site: Path, name: str) -> None:
    page, found = faults  # type: ignore[misc]
    page.goto((site / name).as_uri(), wait_until="networkidle")
    text = page.evaluate("document.querySelector('main').textContent")
    for one in ("<script>window.hit = 1</script>", "{{< include /etc/passwd >}}", "=cmd()"):
        assert one in text
    assert "root:x:" not in text
    page.mouse.move(100, 100)
    page.keyboard.press("Tab")
    assert page.evaluate("window.hit") is None
    assert page.evaluate(f"{EVENTS}.length") == 0
    assert page.evaluate("document.querySelectorAll('script').length") == 1  # the site's own
    assert page.evaluate("document.querySelectorAll('iframe, object, embed, form, base, link[rel=import]').length") == 0
    links = page.evaluate("[...document.querySelectorAll('a, area')].map((one) => one.href)")
    assert not [link for link in links if not link.startswith("file:")]
    assert found == []  # neither a script nor what stops one was needed


def test_what_got_onto_a_page_all_the_same_is_not_run(faults: object, tmp_path: Path, project: Project) -> None:
    """Only scripts that have the hash of the site's own run."""
    page, found = faults  # type: ignore[misc]
    again = Project(shutil.copytree(project.root, tmp_path / "again"))
    raw = new_output("display_data", data={"text/html": "<a id=a href='javascript:window.hit=30'>x</a>" + ALL})
    write_page(again, "fjord", "explain", [new_code_cell("raw()", outputs=[raw])])
    (tmp_path / "near.js").write_text("window.hit = 31")
    near = new_output("display_data", data={"text/html": f"<script src='{(tmp_path / 'near.js').as_uri()}'></script>"})
    write_page(again, "delta", "monitor", [new_code_cell("raw()", outputs=[near])])
    write_status(again, "delta")
    render_site(again, "pandoc")
    for name in ("fjord/60_explain.html", "delta/50_monitor.html"):
        page.goto((again.site / name).as_uri(), wait_until="networkidle")
        if name.startswith("fjord"):
            page.evaluate("document.getElementById('a').click()")
        assert page.evaluate("window.hit") is None
    assert [one for one in found if "Content Security Policy" in one]
