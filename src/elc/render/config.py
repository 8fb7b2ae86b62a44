"""reports/_quarto.yml, whose defaults hold for both engines, and what it says of the site."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from typing import Any

import yaml

from elc.paths import Project
from elc.render.navigation import TOP
from elc.render.receipts import STEMS, Page


def read_config(project: Project, faults: list[str]) -> dict[str, Any]:
    """Read reports/_quarto.yml, whose defaults hold for both engines."""
    for name in ("_quarto.yml", "assets/elc.css", "assets/elc.js"):
        if not (project.report_sources / name).is_file():
            faults.append(f"reports/{name}: not found. Restore it: git checkout reports/{name}.")
    try:
        content = yaml.safe_load((project.report_sources / "_quarto.yml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        faults.append(f"reports/_quarto.yml: cannot be read as YAML: {error}")
        return {}
    return content if isinstance(content, dict) else {}


def check_named(project: Project, config: dict[str, Any], pages: Sequence[Page], faults: list[str]) -> None:
    """Check that project.render names the pages of the site and no other file: either engine renders what it names."""
    section = config.get("project")
    named = section.get("render") if isinstance(section, dict) else None
    if not isinstance(named, list):
        return
    patterns = [str(name) for name in named]
    known = [*(f"{name}.qmd" for name in TOP), *(f"*/{stem}.ipynb" for stem in STEMS.values())]
    where = "reports/_quarto.yml: project.render"
    for pattern in (pattern for pattern in patterns if pattern not in known and pattern[:1] not in ("!", "/")):
        found = [path.relative_to(project.report_sources).as_posix() for path in project.report_sources.glob(pattern)]
        for name in sorted(found) or [pattern]:
            if not any(fnmatch(name, page) for page in known):
                faults.append(
                    f"{where} names {name}, which is not a page; the pages are {', '.join(known)}. Remove it."
                )
    for source in [*known[: len(TOP)], *(page.source for page in pages)]:
        if not any(fnmatch(source, pattern) for pattern in patterns) or f"!{source}" in patterns:
            faults.append(f"{where} does not name {source}, which is a page. Add it.")
