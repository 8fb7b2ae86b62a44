"""The documents: the front page is short, links lead somewhere, and every command in them is one that is there."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from elc.cli import main
from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
MOST_LINES = 150


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
