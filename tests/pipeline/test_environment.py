"""One set of pins for pip and conda, free of index addresses; the set-up and the hooks say the same as the tests."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
LOCK = "requirements.lock"
SPARK = "requirements-spark.lock"
PI = "requirements-pi.lock"
NAMED = {"jupyterlab", "papermill", "dvc", "tensorflow", "tensorflow-cpu", "pandas", "shap", "nbval"}
OF_EXTRAS = ("serve", "listen", "hourly", "train", "lab", "new", "project", "fleet")  # beside the lock of all
LOCKS = [LOCK, SPARK, PI, *(f"requirements-{extra}.lock" for extra in OF_EXTRAS)]


def read_blocks(lock: str) -> dict[str, set[str]]:
    """The hashes of each pin of a lock; a name may be pinned twice, for different Pythons."""
    content = (ROOT / lock).read_text()
    blocks = [block for block in re.split(r"\n(?=[A-Za-z0-9])", content) if block.strip()]
    return {block.splitlines()[0].rstrip("\\ "): set(re.findall(r"--hash=(\S+)", block)) for block in blocks}


def read_pins(lock: str) -> dict[str, list[Requirement]]:
    """The pins of a lock by name."""
    pins: dict[str, list[Requirement]] = {}
    for line in read_blocks(lock):
        pin = Requirement(line)
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


def read_wants(extra: str) -> list[str]:
    """What pyproject.toml wants for an extra, and those that it takes in; for `""` for every part."""
    if not extra:
        return list(PROJECT["dependencies"])
    found: list[str] = read_wants("")
    for text in EXTRAS[extra]:
        wanted = Requirement(text)
        taken_in = sorted(wanted.extras) if wanted.name == PROJECT["name"] else []
        found += [line for name in taken_in for line in read_wants(name)] or [text]
    return list(dict.fromkeys(found))


def find_closure(wants: list[str]) -> set[str]:
    """Find the packages that these bring on this machine, all the way down, by the metadata of what is installed."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(text) for text in wants]
    while waiting:
        wanted = waiting.pop()
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(wanted.name)
        new = {"", *wanted.extras} - found.get(name, set())
        found.setdefault(name, set()).update(new)
        for text in metadata.requires(name) or [] if new else []:
            asked = Requirement(text)
            if not asked.marker or any(asked.marker.evaluate({"extra": extra}) for extra in new):
                asked.marker = None
                waiting.append(asked)
    return set(found)


@pytest.mark.parametrize("extra", ["dev", *OF_EXTRAS])
def test_lock_covers_what_is_wanted(extra: str) -> None:
    pins = read_pins(LOCK if extra == "dev" else f"requirements-{extra}.lock")
    for text in read_wants(extra):
        wanted = Requirement(text)
        for pin in pins[canonicalize_name(wanted.name)]:
            version = next(iter(pin.specifier)).version
            assert wanted.specifier.contains(Version(version), prereleases=True), (text, str(pin))


def test_spark_has_a_lock_of_its_own() -> None:
    pins = read_pins(SPARK)
    assert pins.keys().isdisjoint(read_pins(LOCK))
    for text in EXTRAS["spark"]:
        wanted = Requirement(text)
        assert all(wanted.specifier.contains(next(iter(pin.specifier)).version) for pin in pins[wanted.name])


def test_pi_has_a_lock_of_its_own_that_changes_no_other_version() -> None:
    """Its packages are installed without looking at what they want, so what both pin is the same."""
    pins, whole = read_pins(PI), read_pins(LOCK)
    for text in EXTRAS["pi"]:
        wanted = Requirement(text)
        assert all(wanted.specifier.contains(next(iter(pin.specifier)).version) for pin in pins[wanted.name])
    versions = {name: {str(pin.specifier) for pin in found} for name, found in whole.items()}
    shared = pins.keys() & versions.keys()
    assert {name for name in shared if not {str(pin.specifier) for pin in pins[name]} <= versions[name]} == set()
    for pin in pins["krb5"] + pins["gssapi"]:
        assert pin.marker is not None
        assert not pin.marker.evaluate()


@pytest.mark.parametrize("extra", OF_EXTRAS)
def test_the_lock_of_an_extra_is_a_part_of_the_whole(extra: str) -> None:
    """The same versions and hashes; for which Python a pin counts may be said more simply where less is pinned."""
    whole = {line.partition(" ;")[0]: hashes for line, hashes in read_blocks(LOCK).items()}
    part = {line.partition(" ;")[0]: hashes for line, hashes in read_blocks(f"requirements-{extra}.lock").items()}
    assert {line for line in part if whole.get(line) != part[line]} == set()


@pytest.mark.parametrize("extra", ["dev", *OF_EXTRAS])
def test_the_lock_of_an_extra_is_all_that_it_needs_and_no_more(extra: str) -> None:
    pins = read_pins(LOCK if extra == "dev" else f"requirements-{extra}.lock")
    here = {name for name, found in pins.items() if any(pin.marker is None or pin.marker.evaluate() for pin in found)}
    assert here == find_closure([*read_wants(extra), *BUILD])


def test_an_extra_takes_in_what_builds_on_it() -> None:
    assert set(read_wants("hourly")) < set(read_wants("train")) < set(read_wants("lab")) < set(read_wants("project"))
    assert {want for extra in ("serve", "listen", "new") for want in read_wants(extra)} < set(read_wants("project"))
    assert set(read_wants("project")) < set(read_wants("dev"))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_is_hashed_and_names_no_index(lock: str) -> None:
    for pins in read_pins(lock).values():
        assert all(next(iter(pin.specifier)).operator == "==" for pin in pins)
    assert all(read_blocks(lock).values())
    assert not re.search(r"https?://|--index|--find-links|--extra-index", (ROOT / lock).read_text())


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
