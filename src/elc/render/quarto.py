"""Render the site by Quarto, in a copy of reports/ so that nothing but the site changes."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from elc.errors import ElcError, check_faults
from elc.paths import Project, replace_folder
from elc.render.navigation import TOP, build_navigation, build_top_navigation
from elc.render.receipts import Page

_SKIPPED = ("_site", ".*", "*.ipynb", "receipts", "metrics")
_SHOWN_LINES = 15


def render_by_quarto(project: Project, pages: Sequence[Page], names: Mapping[str, str]) -> None:
    """Render all pages, the index and that of the models to reports/_site, whole or not at all.

    Raises:
        ElcError: Quarto failed or left a page out, with the last lines that it wrote.
    """
    # Quarto writes beside its inputs (.quarto, .gitignore, half-made pages) and would take notebooks without a receipt.
    with tempfile.TemporaryDirectory(prefix="elc-render-") as name:
        reports = Path(name).resolve() / "reports"
        shutil.copytree(project.reports, reports, ignore=shutil.ignore_patterns(*_SKIPPED))
        for page in pages:
            folder = reports / page.plant
            folder.mkdir(exist_ok=True)
            shutil.copyfile(page.notebook, folder / page.notebook.name)
            _write_metadata(folder, build_navigation(page.plant, None, pages, names))
        for name in TOP:
            _add_navigation(reports / f"{name}.qmd", build_top_navigation(name))
        _run_quarto(reports, [page.target for page in pages])
        with replace_folder(project.site) as site:
            shutil.copytree(reports / "_site", site, dirs_exist_ok=True)


def _write_metadata(folder: Path, navigation: str) -> None:
    (folder / "_metadata.yml").write_text(_build_metadata(navigation), encoding="utf-8")


def _add_navigation(path: Path, navigation: str) -> None:
    """Put the navigation into the head of a page; metadata of its folder would reach the plants' pages too."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("---\n", f"---\n{_build_metadata(navigation)}", 1), encoding="utf-8")


def _build_metadata(navigation: str) -> str:
    return yaml.safe_dump({"include-before-body": [{"text": navigation}]}, allow_unicode=True)


def _run_quarto(reports: Path, targets: Sequence[str]) -> None:
    quarto = shutil.which("quarto")
    if quarto is None:
        raise ElcError("render: quarto is not on the PATH.")
    result = subprocess.run(
        [quarto, "render"],
        cwd=reports,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    said = "\n".join(result.stdout.strip().splitlines()[-_SHOWN_LINES:]).replace(str(reports), "reports")
    if result.returncode != 0:
        raise ElcError(f"render: quarto stopped with code {result.returncode}. Its last lines:\n{said}")
    missing = [
        target for target in (*(f"{name}.html" for name in TOP), *targets) if not (reports / "_site" / target).is_file()
    ]
    check_faults(
        "render by quarto",
        [
            f"no page {target} was made. Name its notebook in project.render of reports/_quarto.yml."
            for target in missing
        ],
    )
