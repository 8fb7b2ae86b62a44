"""A page as PDF: what the page says, on A4, in fonts and pictures that are in the file, the same bytes each time."""

from __future__ import annotations

import re
import shutil
import zlib
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

from elc.errors import ElcError
from elc.pages import language
from elc.paths import Project
from elc.render import Page, build_pdf, write_pdf, write_report_pdf
from elc.render.charts import MIME
from elc.render.paper import Paper, write_paper
from elc.render.prepare import prepare_notebook
from elc.render.receipts import find_page
from tests.unit.test_render import HAND_WRITTEN, SVG, build_project, install_quarto, write_page

CHART = {"image/svg+xml": SVG, MIME: {"narrow": SVG, "table": None, "points": None}}
PREAMBLE = "# Monitor\n\nWhat it is about.\n\n*Reads:* `data/`\n\n*Writes:* `data/`\n\n*Settings:* `site`"
OPTIONS = '#| label: fig-a\n#| fig-cap: "Gap"\n#| fig-alt: "A \\"falling\\" line"'
FRAME = "<table><thead><tr><th>hour</th></tr></thead><tbody><tr><td>7 &lt; 8</td></tr></tbody></table>"


def build_chart_cells() -> list[Any]:
    chart = new_output("display_data", data=CHART)
    frame = new_output("display_data", data={"text/html": FRAME, "text/plain": "hour"})
    return [
        new_raw_cell('---\ntitle: "Fjord #1: Monitor"\n---'),
        new_markdown_cell(PREAMBLE),
        new_code_cell(
            '#| label: fig-a\n#| fig-cap: "Gap"\n#| fig-alt: "A \\"falling\\" line"\nplot()', outputs=[chart]
        ),
        new_code_cell("frame", outputs=[frame]),
        new_markdown_cell("::: {.small}\nEnd of [it]{.good}, [cost]{.cost}(3), see [there](60_explain.ipynb).\n:::"),
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with pages, to be read only."""
    found = build_project(tmp_path_factory.mktemp("paper"))
    write_page(found, "fjord", "explain", [new_markdown_cell(HAND_WRITTEN.replace("![](drawn.png)", "![](drawn.svg)"))])
    write_page(found, "delta", "monitor", build_chart_cells())
    return found


@pytest.fixture(scope="module")
def paper(project: Project) -> Paper:
    return write_paper(project, find_page(project, "fjord", "monitor"))


@pytest.fixture(scope="module")
def chart_paper(project: Project) -> Paper:
    return write_paper(project, find_page(project, "delta", "monitor"))


def read_objects(pdf: bytes) -> bytes:
    """Read a PDF with its streams unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompress(stream) for stream in streams if stream[:1] == b"x")


def test_pdf_is_a4_with_its_fonts_and_without_a_time(project: Project) -> None:
    page = find_page(project, "delta", "monitor")
    pdf = build_pdf(project, page, engine="pandoc")
    assert pdf == build_pdf(project, page, engine="pandoc")
    objects = read_objects(pdf)
    assert objects.startswith(b"%PDF-")
    assert set(re.findall(rb"/MediaBox\[[^\]]*\]", objects)) == {b"/MediaBox[0 0 595.2756 841.8898]"}
    fonts = set(re.findall(rb"/FontName/(\S+?)[/\s>]", objects))
    assert fonts
    assert all(b"+DejaVuSans" in font for font in fonts)
    assert objects.count(b"/FontFile") == len(fonts)
    assert b"/Subtype/Image" not in objects  # charts are lines
    assert b'/Alt(A "falling" line)' in objects
    assert b"/Lang(en)" in objects
    assert not re.search(rb"/(CreationDate|ModDate)", objects)
    assert str(project.root).encode() not in objects


def test_long_table_goes_on_under_its_header(project: Project) -> None:
    rows = "\n".join(f"| {number} | {number * number} |" for number in range(200))
    cells = [new_markdown_cell(f"| n | squared |\n|--|--:|\n{rows}\n\n: Squares {{#tbl-a}}")]
    write_page(project, "fjord", "explain", cells)
    page = find_page(project, "fjord", "explain")
    assert "table.header([#head[n]], [#head[squared]], )" in write_paper(project, page).text
    objects = read_objects(build_pdf(project, page, engine="pandoc"))
    assert len(re.findall(rb"/MediaBox", objects)) > 2
    write_page(project, "fjord", "explain", [new_markdown_cell(HAND_WRITTEN)])


def test_paper_has_neither_code_nor_what_a_notebook_says_of_itself(paper: Paper, chart_paper: Paper) -> None:
    for word in ("hidden code", "never shown", "absent", "Secret", "#|"):
        assert word not in paper.text
    assert "print(1 \\< 2)" not in paper.text
    for word in ("= Monitor", "Reads", "Writes", "Settings"):
        assert word not in chart_paper.text
    assert "What it is about." in chart_paper.text


def test_paper_shows_what_the_page_shows(paper: Paper) -> None:
    assert '#answer[\nFjord uses #mark("cost")[59~GJ/h (3.6~%)]; more than its best.' in paper.text
    assert '#float("fig", caption: [Figure~1: Energy against #emph[load]])[' in paper.text
    assert "] <fig-curve>" in paper.text
    assert 'See #link(label("fig-curve"))[Figure~1]; and #link(label("tbl-moves"))[Table~1];' in paper.text
    assert '#callout("warning", title: [How this was judged])[' in paper.text  # closed on the page, open on paper
    assert "#data-table((left, right, right,),\n  table.header([#head[set-point]]" in paper.text
    assert "#strong[Week]" in paper.text
    assert paper.text.index("#strong[Week]") < paper.text.index("#strong[Month]")
    assert "42 GJ" in paper.text
    assert '#picture("50_monitor_files/fig-curve-1.svg", "A falling line");' in paper.text
    assert set(paper.pictures) == {f"50_monitor_files/{name}" for name in (
        "fig-curve-1.svg", "fig-week-1.svg", "cell-14-1.png",
    )}  # fmt: skip


def test_charts_come_in_both_widths_and_plain_colours(chart_paper: Paper) -> None:
    assert r'#chart("chart-1-wide.svg", "chart-1-narrow.svg", "A \"falling\" line")' in chart_paper.text
    assert chart_paper.pictures["chart-1-narrow.svg"] == SVG.encode()
    assert "var(" not in SVG


def test_frame_is_a_table_and_words_keep_their_colours(chart_paper: Paper) -> None:
    assert "table.header([#head[hour]], )" in chart_paper.text
    assert "[7 \\< 8]" in chart_paper.text
    assert '#small[\nEnd of #mark("good")[it];, #mark("cost")[cost];\\(3), see there.' in chart_paper.text
    assert "#set document(title: [Fjord \\#1: Monitor], date: none)" in chart_paper.text


def test_what_is_written_by_hand_comes_to_paper(project: Project) -> None:
    text = write_paper(project, find_page(project, "fjord", "explain")).text
    assert "Only printed" in text
    assert "Only shown" not in text
    assert '#callout("tip", title: [Own title])[' in text
    assert re.search(r"#pair\[\s+Left\s+\]\[\s+Right\s+\]", text)
    assert '#link(label("fig-a"))[1]; #strong[?\\@fig-none]' in text.replace(",", "")
    assert "[elsewhere]" not in text


def test_later_pages_repeat_what_the_page_is_about(project: Project, tmp_path: Path) -> None:
    """The small line before the first heading: an auditor sees the period and the model on each sheet."""
    rows = "\n".join(f"| {number} | {number * number} |" for number in range(120))
    first, other = (f"::: {{.small}}\n[May](https://example.org/{name})\n:::" for name in ("first", "other"))
    text = f"{first}\n\n## A\n\n{other}\n\n| n | squared |\n|--|--:|\n{rows}"
    path = write_page(build_project(tmp_path), "fjord", "report", [new_markdown_cell(text)])
    objects = read_objects(build_pdf(project, Page("fjord", "report", "Fjord", path), engine="pandoc"))
    pages = len(re.findall(rb"/MediaBox", objects))
    assert pages > 2
    assert objects.count(b"/URI/URI(https://example.org/first)") == pages
    assert objects.count(b"/URI/URI(https://example.org/other)") == 1


def test_no_line_ends_between_a_number_and_its_unit(tmp_path: Path) -> None:
    said = "1,2 t CO₂ at 5 % and 67 €, 12 GJ/h; 3 tons, 24 days. `1 t CO₂`"
    table = "| CO₂ | t CO₂ |\n|--|--|\n| a | 5 t |"
    cells = [
        new_code_cell("a", outputs=[new_output("display_data", data={"text/markdown": text})]) for text in (said, table)
    ]
    path = write_page(build_project(tmp_path), "fjord", "report", cells)
    notebook = prepare_notebook(Page("fjord", "report", "Fjord", path), [])
    first, second = (cell.outputs[0].data["text/markdown"] for cell in notebook.cells)
    assert first.replace("\u00a0", "~") == "1,2~t~CO₂ at 5~% and 67~€, 12~GJ/h; 3 tons, 24 days. `1 t CO₂`"
    assert second.replace("\u00a0", "~") == "| CO₂ | t~CO₂ |\n|--|--|\n| a | 5~t |"


def test_what_is_below_each_other_on_paper_is_no_pair(project: Project, tmp_path: Path) -> None:
    text = ":::: {.grid2 .stacked}\n::: {}\nLeft\n:::\n::: {}\nRight\n:::\n::::"
    path = write_page(build_project(tmp_path), "fjord", "report", [new_markdown_cell(text)])
    assert "#pair[" not in write_paper(project, Page("fjord", "report", "Fjord", path)).text


def test_paper_speaks_norwegian(project: Project) -> None:
    language.choose("nb")
    try:
        text = write_paper(project, find_page(project, "fjord", "monitor")).text
    finally:
        language.choose("en")
    assert "[Side #context counter(page).display() av #context counter(page).final().first()]" in text
    assert 'lang: "nb"' in text
    assert "Figur~1: Energy" in text


def test_pdf_lies_beside_its_notebook_or_where_it_is_wanted(project: Project, tmp_path: Path) -> None:
    wanted = tmp_path / "new" / "delta.pdf"
    assert write_pdf(project, "delta", "monitor", engine="pandoc", path=wanted) == wanted
    assert wanted.read_bytes().startswith(b"%PDF-")
    assert [path.name for path in wanted.parent.iterdir()] == ["delta.pdf"]
    assert write_pdf(project, "delta", "monitor", engine="pandoc") == project.reports / "delta" / "50_monitor.pdf"


@pytest.mark.parametrize(
    ("plant", "name", "words"),
    [
        ("fjor", "monitor", "params.yaml: plant fjor is unknown: did you mean fjord?"),
        ("fjord", "monito", "reports/fjord: has no page monito: did you mean monitor?"),
        ("steppe", "monitor", "reports/steppe: has no page monitor: there is none. Run dvc repro monitor@steppe."),
    ],
)
def test_page_that_is_not_there_is_an_error(project: Project, plant: str, name: str, words: str) -> None:
    with pytest.raises(ElcError, match=re.escape(words)):
        write_pdf(project, plant, name, engine="pandoc")


def test_page_that_is_not_as_its_receipt_says_is_an_error(tmp_path: Path) -> None:
    found = build_project(tmp_path)
    (found.reports / "fjord" / "50_monitor.ipynb").write_text("{}")
    with pytest.raises(ElcError, match="is not the notebook of its receipt"):
        write_pdf(found, "fjord", "monitor", engine="pandoc")


def test_what_typst_cannot_read_is_named(project: Project, tmp_path: Path) -> None:
    path = write_page(build_project(tmp_path), "fjord", "monitor", [new_markdown_cell("```{=typst}\n#nothing\n```")])
    with pytest.raises(ElcError, match=r"reports/fjord/50_monitor.ipynb: typst stopped: unknown variable: nothing"):
        build_pdf(project, Page("fjord", "monitor", "Fjord", path), engine="pandoc")


def test_quarto_compiles_the_same_text(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = """test "$1 $2" = "typst compile" || exit 1
    test -f "$4/DejaVuSans.ttf" && test "$5" = --ignore-system-fonts && test -f chart-1-wide.svg && cp "$6" "$7" """
    install_quarto(tmp_path / "bin", script, monkeypatch)
    page = find_page(project, "delta", "monitor")
    assert build_pdf(project, page).decode() == write_paper(project, page).text


@pytest.mark.skipif(shutil.which("quarto") is None, reason="quarto is not on the PATH; environment.yml brings it")
def test_typst_of_quarto_makes_a_pdf(project: Project) -> None:
    objects = read_objects(build_pdf(project, find_page(project, "delta", "monitor"), engine="quarto"))
    assert b"+DejaVuSans" in objects
    assert not re.search(rb"/(CreationDate|ModDate)", objects)


def test_the_pdf_of_a_report_lies_beside_its_record_in_operation(tmp_path: Path) -> None:
    project = build_project(tmp_path)
    operated = project.operate("prod")
    page = write_page(project, "delta", "report", [new_markdown_cell("## Month by month")])
    assert write_report_pdf(project, "delta", "2026-05") == page.with_suffix(".pdf")
    target = operated.report("delta", "2026-05") / "report.pdf"
    written = write_report_pdf(operated, "delta", "2026-05")
    assert written == target
    assert written.read_bytes() == page.with_suffix(".pdf").read_bytes()
    objects = read_objects(written.read_bytes())
    assert objects.startswith(b"%PDF")
    assert not re.search(rb"/(CreationDate|ModDate)|xmp:(Create|Modify)Date", objects)
    page.write_text("no notebook", encoding="utf-8")
    with pytest.raises(ElcError, match=r"plant delta: the report of 2026-05 has no PDF: .*90_report"):
        write_report_pdf(operated, "delta", "2026-05")
    assert not target.exists()  # that of a former edition
