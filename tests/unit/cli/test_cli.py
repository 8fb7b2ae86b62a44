"""The commands: each says what it does with an example that parses, and a fault is one sentence without a traceback."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from elc.cli import main
from elc.errors import ElcError
from elc.paths import Project
from elc.plants.like import build_addition

ROOT = Path(__file__).parents[3]


def find_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands below a group, with the words that call them."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from find_commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(find_commands(main))


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, arguments)


def test_there_are_commands() -> None:
    assert {("simulate",), ("run",), ("render",), ("plant", "add")} <= set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_says_what_and_gives_an_example_that_parses(words: tuple[str, ...]) -> None:
    done = run(*words, "--help")
    assert done.exit_code == 0
    text = " ".join(done.output.split())
    assert text.startswith(f"Usage: main {' '.join(words)}")
    assert (COMMANDS[words].help or "").strip().endswith(".")
    start = f"Example: elc {' '.join(words)}"
    assert start in text
    arguments = shlex.split(text.split(start, 1)[1])
    assert arguments or not COMMANDS[words].params
    COMMANDS[words].make_context(words[-1], arguments)  # raises on an argument or option that it does not know


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command(option: str) -> None:
    done = run(option)
    assert done.exit_code == 0
    for words in COMMANDS:
        assert f"\n  {words[0]} " in done.output


def test_version_is_that_of_the_package() -> None:
    from elc import __version__

    assert run("--version").output == f"elc, version {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "fjord"),
        ("run", "monitor", "fjord"),
        ("render",),
        ("plant", "add", "x", "--from", "a", "--tags", "b"),
    ],
    ids=" ".join,
)
def test_fault_is_one_sentence_on_stderr(words: tuple[str, ...], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"elc: {tmp_path.resolve()}: no project here or above it: params.yaml and dvc.yaml were not found. "
        "Change into the folder of a project, or make one: elc new.\n"
    )
    assert isinstance(done.exception, SystemExit)


def test_other_exceptions_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("elc.runner.run_stage", fail)
    assert isinstance(run("run", "monitor", "fjord").exception, ZeroDivisionError)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """What `elc run` hands to the runner, which does not run."""
    calls: list[tuple[str, str, dict[str, Any]]] = []

    def record(project: Project, stage: str, plant: str, given: dict[str, Any]) -> Path:
        calls.append((stage, plant, given))
        return project.reports / plant / f"{stage}.ipynb"

    monkeypatch.chdir(ROOT / "notebooks")  # anywhere inside the project
    monkeypatch.setattr("elc.runner.run_stage", record)
    return calls


def test_run_without_parameters(called: list[Any]) -> None:
    done = run("run", "monitor", "fjord")
    assert done.exit_code == 0
    assert done.output == "monitor fjord: reports/fjord/monitor.ipynb\n"
    assert called == [("monitor", "fjord", {})]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x=7", 7),
        ("x=0.5", 0.5),
        ("x=true", True),
        ("x=fjord", "fjord"),
        ("x='007'", "007"),
        ("x=[a, b]", ["a", "b"]),
        ("x=a=b", "a=b"),
        ("x=", None),
    ],
)
def test_parameter_is_read_as_yaml(called: list[Any], text: str, value: Any) -> None:
    assert run("run", "monitor", "fjord", "-p", text).exit_code == 0
    assert called == [("monitor", "fjord", {"x": value})]
    assert type(called[0][2]["x"]) is type(value)


def test_several_parameters(called: list[Any]) -> None:
    assert run("run", "monitor", "fjord", "-p", "a=1", "--parameter", "b=two").exit_code == 0
    assert called == [("monitor", "fjord", {"a": 1, "b": "two"})]


def test_parameter_without_a_value_is_refused(called: list[Any]) -> None:
    done = run("run", "monitor", "fjord", "-p", "days")
    assert (done.exit_code, done.stderr) == (1, "elc: parameter days: expected NAME=VALUE.\n")
    assert called == []


def test_parameter_that_is_no_yaml_is_refused_in_a_sentence(called: list[Any]) -> None:
    done = run("run", "monitor", "fjord", "-p", "days=[1")
    assert done.exit_code == 1
    assert done.stderr.startswith("elc: parameter days=[1: ")
    assert called == []


def test_render_takes_the_engine_named_or_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from elc import settings

    engines: list[str] = []

    def record(_: Project, engine: str) -> str:
        engines.append(engine)
        return engine

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("elc.render.render_site", record)
    done = run("render", "--engine", "pandoc")
    assert done.output == "site, made by pandoc: reports/_site/index.html\n"
    assert run("render").exit_code == 0
    assert engines == ["pandoc", settings.read_settings(Project(ROOT)).render.engine]


def test_pdf_is_of_the_page_and_by_the_engine_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def record(project: Project, plant: str, name: str, *, engine: str, path: Path | None) -> Path:
        asked.append((project.environment, plant, name, engine, path))
        return path or project.reports / plant / f"50_{name}.pdf"

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("elc.render.write_pdf", record)
    assert run("pdf", "fjord", "--engine", "pandoc").output == "reports/fjord/50_monitor.pdf\n"
    assert run("pdf", "fjord", "--page", "explain", "--to", "/tmp/x.pdf", "--engine", "quarto").output == "/tmp/x.pdf\n"
    assert asked == [
        ("", "fjord", "monitor", "pandoc", None),
        ("", "fjord", "explain", "quarto", Path("/tmp/x.pdf")),
    ]


def test_unknown_engine_is_refused() -> None:
    done = run("render", "--engine", "word")
    assert done.exit_code == 2
    assert "'word' is not one of 'auto', 'quarto', 'pandoc'" in done.stderr


def test_unknown_stage_reaches_the_user_as_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = run("run", "montior", "fjord")
    assert (done.exit_code, done.stderr) == (1, "elc: stage montior is unknown: did you mean monitor?\n")


def test_simulating_an_unknown_plant_reaches_the_user_as_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = run("simulate", "fjrod")
    assert (done.exit_code, done.stderr) == (
        1,
        "elc: params.yaml: plant fjrod is not simulated: did you mean fjord?\n",
    )


def test_fault_of_several_lines_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ElcError("plant x: 2 faults\n  - one\n  - two")

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("elc.plants.add_wishes", fail)
    done = run("plant", "add", "x", "--from", "a", "--tags", "b")
    assert (done.exit_code, done.stderr) == (1, "elc: plant x: 2 faults\n  - one\n  - two\n")


def test_entry_stands_beside_the_tag_list_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("elc.plants.add_wishes", lambda *arguments: calls.append(arguments))
    done = run("plant", "add", "x", "--from", "a.csv", "--tags", "t/tags.csv")
    words = r"plant x is added\. Next: dvc repro .*monitor@x .*render\nGit does not add new files .*git add .*\n"
    assert re.fullmatch(words, done.output)
    run("plant", "add", "x", "--from", "a.csv", "--tags", "t/tags.csv", "--entry", "e.yaml")
    additions = [build_addition(Project(ROOT), wish, ROOT) for call in calls for wish in call[1]]
    assert [(one.plant, one.export, one.tags, one.entry) for one in additions] == [
        ("x", Path("a.csv"), Path("t/tags.csv"), Path(entry)) for entry in ("t/plant.yaml", "e.yaml")
    ]


def test_linear_algebra_of_commands_sums_in_one_order() -> None:
    """Two threads give other last digits than one, and a model then depends on the number of cores."""
    code = (
        "import sys; from elc.cli import main; was = 'numpy' in sys.modules\n"
        "try: main(['models', '--help'])\n"
        "except SystemExit: pass\n"
        "import numpy, threadpoolctl\n"
        "print(was, *(pool['num_threads'] for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas'))"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False 1"
