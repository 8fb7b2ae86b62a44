"""The documents: the front page is short, links lead somewhere, and commands and code are run or known to be there."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import pandas as pd
import pytest

import elc
from elc.cli import main
from tests.conftest import ROOT, copy_settings

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RECIPES = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "project.mk"))
TARGETS = set(re.findall(r"(?m)^([a-z-]+):", RECIPES))
MOST_LINES = 150
QUICK = {"train": {"epochs": 1, "members": 3}}
REASON = r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n)?"
BLOCK = re.compile(rf"(?ms){REASON}^```(?P<kind>sh|bash|console|python)\n(?P<code>.*?)^```$")


@dataclass(frozen=True)
class Block:
    """A block of code of a document; `reason` says why no test runs it, and is empty where one does."""

    path: Path
    kind: str
    code: str
    reason: str


def read_blocks(path: Path) -> list[Block]:
    found = BLOCK.finditer(path.read_text(encoding="utf-8"))
    return [Block(path, one["kind"], one["code"], one["reason"] or "") for one in found]


BLOCKS = [block for path in DOCUMENTS for block in read_blocks(path)]
SHELL = [block for block in BLOCKS if block.kind != "python" and not block.reason]
PYTHON = [block for block in BLOCKS if block.kind == "python" and not block.reason]


def read_commands(path: Path) -> Iterator[str]:
    """Read the commands of a document: the lines of its shell blocks, and what stands between backticks."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for block in re.findall(r"(?ms)^```sh\n(.*?)^```", text):
        for line in block.splitlines():
            yield from re.split(r"\s(?:&&|\|)\s", re.sub(r"\s+#.*", "", line))
    prose = re.sub(r"(?ms)^```.*?^```", "", text)
    for found in re.findall(r"`([^`]+)`", prose):
        yield from re.split(r"\s(?:&&|\|)\s", found)


def find_fault(command: str) -> str:
    """Say what of a command is not there; empty where all is, or where it is none of ours."""
    if not command.startswith(("elc ", "make ", "python -m ")):
        return ""
    match shlex.split(command):
        case ["elc", *rest]:
            return _find_unknown(rest)
        case ["make", *rest]:
            strange = [word for word in rest if "=" not in word and word not in TARGETS]
            return f"no target {', '.join(strange)}" if strange else ""
        case ["python", "-m", module, *_] if module.split(".")[0] in ("benchmarks", "tests"):
            return "" if importlib.util.find_spec(module) else f"no module {module}"
    return ""


def _find_unknown(words: list[str]) -> str:
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        found = command.get_command(click.Context(command), name)
        if found is None:
            return f"no command {name}"
        command = found
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    return ", ".join(sorted(given - options - {"--help"}))


def test_the_front_page_is_short_and_leads_to_every_other() -> None:
    text = DOCUMENTS[0].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for path in DOCUMENTS[1:]:
        assert f"({path.relative_to(ROOT).as_posix()})" in text, path.name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_to_files_that_are_there(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (path.parent / link).is_file()]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_command_is_one_that_is_there(path: Path) -> None:
    faults = {command: fault for command in read_commands(path) if (fault := find_fault(command))}
    assert faults == {}


def test_commands_are_found_and_faults_told() -> None:
    assert sum(command.startswith("elc ") for path in DOCUMENTS for command in read_commands(path)) > 40
    assert find_fault("elc plant remov mill") == "no command remov"
    assert find_fault("elc hourly --envy prod") == "--envy"
    assert find_fault("make demos") == "no target demos"
    assert find_fault("python -m benchmarks.nothing") == "no module benchmarks.nothing"


def test_all_blocks_are_read_and_some_of_each_kind_are_run() -> None:
    fences = sum(len(re.findall(r"(?m)^```(?:sh|bash|console|python)", path.read_text())) for path in DOCUMENTS)
    assert len(BLOCKS) == fences
    assert SHELL
    assert PYTHON


def test_a_test_that_is_named_for_a_block_is_there() -> None:
    named = [name for block in BLOCKS for name in re.findall(r"tests/\S+\.py", block.reason)]
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("block", SHELL, ids=lambda block: block.path.stem)
def test_shell_block_runs(block: Block, tmp_path: Path) -> None:
    project = copy_settings(tmp_path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", "-euo", "pipefail", "-c", block.code]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def fit_once() -> Callable[..., elc.Curve]:
    """Fit the curve of a table, and give the same one to whoever asks for it again: two documents begin with it."""
    fit, made = elc.Curve.fit, dict[str, elc.Curve]()

    def fit_or_take(hours: pd.DataFrame, **given: Any) -> elc.Curve:
        key = f"{hours.to_csv()} {given}"
        if key not in made:
            made[key] = fit(hours, **given)
        return made[key]

    return fit_or_take


# Keras about NumPy
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
@pytest.mark.slow
@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.path.stem)
def test_python_block_runs(
    block: Block, fit_once: Callable[..., elc.Curve], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader's curve trains for half a minute, as in `test_examples`; here it does for an instant."""
    shutil.copyfile(ROOT / "examples" / "own_data" / "hours.csv", tmp_path / "hours.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(elc.Curve, "fit", fit_once)
    code, trained = re.subn(r"(?m)(Curve\.fit\(.*)\)$", rf"\1, settings={QUICK})", block.code)
    assert trained
    exec(compile(code, str(block.path), "exec"), {})


class Reader(HTMLParser):
    """What a page refers to, what it fetches by itself, and the places in it that a link can name."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.ids: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        self.links += [values[name] for name in ("href", "src") if name in values]
        if tag != "a":
            self.fetched += [values[name] for name in ("href", "src") if name in values]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents as pages, built strictly."""
    pytest.importorskip("material", reason="MkDocs is not installed, so the documents are not built.")
    folder = tmp_path_factory.mktemp("docs") / "docs"
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    silent = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=silent)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_pages_fetch_nothing_from_another_host(built: Path) -> None:
    pages = {page: Reader(page) for page in built.rglob("*.html")}
    assert len(pages) > 40
    assert {link for reader in pages.values() for link in reader.fetched if urlsplit(link).netloc} == set()
    styles = [path.read_text(encoding="utf-8") for path in built.rglob("*.css")]
    assert not re.search(r"(?:url\(|@import)\s*[\"']?https?:", "".join(styles))


def test_links_of_pages_lead_to_places_that_are_there(built: Path) -> None:
    pages = {page: Reader(page) for page in built.rglob("*.html") if page.name != "404.html"}
    missing = []
    for page, reader in pages.items():
        for link in reader.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            place = unquote(parts.fragment)
            if not target.is_file() or (place and target in pages and place not in pages[target].ids):
                missing.append((page.name, link))
    assert missing == []


def test_every_package_has_a_page_of_reference_with_its_public_names(built: Path) -> None:
    folder = ROOT / "src" / "elc"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")} | {path.stem for path in folder.glob("*.py")}
    packages -= {"__init__", "library", "cli"}
    pages = {path.stem.removeprefix("elc.") for path in (built / "reference").glob("elc.*.html")}
    assert pages == packages
    assert {"elc.Curve", "elc.Curve.fit", "elc.Plant.hours"} <= Reader(built / "reference" / "elc.html").ids
    assert {"elc.curve.Content", "elc.curve.prove"} <= Reader(built / "reference" / "elc.curve.html").ids
    assert "elc.registry.assign.assign" in Reader(built / "reference" / "elc.registry.html").ids
