"""Charts stand inside their pages with ids of their own, and their texts speak the language of the site."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from elc.records.failure import Failure
from elc.render.charts import MIME, build_chart, has_chart
from elc.render.prepare import prepare_notebook, translate_title
from elc.render.receipts import Page
from elc.render.translate import list_texts, translate_notebook

CLIP = '<defs><clipPath id="chart-p1"/></defs><g clip-path="url(#chart-p1)"><use href="#chart-m"/></g>'
SVG = f'<svg viewBox="0 0 9 9">{CLIP}</svg>'
TABLE = {"columns": ["what", "GJ/h"], "numbers": [False, True], "rows": [["flue <O2>", "+4.2"]]}
POINTS = {"wide": "1.0,2.0", "narrow": "3.0,4.0", "axis": "y"}
DATA = {"image/svg+xml": SVG, MIME: {"narrow": SVG, "table": TABLE, "points": POINTS}}

NOTEBOOK = """::: {.content-hidden when-format="html"}

# Monitor

:::: {.inner}
Hidden *text*.
::::

:::

:::: {.grid2}
## Where it comes from {#sec}
First line
second line.

- a point
::::"""
CODE = '#| label: fig-a\n#| fig-cap: "Red: above it."\n#| fig-alt: "Bars"\nfigures.plot(x)'


def test_chart_is_two_pictures_and_a_table_without_shared_ids() -> None:
    html = build_chart(DATA, 3, 'Bars: "shares"')
    root = ElementTree.fromstring(html)
    pictures = root.findall("svg")
    assert [one.get("class") for one in pictures] == ["chart-wide", "chart-narrow"]
    assert all((one.get("role"), one.get("aria-label")) == ("img", 'Bars: "shares"') for one in pictures)
    assert [one.get("data-points") for one in pictures] == ["1.0,2.0", "3.0,4.0"]
    ids = [str(one.get("id")) for one in root.iter() if one.get("id")]
    assert ids == ["chart-3w-p1", "chart-3n-p1", "chart-3-table"]
    assert "url(#chart-3w-p1)" in html
    assert 'href="#chart-3n-m"' in html
    assert [cell.text for cell in root.iter("td")] == ["flue <O2>", "+4.2"]
    assert root.get("data-axis") == "y"


def test_chart_without_a_track_has_nothing_to_move_over() -> None:
    data = {"image/svg+xml": SVG, MIME: {"narrow": SVG, "table": None, "points": None}}
    html = build_chart(data, 1, "")
    assert "data-axis" not in html
    assert "<table" not in html
    assert 'aria-label="Chart 1"' in html


def test_colours_of_a_chart_become_those_of_the_style_sheet() -> None:
    svg = '<svg viewBox="0 0 9 9"><path style="fill: #0f766e; stroke: #123456"/></svg>'
    data = {"image/svg+xml": svg, MIME: {"narrow": svg, "table": None, "points": None, "colours": {"#0f766e": "good"}}}
    assert build_chart(data, 1, "").count('style="fill: var(--good, #0f766e); stroke: #123456"') == 2


def test_only_what_figures_wrote_is_a_chart() -> None:
    assert has_chart(DATA)
    assert not has_chart({"image/svg+xml": SVG})


def write_page(folder: Path, *cells: nbformat.NotebookNode) -> Page:
    path = folder / "fjord" / "50_monitor.ipynb"
    path.parent.mkdir()
    nbformat.write(new_notebook(cells=list(cells)), path)
    return Page("fjord", "monitor", "Fjord: Monitor", path)


def test_page_is_prepared_and_its_notebook_stays(tmp_path: Path) -> None:
    output = new_output("display_data", data={**DATA, "text/plain": "Chart()"})
    page = write_page(
        tmp_path, new_raw_cell("---\ntitle: 'Fjord: Monitor'\n---"), new_code_cell(CODE, outputs=[output])
    )
    before = page.notebook.read_bytes()
    failures = [
        Failure(plant=plant, stage="explain", sentence=text)
        for plant, text in (("fjord", "no data"), ("delta", "other"))
    ]
    cells = prepare_notebook(page, failures).cells
    assert [cell.cell_type for cell in cells] == ["raw", "markdown", "code"]
    assert "- **explain:** no data" in cells[1].source
    assert "other" not in cells[1].source
    assert list(cells[2].outputs[0].data) == ["text/markdown"]
    assert cells[2].outputs[0].data["text/markdown"].startswith('```{=html}\n<div class="chart"')
    assert 'aria-label="Bars"' in cells[2].outputs[0].data["text/markdown"]
    assert page.notebook.read_bytes() == before


def test_texts_of_a_page_are_its_headings_paragraphs_and_captions(tmp_path: Path) -> None:
    page = write_page(tmp_path, new_markdown_cell(NOTEBOOK), new_code_cell(CODE), new_code_cell("x = 1"))
    assert list_texts([page.notebook]) == [
        "Where it comes from", "First line\nsecond line.", "- a point", "Red: above it.", "Bars",
    ]  # fmt: skip


def test_texts_are_translated_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {
        "Where it comes from": "Hvor det kommer fra",
        "Red: above it.": "Rødt: «over»: den",
        "Monitor": "Overvåking",
    }
    monkeypatch.setattr("elc.render.translate.translate", lambda text: words.get(text, text))
    monkeypatch.setattr("elc.render.prepare.translate", lambda text: words.get(text, text))
    given = new_notebook(cells=[new_markdown_cell(NOTEBOOK), new_code_cell(CODE)])
    text, code = (cell.source for cell in translate_notebook(given).cells)
    assert text == NOTEBOOK.replace("Where it comes from", "Hvor det kommer fra")
    assert code.splitlines()[0] == "#| label: fig-a"
    assert "#| fig-cap: 'Rødt: «over»: den'" in code
    assert code.endswith("\nfigures.plot(x)")
    assert translate_title("Fjord: Monitor") == "Fjord: Overvåking"


def test_english_changes_no_text() -> None:
    given = new_notebook(cells=[new_markdown_cell(NOTEBOOK)])
    assert translate_notebook(given).cells[0].source == NOTEBOOK
