"""The workflows call make and elc only, with targets and options that exist; no value is read as a command."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from dvc.cli import DvcParserError, parse_args

from elc import settings
from elc.cli import main
from elc.hourly.stages import SITE, STAGES
from elc.paths import Project
from tests.conftest import git, run

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[Any, Any]] = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}
ON = True  # how YAML reads the key `on`
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"].values()]
STEPS = [(name, step) for name, job in JOBS for step in job["steps"]]
LINES = [(name, line, step.get("env", {})) for name, step in STEPS for line in step.get("run", "").splitlines()]
RECIPES = "".join((ROOT / name).read_text() for name in ("Makefile", "project.mk"))
TARGETS = {target for line in re.findall(r"^\.PHONY:(.*)$", RECIPES, re.M) for target in line.split()}
VALUES = {"PLANT": "fjord", "ENV": "test"}
ELC = re.compile(r'(?:\w+="\$\()?(elc .*?)(?:\)")?')
ECHO = re.compile(r'echo "[^"`]*" >> "\$GITHUB_(OUTPUT|PATH)"')


def check_line(line: str, project: Path, environment: dict[str, str]) -> list[str]:
    """Say what is wrong with one run line; what make would run is looked at as well."""
    if "${{" in line:
        return [f"{line}: a value of GitHub's in a command; pass it by env."]
    if ECHO.fullmatch(line):
        return []
    called = ELC.fullmatch(line)
    if called:
        return check_elc(called[1])
    if not re.fullmatch(r"make( [A-Za-z-]+)( [A-Z]+=\w+)*", line):
        return [f"{line}: neither make nor elc."]
    return check_make(line, project, environment)


def check_elc(command: str) -> list[str]:
    """Let click read a command's arguments as it would, without running it."""
    words = ["fjord" if word.startswith("$") and word != "$ENV" else word for word in shlex.split(command)]
    arguments = [VALUES["ENV"] if word == "$ENV" else word for word in words[1:]]
    found: click.Command = main
    try:
        while isinstance(found, click.Group):
            context = click.Context(found, info_name=found.name)
            _, child, arguments = found.resolve_command(context, arguments)
            assert child is not None
            found = child
        found.make_context(found.name, list(arguments))
    except click.ClickException as error:
        return [f"{command}: {error.format_message()}"]
    return []


def check_dvc(command: str) -> list[str]:
    """Let DVC read a command's arguments as it would, without running it."""
    try:
        parse_args(shlex.split(command)[1:])
    except (DvcParserError, SystemExit):
        return [f"{command}: dvc does not know this."]
    return []


def check_make(line: str, project: Path, environment: dict[str, str]) -> list[str]:
    """Ask make what it would do, and check the commands of elc and dvc among it."""
    words = shlex.split(line)
    if words[1] not in TARGETS:
        return [f"{line}: no such target."]
    done = ask_make(project, *words[1:], environment=environment)
    if done.returncode:
        return [f"{line}: {done.stderr.strip()}"]
    faults: list[str] = []
    for text in done.stdout.splitlines():
        for part in re.split(r" \|\| | && |; ", text):
            command = re.search(r"(?:^|' sh )\s*((elc|dvc) .*)$", part)
            if command:
                faults += check_elc(command[1]) if command[2] == "elc" else check_dvc(command[1])
    return faults


def ask_make(project: Path, *words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `make --dry-run` with exactly the variables of a workflow's step."""
    kept = {
        key: value for key, value in os.environ.items() if key not in (*VALUES, "SIGNING_KEY", "MAKEFLAGS", "MAKELEVEL")
    }
    known = {
        key: VALUES.get(key, "a value") if "${{" in str(value) else str(value) for key, value in environment.items()
    }
    command = ["make", "--dry-run", *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, env=kept | known)


@pytest.fixture(scope="module")
def makefile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Makefile, set up already."""
    folder = tmp_path_factory.mktemp("make")
    locks = ("requirements.lock", "requirements-spark.lock", "requirements-pi.lock")
    for name in ("Makefile", "project.mk", *locks, "pyproject.toml"):
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "data/raw").mkdir(parents=True)
    (folder / "data/raw/north.dvc").write_text("frozen: true\ndeps:\n")
    (folder / "data/raw/south.dvc").write_text("outs:\n")
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/.done").touch()
    (folder / ".venv/.spark").touch()
    (folder / ".venv/.pi").touch()
    return folder


def test_there_is_a_workflow_for_each_purpose() -> None:
    assert set(WORKFLOWS) == {"test", "train", "promote", "hourly"}


def test_schema() -> None:
    done = run(ROOT, "check-jsonschema", "--builtin-schema", "vendor.github-workflows", "--no-cache", *map(str, FILES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not on the PATH")
def test_actionlint() -> None:
    done = run(ROOT, "actionlint", *map(str, FILES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "line", "environment"), LINES, ids=[f"{name}: {line}" for name, line, _ in LINES])
def test_run_line_is_known(name: str, line: str, environment: dict[str, str], makefile: Path) -> None:
    assert check_line(line, makefile, environment) == [], name


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("pip install elc", "neither make nor elc"),
        ("make test && curl example.org", "neither make nor elc"),
        ("make nothing", "no such target"),
        ("make train", "Name one: make train PLANT="),
        ("make train PLANT=${{ inputs.plant }}", "pass it by env"),
        ("elc plant sing", "No such command 'sing'"),
        ("elc render --engin quarto", "No such option"),
        ("elc render --engine word", "is not one of"),
        ("elc run monitor", "Missing argument 'PLANT'"),
        ('echo "$(id)`id`" >> "$GITHUB_OUTPUT"', "neither make nor elc"),
    ],
)
def test_faulty_run_line_is_found(line: str, fault: str, makefile: Path) -> None:
    assert any(fault in found for found in check_line(line, makefile, {}))


def test_faulty_recipe_is_found(makefile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "make"
    shutil.copytree(makefile, folder)
    recipes = (folder / "project.mk").read_text()
    faulty = recipes.replace("elc hourly --env", "elc hourly --environ")
    (folder / "project.mk").write_text(faulty.replace("--pull", "--pulled"))
    assert check_line("make operate ENV=prod", folder, {}) != []
    assert check_line("make train PLANT=fjord", folder, {}) != []


NAMED = (("train", "PLANT"), ("promote", "ENV"), ("operate", "ENV"))
OTHERS = sorted(TARGETS - {target for target, _ in NAMED} - {"clean"})
HOSTILE = (
    "$(shell touch taken)x",
    "${shell touch taken}x",
    "$(eval x:=$(shell touch taken))fjord",
    'x"; touch taken; "$(touch taken)`touch taken`',
    "fjord;touch taken",
    "fjord\ntouch taken",
    "../fjord",
    "--help",
    "Fjord",
    "fjord taken",
    "1fjord",
)


def call_make(folder: Path, *words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run make with commands of a set-up that write down what they are called with, and do nothing else."""
    for name in ("python", "elc", "dvc", "jupyter", "ruff", "mypy", "lint-imports"):
        command = folder / ".venv/bin" / name
        command.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >> called\n')
        command.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if key not in {*VALUES, "SIGNING_KEY", "MAKEFLAGS"}}
    command = ["make", "--old-file=requirements.lock", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=kept | environment)


@pytest.fixture
def made(makefile: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "make"
    shutil.copytree(makefile, folder)
    git(folder, "init", "--quiet")
    for name in (".done", ".spark"):
        (folder / ".venv" / name).touch()
    return folder


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(("target", "variable"), NAMED)
@pytest.mark.parametrize("is_given", [False, True], ids=["by environment", "by argument"])
def test_value_that_is_no_name_is_refused_first(
    made: Path, target: str, variable: str, value: str, is_given: bool
) -> None:
    words = [f"{variable}={value}"] if is_given else []
    done = call_make(made, target, *words, environment={} if is_given else {variable: value})
    assert done.returncode == 2
    assert f"{variable} is no name of params.yaml: expected small letters, digits and _" in done.stderr
    assert not (made / "taken").exists()
    assert not (made / "called").exists()


@pytest.mark.parametrize("target", [*OTHERS, *(target for target, _ in NAMED)])
def test_no_target_runs_a_value(made: Path, target: str) -> None:
    """Every value that a workflow or a person may give, at every target, as a dry run expands all of it."""
    value = "$(shell touch taken)x"
    names = ("PLANT", "ENV", "HOURS", "SIGNING_KEY", "PYTHON")
    for words, given in ([], dict.fromkeys(names, value)), ([f"{name}={value}" for name in names], {}):
        call_make(made, "--dry-run", target, *words, environment={**given, "PATH": f"{os.environ['PATH']}:{value}"})
        assert not (made / "taken").exists()


@pytest.mark.parametrize("key", ["$(shell touch taken)", "x'; touch taken; '", "`touch taken`"])
def test_a_signing_key_is_no_command(made: Path, key: str) -> None:
    call_make(made, "promote", environment={"ENV": "prod", "SIGNING_KEY": key})
    assert not (made / "taken").exists()


def test_every_input_of_a_workflow_reaches_make_as_a_checked_name() -> None:
    """An input is a choice among names, or becomes a matrix whose values reach make in a variable that it checks."""
    checked = {variable for _, variable in NAMED}
    for name, workflow in WORKFLOWS.items():
        inputs = ((workflow[ON].get("workflow_dispatch") or {}).get("inputs") or {}) if workflow[ON] else {}
        for key in inputs:
            assert "${{ inputs." not in yaml.safe_dump([step for found, step in STEPS if found == name]), name
            taken = [
                step.get("env", {})
                for found, step in STEPS
                if found == name and step.get("run", "").startswith("make ")
            ]
            by = [variable for env in taken for variable, text in env.items() if f"matrix.{key} " in str(text)]
            assert checked & set(by), (name, key)


def test_operation_asks_for_imported_exports_only_and_never_trains(made: Path) -> None:
    (made / "data/raw/$(touch taken);touch taken.dvc").write_text("frozen: true\n")
    done = call_make(made, "operate", environment={"ENV": "prod"})
    assert done.returncode == 0, done.stderr
    assert (made / "called").read_text().splitlines() == [
        "dvc update data/raw/$(touch taken);touch taken.dvc",
        "dvc update data/raw/north.dvc",
        "elc deploy --env prod",
        "elc hourly --env prod",
    ], "DVC would train what an export or a change of code made stale"
    assert not (made / "taken").exists()
    assert not {"dataset", "train", "evaluate", "simulate"} & {*STAGES, SITE}


def test_promotion_signs_with_the_key_of_the_environment(makefile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "make"
    shutil.copytree(makefile, folder)
    (folder / ".venv/.done").touch()
    git(folder, "init", "--quiet")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    public = (tmp_path / "key.pub").read_text().strip()
    command = folder / ".venv/bin/elc"
    command.write_text('#!/bin/sh\ngit commit -q --allow-empty -m x && git tag -s -m "$*|$SIGNING_KEY" tag\n')
    command.chmod(0o755)
    step = next(step for name, step in STEPS if name == "promote" and step.get("run") == "make promote")
    values = {
        "ENV": "prod",
        "SIGNING_KEY": (tmp_path / "key").read_text(),
        "GIT_CONFIG_VALUE_0": "elc prod",
        "GIT_CONFIG_VALUE_1": "promoter@example.org",
        "GIT_CONFIG_VALUE_3": f"key::{public}",
    }
    environment = {**os.environ, **{key: str(value) for key, value in step["env"].items()}, **values}
    done = subprocess.run(["make", "promote"], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (tmp_path / "allowed").write_text(f"promoter@example.org {public}\n")
    trusted = f"gpg.ssh.allowedSignersFile={tmp_path / 'allowed'}"
    git(folder, "-c", trusted, "verify-tag", "tag")
    assert (
        git(folder, "for-each-ref", "--format=%(contents:subject)", "refs/tags").strip() == "promote --all --env prod|"
    )
    left = [path for path in folder.rglob("*") if path.is_file() and b"OPENSSH PRIVATE" in path.read_bytes()]
    assert left == []


@pytest.mark.parametrize(("name", "job"), JOBS, ids=[name for name, _ in JOBS])
def test_job_has_least_rights_and_an_end(name: str, job: dict[str, Any]) -> None:
    assert job["timeout-minutes"] <= 120
    rights = job.get("permissions", WORKFLOWS[name]["permissions"])
    assert rights == ({"contents": "write"} if name == "promote" else {"contents": "read"})
    assert "concurrency" in WORKFLOWS[name]
    assert "pull_request_target" not in WORKFLOWS[name][ON]


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_step_pins_its_action_and_takes_secrets_by_environment(name: str, step: dict[str, Any]) -> None:
    if "uses" in step:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"]), "a tag can be moved to another commit"
    others = {key: value for key, value in step.items() if key != "env"}
    assert "secrets." not in yaml.safe_dump(others), name
    secrets = [value for value in step.get("env", {}).values() if "secrets." in str(value)]
    assert all(re.fullmatch(r"\$\{\{ secrets\.[A-Z_]+ \}\}", value) for value in secrets)
    if "GIT_CONFIG_COUNT" in step.get("env", {}):
        keys = [key for key in step["env"] if key.startswith("GIT_CONFIG_KEY_")]
        assert len(keys) == int(step["env"]["GIT_CONFIG_COUNT"])


@pytest.mark.parametrize("name", ["promote", "hourly"])
def test_the_registry_is_checked_out_whole(name: str) -> None:
    """A checkout of the tag that started a run turns that tag into a lightweight one (actions/checkout, issue 882)."""
    checkouts = [step["with"] for found, step in STEPS if found == name and "checkout" in step.get("uses", "")]
    assert checkouts
    assert all(given["fetch-depth"] == 0 and given["fetch-tags"] is True for given in checkouts)
    if name == "promote":
        assert all(given["ref"] == "${{ github.event.repository.default_branch }}" for given in checkouts)


def test_only_promotion_keeps_the_right_to_push() -> None:
    checkouts = [(name, step["with"]) for name, step in STEPS if "checkout" in step.get("uses", "")]
    assert {name for name, given in checkouts if given.get("persist-credentials") is not False} == {"promote"}


def test_environments_are_those_of_the_settings() -> None:
    environments = list(settings.read_settings(Project(ROOT)).environments)
    promote = WORKFLOWS["promote"]
    assert promote[ON]["workflow_dispatch"]["inputs"]["environment"]["options"] == environments
    matrix = promote["jobs"]["promote"]["strategy"]["matrix"]["environment"]
    unattended = re.findall(r'"(\w+)"', matrix)
    assert unattended == environments[:-1], "the highest environment is promoted to by hand"


def test_matrix_of_plants_stands_on_one_line() -> None:
    done = run(ROOT, "elc", "plant", "list", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1, "GITHUB_OUTPUT takes one line"
    assert json.loads(done.stdout) == list(settings.read_settings(Project(ROOT)).plants)


def test_registry_tags_start_promotion_and_nothing_else() -> None:
    assert WORKFLOWS["promote"][ON]["push"]["tags"] == ["*@v*", "*#approved#*"]
    assert [name for name, workflow in WORKFLOWS.items() if "tags" in (workflow[ON].get("push") or {})] == ["promote"]
    assert "branches" in WORKFLOWS["test"][ON]["push"], "without it every tag would run the checks"
