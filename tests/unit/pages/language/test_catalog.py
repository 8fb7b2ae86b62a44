"""The files of translations held against the code: every text of a page is there, and nothing that no page says."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po

from elc.fields import UNITS, read_label
from elc.pages import language
from elc.render.method.thresholds import read_thresholds
from elc.render.receipts import STEMS
from elc.render.translate import list_texts

ROOT = Path(__file__).resolve().parents[4]
SOURCE = ROOT / "src" / "elc"
LANGUAGES = [code for code in language.find_languages() if code != language.ENGLISH]
# Modules that translate what settings or columns name; their texts are in `list_named`.
NAMING = {f"pages/{name}.py" for name in ("labels", "language/catalog", "monitor/health", "report/words")} | {
    "render/method/page.py", "render/pandoc.py", "render/paper.py", "render/prepare.py", "render/quarto.py"
}  # fmt: skip
# Not Babel's extractor: it passes over what stands inside an f-string.
_PLACE = re.compile(r"\{\{.*?\}\}|\{\w*\}")


def find_calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call of `say`, `say_count` and `translate` of elc.pages.language: module, function, call."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not any(_imports_language(node) for node in ast.walk(tree)) and path.name != "catalog.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in ("say", "say_count", "translate"):
                    yield path.relative_to(SOURCE).as_posix(), name, node


def _imports_language(node: ast.AST) -> bool:
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return False
    return node.module.startswith("elc.pages.language") or (
        node.module == "elc.pages" and any(name.name == "language" for name in node.names)
    )


def _read_literals(name: str, call: ast.Call) -> list[str] | None:
    """Read what is said, of a count its two forms; None where it is no literal."""
    said = call.args[: 2 if name == "say_count" else 1]
    texts = [one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return texts if texts and len(texts) == len(said) else None


def list_labels() -> set[str]:
    """The labels of all columns of the tag lists."""
    paths = [*(ROOT / "data" / "plants").glob("*/tags.csv"), *(ROOT / "examples").glob("*/tags.csv")]
    rows = [row for path in paths for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]
    return {read_label(row["column"]) for row in rows if row["column"]}


def list_named() -> set[str]:
    """What params.yaml (with the comments that the method page shows), the units and the site's footer name."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    site = yaml.safe_load((ROOT / "reports" / "_quarto.yml").read_text(encoding="utf-8"))
    carriers = {name for plant in params["plants"].values() for name in plant["carriers"]}
    products = {plant["product"] for plant in params["plants"].values()}
    tags = (ROOT / "examples").glob("*/tags.csv")
    carriers |= {row["carrier"] for path in tags for row in csv.DictReader(path.read_text("utf-8").splitlines())} - {""}
    signs = {
        unit.sign for unit in UNITS.values() if len(unit.sign) > 3 and "/" not in unit.sign and unit.sign != "mbar"
    }
    limits = {plant["battery_limit"] for plant in params["plants"].values()}
    thresholds = {one.meaning for one in read_thresholds(ROOT / "params.yaml", list(params["plants"])) if one.meaning}
    return carriers | products | limits | thresholds | signs | {site["website"]["page-footer"]["left"]}


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """All that a page can say, in English."""
    said = {text for _, name, call in find_calls() for text in _read_literals(name, call) or []}
    static = set(list_texts(ROOT / "notebooks" / f"{stem}.ipynb" for stem in STEMS.values()))
    return said | static | list_labels() | list_named()


def read_catalog(code: str) -> dict[str, str]:
    with (SOURCE / "pages" / "language" / f"{code}.po").open("rb") as file:
        catalog = read_po(file, locale=code, abort_invalid=True)
    pairs = [
        pair
        for entry in catalog
        for pair in (zip(entry.id, entry.string, strict=True) if entry.pluralizable else [(entry.id, entry.string)])
    ]
    return {str(source): str(said) for source, said in pairs if source}


def test_what_is_said_is_a_literal() -> None:
    loose = [
        f"{module}:{call.lineno}"
        for module, name, call in find_calls()
        if _read_literals(name, call) is None and (name != "translate" or module not in NAMING)
    ]
    assert loose == []


def test_texts_are_found_in_f_strings_lambdas_and_notebooks(texts: set[str]) -> None:
    assert {"What best, typical and gap mean", "still open", "Data and model quality", "flue O2", "gas"} <= texts


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_is_translated(code: str, texts: set[str]) -> None:
    catalog = read_catalog(code)
    assert sorted(text for text in texts if not catalog.get(text)) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_translated_that_no_page_says(code: str, texts: set[str]) -> None:
    assert sorted(set(read_catalog(code)) - texts) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_places_are_the_same(code: str) -> None:
    differing = [
        source for source, said in read_catalog(code).items()
        if sorted(_PLACE.findall(source)) != sorted(_PLACE.findall(said))
    ]  # fmt: skip
    assert differing == []
