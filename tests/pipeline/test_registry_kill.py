"""A command of the registry that is killed leaves a state that the audit calls whole, or mends by what it names."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from elc import registry
from elc.paths import Project
from elc.registry.audit import audit
from elc.registry.trust import Problem
from tests.conftest import ROOT, git
from tests.pipeline.registry_project import edit_environments, make_project, retrain

KILLS = 6
pytestmark = [pytest.mark.slow, pytest.mark.long(reason="kills five commands of the registry six times each")]
# One process that has imported everything, and forks for each command: a try takes no start-up.
SERVER = """
import json, os, signal, sys, time
import dvc.repo, dvc.config, dvc_data.hashfile.transfer, onnxruntime, pandas
import elc.curve, elc.registry.audit
from elc.cli.main import main

def obey(folder, log, arguments):
    for number, name in enumerate([os.devnull, log, log]):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
    os.chdir(folder)
    try:
        main(arguments)
    except SystemExit as end:
        return end.code or 0

def run(folder, log, arguments, kill_after):
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        code = 70
        try:
            code = obey(folder, log, arguments)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.killpg(pid, signal.SIGKILL)  # it was not waited for, so the group is still its own
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code, time.monotonic() - began

print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(run(*json.loads(line))), flush=True)
"""
REMOTE = """
[core]
    remote = store
['remote "store"']
    url = ../../store
"""
COMMANDS = {
    "register": ["register", "fjord"],
    "approve": ["approve", "fjord", "v1.1.0", "--reason", "better"],
    "promote": ["promote", "fjord", "v1.1.0", "--env", "test"],
    "deploy": ["deploy", "--env", "prod"],
    "rollback": ["rollback", "fjord", "--env", "prod", "--to", "v1.0.0"],
}
DONE = {  # what the command says where the killed run had done its work
    "register": "this package is already registered, as v1.1.0",
    "approve": "fjord v1.1.0 is already approved",
    "promote": "promote fjord v1.1.0 to test: it is already there",
    "deploy": "fjord: v1.1.0 is there already",
    "rollback": "roll back fjord in prod: v1.0.0 is there already",
}


class Server:
    """Runs commands of elc, each in a process group of its own that can be killed."""

    def __init__(self, log: Path) -> None:
        self.log = log
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, **pipes)
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def run(self, folder: Path, arguments: list[str], *, kill_after: float | None = None) -> tuple[int, str, float]:
        """Run a command, or kill it after some seconds; its code, what it said, and how long it took."""
        assert self.process.stdin is not None
        self.log.write_text("")
        self.process.stdin.write(json.dumps([str(folder), str(self.log), arguments, kill_after]) + "\n")
        self.process.stdin.flush()
        code, seconds = json.loads(self._read())
        return code, self.log.read_text(), seconds

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


@dataclass(frozen=True)
class Places:
    """A folder with a project, its Git remote and its remote of DVC, as they are before each command."""

    before: dict[str, Path]
    server: Server
    folder: Path

    def lay(self, command: str) -> Path:
        """Lay down what is there before a command, and return the project's folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.before[command], self.folder, symlinks=True, copy_function=copy_or_link)
        return self.folder / "project"


def copy_or_link(source: str, target: str) -> None:
    """Link what is never written twice: the objects of Git and of DVC."""
    if "/objects/" in source or "/files/md5/" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def places(demo_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """The life of two versions of one plant, kept as it was before each command."""
    folder = tmp_path_factory.mktemp("kill")
    server = Server(folder / "log")
    try:
        yield Places(
            dict(live(folder, make_project(folder / "now" / "project", demo_project), server)), server, folder / "try"
        )
    finally:
        server.stop()


def live(folder: Path, project: Project, server: Server) -> Iterator[tuple[str, Path]]:
    """Live through the commands, and give what was there before each."""

    def elc(*words: str) -> None:
        code, said, _ = server.run(project.root, list(words))
        assert code == 0, (words, said)

    git(folder, "init", "--quiet", "--bare", "now/git")
    git(project.root, "remote", "add", "origin", "../git")
    (project.root / ".dvc" / "config").write_text(REMOTE)
    git(project.root, "add", ".dvc/config")
    edit_environments(project, **{name: {"tests": ["golden"]} for name in ("dev", "test", "prod")})
    elc("register", "fjord")
    elc("approve", "fjord", "v1.0.0", "--reason", "first")
    for name in ("dev", "test", "prod"):
        elc("promote", "fjord", "v1.0.0", "--env", name)
    elc("deploy", "--env", "prod")
    retrain(project, "fjord", 1.01)
    for name, command in COMMANDS.items():
        if name == "promote":
            elc("promote", "fjord", "v1.1.0", "--env", "dev")
        if name == "deploy":
            elc("promote", "fjord", "v1.1.0", "--env", "prod")
        if name in ("deploy", "rollback"):  # from the remote
            shutil.rmtree(project.root / ".dvc" / "cache")
        yield name, shutil.copytree(folder / "now", folder / name, symlinks=True)
        elc(*command)


def find_problems(root: Path) -> list[Problem]:
    return audit(registry.read_context(Project(root)), is_deep=True)


def mend(server: Server, root: Path, problems: list[Problem]) -> None:
    """Run the command that each problem names, once; one may find that another has done its work."""
    for repair in dict.fromkeys(problem.repair for problem in problems):
        assert repair, problems
        if repair.startswith("elc "):
            server.run(root, shlex.split(repair)[1:])
        else:
            subprocess.run(repair, shell=True, cwd=root, capture_output=True)


def look(root: Path) -> tuple[object, ...]:
    """What the registry says in the end: versions, what each environment holds, and what is deployed."""
    project = Project(root)
    context = registry.read_context(project)
    line = context.registry.line("fjord")
    versions = [(name, it.status) for name, it in line.versions.items()]
    held = [(name, it.version) for name in ("dev", "test", "prod") if (it := context.follow("fjord", name).version)]
    deployed = registry.read_deployed(project, "prod", "fjord")
    tags = [sorted(git(place, "tag").split()) for place in (root, root.parent / "git")]
    return versions, held, deployed and deployed.version, tags


def find_seconds(places: Places, command: str) -> tuple[float, tuple[object, ...]]:
    """How long an undisturbed run takes, and what is there after it; one more says that it is done."""
    for _ in range(2):  # the first one reads the disk
        root = places.lay(command)
        code, said, seconds = places.server.run(root, COMMANDS[command])
        assert code == 0, said
    assert find_problems(root) == []
    after = look(root)
    code, said, _ = places.server.run(root, COMMANDS[command])
    assert code == 0 or DONE[command] in said, said
    return seconds, after


@pytest.mark.parametrize("command", COMMANDS)
def test_killed_at_any_moment_is_whole_or_mended(places: Places, command: str) -> None:
    server, arguments = places.server, COMMANDS[command]
    seconds, expected = find_seconds(places, command)
    kills = 0
    for fraction in np.random.default_rng(5).uniform(0, 1, 3 * KILLS):
        root = places.lay(command)
        code, _, taken = server.run(root, arguments, kill_after=fraction * seconds)
        kills += code == -signal.SIGKILL
        seconds = seconds if code == -signal.SIGKILL else min(seconds, taken)  # how busy the machine is, changes
        problems = find_problems(root)
        if problems:
            mend(server, root, problems)
            assert find_problems(root) == [], problems
        code, said, _ = server.run(root, arguments)
        assert code == 0 or DONE[command] in said, (fraction, problems, said)
        assert look(root) == expected, (fraction, problems, said)
        assert code or find_problems(root) == [], (fraction, problems, said)
        if kills == KILLS:
            return
    pytest.fail(f"{kills} of {KILLS} runs were killed before their end")
