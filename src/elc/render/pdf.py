"""Make a page of the site an A4 PDF, by Typst.

Everything that is drawn is in the file: fonts are embedded, charts are vectors. It holds no time, so equal notebooks
give equal bytes; another version of Typst may give others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from elc.errors import ElcError, check_known
from elc.extras import build_missing
from elc.files import replace_file
from elc.pages import language
from elc.paths import Project
from elc.records.report import FleetReport
from elc.render.engine import Engine, find_engine, run_quarto
from elc.render.paper import Paper, write_paper, write_text_paper
from elc.render.receipts import Page, find_page
from elc.settings import read_operation, read_settings

_NAME, REPORT = "report", "report.pdf"


def write_pdf(project: Project, plant: str, name: str, *, engine: Engine, path: Path | None = None) -> Path:
    """Write a page of a plant as PDF, in the language of the site.

    Args:
        project: whose page, of an environment or of the candidate.
        plant: the plant's id.
        name: the page's name, as `monitor` of `50_monitor.ipynb`.
        engine: as `render.engine` of params.yaml.
        path: where to. Default: beside the notebook.

    Raises:
        ElcError: there is no such page, it is not as its receipt says, or the engine failed.
    """
    settings = read_settings(project)
    check_known("plant", plant, settings.plants)
    language.choose(settings.site.language)
    page = find_page(project, plant, name)
    content = build_pdf(project, page, engine=engine)
    target = path or page.notebook.with_suffix(".pdf")
    with replace_file(target) as temporary:
        temporary.write_bytes(content)
    return target


def write_report_pdf(project: Project, plant: str, period: str) -> Path:
    """Write the page of the report that was made last as PDF.

    In operation it lies beside the record of its period, where the next report does not replace it; that of a candidate
    beside its notebook, as only its stage writes what DVC keeps. One of an edition before does not stay.

    Raises:
        ElcError: it could not be made, or what makes it is not installed.
    """
    target = project.report(plant, period) / REPORT if project.environment else None
    if target is not None:
        target.unlink(missing_ok=True)
    with _name_failure(f"plant {plant}: the report of {period}"):
        return write_pdf(project, plant, "report", engine=read_settings(project).render.engine, path=target)


def write_fleet_pdf(project: Project, folder: Path, fleet: FleetReport) -> Path:
    """Write the report of all plants as PDF into a folder, in the language and the unit of the site.

    Raises:
        ElcError: it could not be made, or what makes it is not installed.
    """
    from elc.render.reports import build_fleet_text  # pandas, which the PDF of a page does without

    target, where = folder / REPORT, f"the report of all plants for {fleet.period}"
    target.unlink(missing_ok=True)
    with _name_failure(where):
        settings = read_settings(project)
        language.choose(settings.site.language)
        chosen = {one.plant: read_operation(project, one.plant, project.environment) for one in fleet.plants}
        used = find_engine(settings.render.engine, "pdf")
        paper = write_text_paper(project, build_fleet_text(fleet, chosen, settings), where)
        content = _compile(paper, used, where)
        with replace_file(target) as temporary:
            temporary.write_bytes(content)
    return target


@contextmanager
def _name_failure(what: str) -> Iterator[None]:
    """Say of which report there is no PDF, and why.

    Raises:
        ElcError: it could not be made, or what makes it is not installed.
    """
    try:
        yield
        return
    except ModuleNotFoundError as error:
        failed: Exception = build_missing(error, where="pdf")
    except (ElcError, OSError) as error:
        failed = error
    raise ElcError(f"{what} has no PDF: {failed}")


def build_pdf(project: Project, page: Page, *, engine: Engine = "auto") -> bytes:
    """Build the PDF of an executed notebook, in the language that was chosen (`elc.pages.language.choose`).

    Raises:
        ElcError: the notebook or reports/_quarto.yml cannot be read, or the engine failed.
    """
    used, where = find_engine(engine, "pdf"), f"reports/{page.source}"
    return _compile(write_paper(project, page), used, where)


def _compile(paper: Paper, used: str, where: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="elc-pdf-") as name:
        folder = Path(name).resolve()
        (folder / f"{_NAME}.typ").write_text(paper.text, encoding="utf-8")
        for relative, content in paper.pictures.items():
            path = folder / relative
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        return _compile_by_quarto(folder, where) if used == "quarto" else _compile_by_typst(folder, where)


def _find_fonts() -> Path:
    """Find the folder of matplotlib's fonts, in which the charts were drawn; matplotlib itself is slow to import."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name="matplotlib")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


def _compile_by_typst(folder: Path, where: str) -> bytes:
    import typst

    source, fonts = folder / f"{_NAME}.typ", [str(_find_fonts())]
    try:
        return typst.compile(str(source), root=str(folder), font_paths=fonts, ignore_system_fonts=True)
    except typst.TypstError as error:
        raise ElcError(f"{where}: typst stopped: {' '.join([error.message, *error.hints])}") from None


def _compile_by_quarto(folder: Path, where: str) -> bytes:
    """Compile by the Typst that Quarto brings; what it compiles is the same."""
    fonts = ["--font-path", str(_find_fonts()), "--ignore-system-fonts"]
    run_quarto(folder, ["typst", "compile", *fonts, f"{_NAME}.typ", f"{_NAME}.pdf"], where)
    return (folder / f"{_NAME}.pdf").read_bytes()
