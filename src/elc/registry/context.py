"""Everything that a command of the registry looks at, read once: settings, tags, signers and rules."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from elc.errors import ElcError, build_nearest, check_faults, check_known
from elc.paths import Project
from elc.registry.git import check_repository, try_git
from elc.registry.names import read_name
from elc.registry.objects import read_committed
from elc.registry.remote import find_git_remote
from elc.registry.rules import Followed, Rules
from elc.registry.signers import read_signers
from elc.registry.state import Line, Registry, Version, read_registry
from elc.settings import EnvironmentSettings, Settings, parse_settings, read_settings


@dataclass(frozen=True)
class Context:
    """A project's registry as it stands; tags that are written stay in this clone if it `is_kept`."""

    project: Project
    settings: Settings
    registry: Registry
    rules: Rules
    is_kept: bool = False

    def keep(self) -> Context:
        """The same registry, of which no tag is pushed from now on."""
        return replace(self, is_kept=True)

    @cached_property
    def remote(self) -> str | None:
        """The Git remote that tags are compared with; None where there is none, or tags stay here and none is named.

        Raises:
            ElcError: it is not known which of several it is, or there is none of that name.
        """
        chosen = self.settings.registry
        return find_git_remote(self.project.root, chosen.git_remote, is_pushed=chosen.push)

    @property
    def target(self) -> str | None:
        """The Git remote that tags are pushed to; None where they stay in this clone.

        Raises:
            ElcError: as `remote`.
        """
        return None if self.is_kept or not self.settings.registry.push else self.remote

    def line(self, plant: str) -> Line:
        """A plant's line of versions.

        Raises:
            ElcError: params.yaml has no such plant.
        """
        check_known("plant", plant, self.settings.plants)
        return self.rules.trust.settle(self.registry.line(plant))

    def is_former(self, plant: str) -> bool:
        """Tell whether a plant was removed: its tag list lay in Git where one of its versions was registered."""
        commits = {version.commit for version in self.registry.line(plant).versions.values()}
        path = self.project.tags(plant).relative_to(self.project.root).as_posix()
        return any(read_committed(self.project.root, commit, path) is not None for commit in sorted(commits))

    def environment(self, name: str) -> EnvironmentSettings:
        """The settings of an environment.

        Raises:
            ElcError: params.yaml has no such environment.
        """
        environments = self.settings.environments
        if name not in environments:
            raise ElcError(f"params.yaml: environment {name} is unknown: {build_nearest(name, environments)}")
        return environments[name]

    def follow(self, plant: str, environment: str) -> Followed:
        """What an environment holds of a plant."""
        return self.rules.follow(self.line(plant), environment)

    def find_status(self, version: Version, environment: str) -> str:
        """What counts about a version in an environment: pending, approved or rejected."""
        if self.environment(environment).approval == "none":
            return version.status
        decision = self.rules.find_decision(version, self.line(version.plant), environment)
        if decision is None:
            return "pending"
        return "approved" if decision.action == "assign" else "rejected"


def read_context(project: Project) -> Context:
    """Read the registry of a project.

    Raises:
        ElcError: the project is not a Git repository or a shallow clone, or params.yaml, the signers or a tag cannot be
            read.
    """
    check_repository(project.root)
    settings = read_settings(project)
    plants = list(settings.plants)
    signers = read_signers(project.root, plants=plants, environments=list(settings.environments))
    rules = Rules(project.root, settings.environments, plants, signers)
    return Context(project, settings, read_registry(project.root), rules)


def check_fetched(context: Context) -> None:
    """Check that a clone without any version was not made without tags; a remote that does not answer is let pass.

    Raises:
        ElcError: the Git remote has tags of plants, and this clone none.
    """
    root, remote = context.project.root, None
    with suppress(ElcError):  # which remote it is, whoever writes a tag is asked
        remote = None if context.registry.lines else context.remote
    if remote is None:
        return
    done = try_git(root, "ls-remote", "--tags", "--refs", remote)
    names = [line.split("\trefs/tags/")[-1] for line in done.stdout.splitlines()]
    tags = [name for name in names if (read := read_name(name)) and read.plant in context.settings.plants]
    if tags:
        raise ElcError(
            f"{root}: this clone has no tag of a version, and {remote} has some, such as {tags[0]}. Fetch them: git "
            f"config --unset remote.{remote}.tagOpt; git fetch --tags."
        )


def check_whole(context: Context, plant: str, environment: str) -> None:
    """Check that no tag of a plant is missing, where an environment asks for signatures: it may be a rejection.

    Raises:
        ElcError: there are numbers that no tag has, before one that counts, or a tag is gone that counted.
    """
    trust, line = context.rules.trust, context.line(plant)
    if environment not in trust.find_signed(plant):
        return
    missing = line.find_missing(trust.find_top(line), count=5)
    if missing:
        listed = ", ".join(map(str, missing))
        raise ElcError(
            f"plant {plant}: no tag has number {listed}, so one was deleted or not fetched, and {environment} asks "
            "for signed decisions. Fetch it: git fetch --tags; elc audit gives details."
        )
    gone = trust.find_gone(line, environment)
    check_faults(f"plant {plant} in {environment}", [problem.sentence for problem in gone])


def check_policy(context: Context, environment: str) -> None:
    """Check that what an environment asks for is committed: an edit that nobody reviewed opens no gate.

    Raises:
        ElcError: the environment asks for an approval, here or in the last commit, and the two do not agree.
    """
    here = context.settings.environments
    text = read_committed(context.project.root, "HEAD", "params.yaml")
    committed = {} if text is None else parse_settings(text).environments
    approvals = {policies[environment].approval for policies in (here, committed) if environment in policies}
    if committed != here and approvals != {"none"}:
        raise ElcError(
            "params.yaml: its environments are not those of the last commit, and only what was reviewed opens "
            f"{environment}. Commit the change, or undo it: git checkout params.yaml."
        )
