"""Two people or many runs at once, remotes that are down and clones that lack something: one succeeds, or nothing."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from elc import registry
from elc.paths import Project
from elc.registry.names import read_name
from tests.conftest import git
from tests.pipeline.clones import call, clone, copy_packages, fail, follow, publish, read_tags, read_tree
from tests.pipeline.registry_project import edit_environments, make_project, retrain
from tests.unit.registry.s3 import add_s3_remote

pytestmark = pytest.mark.slow
EIGHT = pytest.mark.long(reason="starts eight commands at once, each a process that imports everything")
APPROVE = ("approve", "fjord", "v1.0.0", "--reason", "better")
REJECT = ("reject", "fjord", "v1.0.0", "--reason", "worse")
PROMOTE = ("promote", "fjord", "v1.0.0", "--env", "dev")
REGISTER = ("register", "fjord")
# Forked after the imports, but for ONNX Runtime, which has threads, and released at once, so that the runs meet.
AT_ONCE = """
import json, os, sys
import dvc.repo, elc.registry
from elc.cli import main
commands, (waiting, release) = json.loads(sys.argv[1]), os.pipe()
children = []
for number, command in enumerate(commands):
    child = os.fork()
    if child:
        children.append(child)
        continue
    os.close(release)
    said = os.open(f"{sys.argv[2]}/{number}", os.O_WRONLY | os.O_CREAT)
    os.dup2(said, 1), os.dup2(said, 2)
    os.read(waiting, 1)
    main(command)
os.close(release)
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]))
"""


@dataclass(frozen=True)
class Pair:
    """Two clones of one bare repository; `first` was there before, `second` was cloned from it."""

    first: Project
    second: Project
    origin: Path

    def meet(self, *arguments: str) -> None:
        """Let the first clone run a command at the moment when the second one's next tag arrives at the remote."""
        hook = self.origin / "hooks" / "pre-receive"
        elc = Path(sys.executable).parent / "elc"
        words = " ".join(f"'{word}'" for word in arguments)
        # The command begins afresh: without the variables of the push that it comes between.
        begin = 'exec env -i PATH="$PATH" HOME="$HOME"'
        hook.write_text(
            f"#!/bin/sh\nrm {hook}\ncd {self.first.root} && ({begin} {elc} {words}) >'{self.said}' 2>&1\nexit 0\n",
            encoding="utf-8",
        )
        hook.chmod(0o755)

    @property
    def said(self) -> Path:
        """What the first clone's command printed, which is there once it ran."""
        return self.origin.with_name("said")


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory, demo_project: Project) -> Pair:
    """Two clones of a project with one version, its package in the cache of both. Tests may read them."""
    folder = tmp_path_factory.mktemp("registered")
    first = make_project(folder / "first", demo_project)
    edit_environments(first, dev={"tests": ["golden"]}, test={"tests": ["golden"], "from": None, "approval": "none"})
    origin = publish(first, folder / "origin.git")
    call(first, *REGISTER)
    second = clone(origin, folder / "second", "bob")
    copy_packages(first, second)
    return Pair(first, second, origin)


@pytest.fixture
def pair(registered: Pair, tmp_path: Path) -> Pair:
    """A copy of the two clones that a test may change."""
    folder = tmp_path / "pair"
    shutil.copytree(registered.origin.parent, folder, symlinks=True)
    found = Pair(Project(folder / "first"), Project(folder / "second"), folder / "origin.git")
    for project in (found.first, found.second):
        git(project.root, "remote", "set-url", "origin", str(found.origin))
    return found


def check_same(pair: Pair, *, count: int) -> None:
    """Check that both clones see the same whole registry, whose numbers are 1 to `count`."""
    for project in (pair.first, pair.second):
        follow(project)
        assert "The registry is sound" in call(project, "audit")
        assert read_numbers(project) == list(range(1, count + 1))
    assert read_tags(pair.first.root) == read_tags(pair.second.root) == read_tags(pair.origin)
    assert call(pair.first, "models", "fjord", "--json") == call(pair.second, "models", "fjord", "--json")


def read_numbers(project: Project) -> list[int]:
    names = [read_name(tag) for tag in read_tags(project.root)]
    return sorted(name.number for name in names if name is not None and name.number)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (PROMOTE, PROMOTE),
        (APPROVE, REJECT),
        (PROMOTE, ("promote", "fjord", "v1.0.0", "--env", "test")),
        (PROMOTE, APPROVE),
    ],
    ids=["promote", "approve-reject", "dev-test", "promote-approve"],
)
def test_two_clones_write_at_once(pair: Pair, ours: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    """The first clone's whole command runs while the second one, which has looked already, pushes."""
    pair.meet(*theirs)
    before = read_tags(pair.second.root)
    said = fail(pair.second, *ours)
    assert "somebody else was faster" in said
    assert "git fetch --tags" in said
    assert "by tag" in pair.said.read_text()
    assert read_tags(pair.second.root) == before
    check_same(pair, count=1)


def test_two_clones_register_at_once(pair: Pair) -> None:
    """Each has trained a package of its own: both would be v1.1.0."""
    retrain(pair.first, "fjord", 0.99)
    retrain(pair.second, "fjord", 0.98)
    git(pair.first.root, "push", "--quiet")
    pair.meet(*REGISTER)
    before = read_tags(pair.second.root)
    said = fail(pair.second, *REGISTER)
    assert "tag fjord@v1.1.0 was not written: origin has it already: somebody else was faster" in said
    assert "registered: fjord@v1.1.0" in pair.said.read_text()
    assert read_tags(pair.second.root) == before
    git(pair.second.root, "pull", "--quiet", "--rebase", "-Xtheirs")
    follow(pair.second)
    assert "fjord@v1.2.0" in call(pair.second, *REGISTER)
    git(pair.second.root, "push", "--quiet")
    follow(pair.first)
    assert list(registry.read_context(pair.first).line("fjord").versions) == ["v1.0.0", "v1.1.0", "v1.2.0"]
    check_same(pair, count=0)


def test_who_has_not_looked_is_told_to(pair: Pair) -> None:
    """The second clone works on a registry that is older than the remote's."""
    call(pair.first, *APPROVE)
    before = read_tags(pair.second.root)
    said = fail(pair.second, *REJECT)
    assert "plant fjord: origin has tags that are not here: fjord#approved#1." in said
    assert "git fetch --tags" in said
    assert read_tags(pair.second.root) == before


def run_at_once(project: Project, *commands: tuple[str, ...]) -> tuple[list[int], list[str]]:
    """Run commands in one clone at once; return their exit codes and what they printed."""
    folder = project.root.parent / "said"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, json.dumps(commands), str(folder)],
        cwd=project.root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), [(folder / str(number)).read_text() for number in range(len(commands))]


def check_one_clone(project: Project, codes: list[int], said: list[str]) -> None:
    """Check that each run wrote its tag or said in a line why not, and that no number is there twice."""
    assert set(codes) <= {0, 1}
    for code, text in zip(codes, said, strict=True):
        assert code == 0 or (text.startswith("elc: ") and text.count("\n") == 1), text
    assert read_numbers(project) == list(range(1, codes.count(0) + 1)), said
    assert "The registry is sound" in call(project, "audit")


@EIGHT
def test_eight_promote_one_version_in_one_clone(pair: Pair) -> None:
    git(pair.first.root, "remote", "remove", "origin")
    codes, said = run_at_once(pair.first, *[PROMOTE] * 8)
    assert codes.count(0) == 1
    check_one_clone(pair.first, codes, said)


@EIGHT
def test_eight_decide_and_promote_in_one_clone(pair: Pair) -> None:
    """Tags of different names take the same next number."""
    git(pair.first.root, "remote", "remove", "origin")
    kinds = [APPROVE, REJECT, PROMOTE, ("promote", "fjord", "v1.0.0", "--env", "test")]
    codes, said = run_at_once(pair.first, *kinds, *kinds)
    assert 0 in codes
    check_one_clone(pair.first, codes, said)


@EIGHT
def test_eight_approve_four_versions_in_one_clone(pair: Pair) -> None:
    git(pair.first.root, "remote", "remove", "origin")
    for number in range(1, 4):
        retrain(pair.first, "fjord", 1 - number / 1000)
        call(pair.first, *REGISTER)
    commands = [("approve", "fjord", f"v1.{number}.0", "--reason", "better") for number in range(4)]
    codes, said = run_at_once(pair.first, *commands, *commands)
    assert 0 in codes
    check_one_clone(pair.first, codes, said)


@pytest.mark.parametrize("command", [APPROVE, REJECT, PROMOTE], ids=["approve", "reject", "promote"])
def test_git_remote_is_down(pair: Pair, command: tuple[str, ...]) -> None:
    pair.origin.rename(pair.origin.with_name("gone.git"))
    before = read_tags(pair.first.root)
    said = fail(pair.first, *command)
    assert "Git remote origin does not answer" in said
    assert "Nothing was written" in said
    check_untouched(pair.first, before)


def test_register_while_the_git_remote_is_down(pair: Pair) -> None:
    retrain(pair.first, "fjord", 0.99)
    pair.origin.rename(pair.origin.with_name("gone.git"))
    before = read_tags(pair.first.root)
    assert "Git remote origin does not answer" in fail(pair.first, *REGISTER)
    check_untouched(pair.first, before)


def test_git_remote_takes_no_tag(pair: Pair) -> None:
    """It answers, and refuses what is pushed."""
    hook = pair.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho tags are protected >&2\nexit 1\n")
    hook.chmod(0o755)
    before = read_tags(pair.first.root)
    said = fail(pair.first, *APPROVE)
    assert "tag fjord#approved#1 was not written: git push to origin failed" in said
    assert "tags are protected" in said
    check_untouched(pair.first, before)


def check_untouched(project: Project, tags: dict[str, str]) -> None:
    """Check that a command left neither a tag nor a change, and nothing deployed."""
    assert read_tags(project.root) == tags
    assert git(project.root, "status", "--porcelain") == ""
    assert read_tree(project.root / "deployed") == {}


def test_dvc_remote_is_down(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 has gone: no version is made, none is promoted, and what is deployed stays as it is."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    project = pair.first
    call(project, *PROMOTE)
    call(project, "deploy", "--env", "dev")
    deployed, before = read_tree(project.root / "deployed"), read_tags(project.root)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        add_s3_remote(project.root, "packages", "packages", f"http://127.0.0.1:{closed.getsockname()[1]}")
    shutil.rmtree(project.root / ".dvc" / "cache")
    git(project.root, "commit", "--quiet", "--all", "--message", "remote")
    assert "remote packages (s3://packages/dvc)" in fail(project, "promote", "fjord", "v1.0.0", "--env", "test")
    assert "fjord: v1.0.0 is there already" in call(project, "deploy", "--env", "dev")
    (project.deployed("dev", "fjord") / "model.onnx").write_bytes(b"altered")
    altered = read_tree(project.root / "deployed")
    said = fail_to_deploy(project)
    assert "fjord: not deployed; what was there stays." in said
    assert "remote packages (s3://packages/dvc)" in said
    assert read_tree(project.root / "deployed") == altered != deployed
    retrain(project, "fjord", 0.99)
    assert "remote packages (s3://packages/dvc)" in fail(project, *REGISTER)
    assert read_tags(project.root) == before


def fail_to_deploy(project: Project) -> str:
    """Deploy one plant to dev, which must fail, and return the reason."""
    return fail(project, "deploy", "--env", "dev", "--plant", "fjord")


@pytest.mark.parametrize(
    "command",
    [REGISTER, APPROVE, REJECT, PROMOTE, ("deploy", "--env", "dev"), ("models",), ("models", "fjord"), ("audit",)],
    ids=lambda command: "-".join(command[:2]),
)
def test_shallow_clone(pair: Pair, command: tuple[str, ...]) -> None:
    shallow = clone_of(pair, f"file://{pair.origin}", "--depth", "1")
    before = read_tags(shallow.root)
    said = fail(shallow, *command)
    assert "a shallow clone" in said
    assert "git fetch --unshallow --tags" in said
    check_untouched(shallow, before)


@pytest.mark.parametrize(
    "command",
    [REGISTER, APPROVE, REJECT, PROMOTE, ("deploy", "--env", "dev"), ("models",), ("models", "fjord")],
    ids=lambda command: "-".join(command[:2]),
)
def test_tagless_clone(pair: Pair, command: tuple[str, ...]) -> None:
    call(pair.first, *PROMOTE)
    tagless = clone_of(pair, str(pair.origin), "--no-tags")
    copy_packages(pair.first, tagless)
    assert "git fetch --tags" in fail(tagless, *command)
    check_untouched(tagless, {})


def test_tagless_clone_keeps_what_is_deployed(pair: Pair) -> None:
    """Whose tags are missing does not know that nothing is assigned."""
    call(pair.first, *PROMOTE)
    call(pair.first, "deploy", "--env", "dev")
    before = read_tree(pair.first.root / "deployed")
    git(pair.first.root, "tag", "--delete", *read_tags(pair.first.root))
    assert "git fetch --tags" in fail(pair.first, "deploy", "--env", "dev")
    assert read_tree(pair.first.root / "deployed") == before
    git(pair.first.root, "fetch", "--quiet", "--tags")
    assert "fjord: v1.0.0 is there already" in call(pair.first, "deploy", "--env", "dev")


def clone_of(pair: Pair, address: str, *options: str) -> Project:
    """Clone the bare repository in another way."""
    folder = pair.origin.with_name("other")
    git(pair.origin.parent, "clone", "--quiet", *options, address, str(folder))
    for key, value in {"user.name": "Cy", "user.email": "cy@example.org"}.items():
        git(folder, "config", key, value)
    return Project(folder)
