"""One set of pins for pip and conda, free of index addresses; the set-up and the hooks say the same as the tests."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = "requirements.lock"
SPARK = "requirements-spark.lock"
NAMED = {"jupyterlab", "papermill", "dvc", "tensorflow", "tensorflow-cpu", "pandas", "shap", "nbval"}


def read_pins(lock: str) -> dict[str, list[Requirement]]:
    """The pins of a lock by name; a name may be pinned twice, for different Pythons."""
    content = (ROOT / lock).read_text()
    lines = [line.rstrip("\\ ") for line in content.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    pins: dict[str, list[Requirement]] = {}
    for line in lines:
        pin = Requirement(line)
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


@pytest.mark.parametrize(
    ("lock", "wants"),
    [
        (LOCK, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]),
        (SPARK, PROJECT["optional-dependencies"]["spark"]),
    ],
)
def test_lock_covers_the_project(lock: str, wants: list[str]) -> None:
    pins = read_pins(lock)
    for text in wants:
        wanted = Requirement(text)
        found = pins[canonicalize_name(wanted.name)]
        for pin in found:
            version = next(iter(pin.specifier)).version
            assert wanted.specifier.contains(Version(version), prereleases=True), (text, str(pin))


def test_no_package_is_pinned_in_both_locks() -> None:
    assert read_pins(SPARK).keys().isdisjoint(read_pins(LOCK))


@pytest.mark.parametrize("lock", [LOCK, SPARK])
def test_lock_is_hashed_and_names_no_index(lock: str) -> None:
    for pins in read_pins(lock).values():
        assert all(next(iter(pin.specifier)).operator == "==" for pin in pins)
    content = (ROOT / lock).read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", content)
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|--index|--find-links|--extra-index", content)


def test_conda_environment_has_the_same_pins() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda = [item for item in environment["dependencies"] if isinstance(item, str)]
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    python = next(item for item in conda if item.startswith("python="))
    version = python.partition("=")[2]
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)
    assert any(item.startswith("quarto=") for item in conda)
    assert pip[0] == "--requirement requirements.lock", "pip keeps the hashes of what comes first"
    named, pins = [Requirement(line) for line in pip[1:]], read_pins(LOCK)
    assert {canonicalize_name(one.name) for one in named} == NAMED
    assert sorted(map(str, named)) == sorted(str(pin) for name in NAMED for pin in pins[name])
    packages = {canonicalize_name(item.split("=")[0]) for item in conda} - {"python", "pip", "quarto"}
    assert packages == set(), "a package from conda would be a second pin"


def test_hooks_run_what_the_checks_run() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    entries = " ".join(hook["entry"] for hook in hooks)
    for tool in ("nbstripout --keep-id", "ruff check", "ruff format", "mypy", "lint-imports"):
        assert tool in entries
    recipe = (ROOT / "Makefile").read_text()
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert f"\t{tool}" in recipe
