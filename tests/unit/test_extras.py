"""Extras: what is missing is said with the extra that brings it, and pyproject.toml brings what each part imports."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from elc.errors import ElcError
from elc.extras import OF_COMMANDS, OF_PACKAGES, OTHER, build_missing, say_missing
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
GRAPH = grimp.build_graph("elc", include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None)
GRAPH.remove_import(importer="elc", imported="elc.library")  # on demand, and no command asks for it
# What each part runs; `hourly` is every command but those of the others.
APART = ("elc.cli", "elc.service", "elc.listen", "elc.train", "elc.library", "elc.live", "elc.projects")
PARTS = {
    "serve": ["elc.service"],
    "listen": ["elc.listen"],
    "hourly": sorted({f"elc.{name.split('.')[1]}" for name in GRAPH.modules if name.startswith("elc.")} - set(APART)),
    "train": ["elc.train"],
}
ELSEWHERE = {
    "CoolProp": {"serve", "listen"},  # formulas are checked by every part, and worked out by ingest alone
    "shap": {"serve"},  # scientists and pages ask for its objects and plots, the service for shares alone
    "pyspark": {"hourly"},  # an engine that is asked for, and an extra of its own
    "distributed": {"hourly"},  # likewise
    # sources of readings and targets of results, too
    **{name: {"hourly"} for name in ("asyncua", "boto3", "botocore", "cryptography", "httpx", "keyring", "paho")},
    **{name: {"hourly"} for name in ("requests_ntlm", "tagreader")},
}


def find_packages(part: str) -> set[str]:
    """The packages that modules of a part import, at the top or inside functions."""
    modules = {module for top in PARTS[part] for module in {top, *GRAPH.find_descendants(top)}}
    for module in sorted(modules):
        modules |= GRAPH.find_upstream_modules(module)
    names = {name.split(".")[0] for name in modules if not name.startswith("elc")} - sys.stdlib_module_names
    return {name for name in names if part not in ELSEWHERE.get(name, set())}


def find_brought(extra: str) -> set[str]:
    """The distributions of the lock of an extra."""
    lines = (ROOT / f"requirements-{extra}.lock").read_text().splitlines()
    return {canonicalize_name(found[1]) for line in lines if (found := re.match(r"([A-Za-z0-9][\w.-]*)==", line))}


@pytest.mark.parametrize("part", PARTS)
def test_an_extra_brings_what_its_part_imports(part: str) -> None:
    owners, brought = metadata.packages_distributions(), find_brought(part)
    lacking = {name for name in find_packages(part) if not brought & set(map(canonicalize_name, owners.get(name, [])))}
    assert lacking == set()


def test_what_every_part_imports_is_the_base() -> None:
    """And nothing else is, so that no machine installs what another needs."""
    shared = set.intersection(*(find_packages(part) for part in ("serve", "listen", "hourly"))) | {"click"}
    owners = metadata.packages_distributions()
    base = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    brought = [base & set(map(canonicalize_name, owners[name])) for name in sorted(shared)]
    assert all(brought), "every part imports it, and the base does not bring it"
    assert set.union(*brought) == base


@pytest.mark.parametrize("extra", ["serve", "listen"])
def test_the_service_and_the_listener_bring_no_notebooks_and_no_training(extra: str) -> None:
    absent = {"tensorflow", "tensorflow-cpu", "keras", "jupyterlab", "ipykernel", "ipython", "papermill", "matplotlib"}
    absent |= {"ibis-framework", "duckdb", "coolprop", "pypandoc-binary", "typst"}
    absent |= {"dvc"} if extra == "listen" else set()
    assert absent <= find_brought("lab")
    assert absent & find_brought(extra) == set()


@pytest.mark.parametrize(
    ("package", "command", "extra"),
    [
        ("uvicorn", "serve", "serve"),
        ("orjson", "listen", "listen"),
        ("orjson", "serve", "serve"),
        ("keras", "run", "train"),
        ("pyspark", "hourly", "spark"),
        ("semver", "models", "hourly"),
        ("copier", "new", "new"),
        ("copier", "upgrade", "new"),
        ("tqdm", "", "hourly"),
    ],
)
def test_the_extra_is_that_of_the_command_and_brings_the_package(package: str, command: str, extra: str) -> None:
    sentence = say_missing(package, command=command)
    assert sentence == (
        f"package {package} is not installed; install the extra that brings it: pip install 'elc[{extra}]'"
    )
    assert package in find_brought(extra)


def test_every_extra_that_is_named_is_there() -> None:
    assert {*OF_COMMANDS.values(), *OF_PACKAGES.values(), OTHER} <= set(PROJECT["optional-dependencies"])


@pytest.mark.parametrize("name", ["elc.nothing", "tomllib", None])
def test_what_is_missing_of_elc_or_python_stays_as_it_is(name: str | None) -> None:
    error = ModuleNotFoundError("a bug", name=name)
    assert build_missing(error, where="serve") is error


def test_a_package_inside_another_is_named_by_the_outer_one() -> None:
    found = build_missing(ModuleNotFoundError("x", name="dvc.repo"), where="serve", command="serve")
    assert isinstance(found, ElcError)
    assert str(found).startswith("serve: package dvc is not installed; ")


BARE = """
import sys
class Hide:
    def find_spec(self, name, *rest):
        if name == sys.argv[1]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hide())
from elc.cli import main
main(sys.argv[2:])
"""


@pytest.mark.parametrize(
    ("package", "words", "extra"),
    [
        ("uvicorn", "serve", "serve"),
        ("orjson", "listen", "listen"),
        ("tqdm", "hourly", "hourly"),
        ("nbformat", "run train fjord", "hourly"),
        ("semver", "models", "hourly"),
    ],
)
def test_a_command_names_its_extra_in_one_sentence(package: str, words: str, extra: str) -> None:
    command = [sys.executable, "-c", BARE, package, *words.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"elc: {words.split()[0]}: {say_missing(package, command=words.split()[0])}\n"
    assert f"'elc[{extra}]'" in done.stderr
