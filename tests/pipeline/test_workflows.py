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
TARGETS = {
    target for line in re.findall(r"^\.PHONY:(.*)$", (ROOT / "Makefile").read_text(), re.M) for target in line.split()
}
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
    if not re.fullmatch(r"make( [A-Za-z]+)( [A-Z]+=\w+)*", line):
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
    for name in ("Makefile", "requirements.lock", "requirements-spark.lock", "pyproject.toml"):
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "data/raw").mkdir(parents=True)
    (folder / "data/raw/north.dvc").write_text("frozen: true\ndeps:\n")
    (folder / "data/raw/south.dvc").write_text("outs:\n")
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/.done").touch()
    (folder / ".venv/.spark").touch()
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
    recipes = (folder / "Makefile").read_text()
    faulty = recipes.replace("elc hourly --env", "elc hourly --environ")
    (folder / "Makefile").write_text(faulty.replace("--no-run-cache", "--without-run-cache"))
    assert check_line("make operate ENV=prod", folder, {}) != []
    assert check_line("make train PLANT=fjord", folder, {}) != []


def test_values_are_not_read_as_commands(makefile: Path) -> None:
    hostile = 'x"; touch taken; "$(touch taken)`touch taken`'
    for target, variable in (("train", "PLANT"), ("promote", "ENV"), ("operate", "ENV")):
        done = ask_make(makefile, target, environment={variable: hostile})
        assert done.returncode == 0, done.stderr
        assert "touch" not in done.stdout
    done = ask_make(makefile, "promote", environment={"ENV": "prod", "SIGNING_KEY": "what nobody may see"})
    assert "ssh-add" in done.stdout
    assert "nobody may see" not in done.stdout


def test_operation_asks_for_imported_exports_only_and_never_trains(makefile: Path) -> None:
    recipe = ask_make(makefile, "operate", "ENV=prod", environment={}).stdout
    assert "for file in data/raw/north.dvc; do" in recipe
    assert 'dvc update "$file"' in recipe
    assert [line.split()[:2] for line in recipe.splitlines()[-2:]] == [["elc", "deploy"], ["elc", "hourly"]]
    assert "dvc repro" not in recipe, "DVC would train what an export or a change of code made stale"
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
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
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
