"""A registry to attack: five versions, four people with rights in prod, and what somebody with the disk can do."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

from elc import registry
from elc.errors import ElcError
from elc.paths import Project
from elc.registry import Context, Version, storage
from elc.registry.deploy import deploy_plant
from elc.registry.events import build_message
from elc.registry.promote import promote
from tests.pipeline.registry_project import PLANTS, edit_environments, make_project, record, scale_package
from tests.unit.registry.keys import Key, configure_signing, make_key, read_tag, run, write_tag
from tests.unit.registry.s3 import add_folder_remote

START = datetime(2025, 1, 1, tzinfo=UTC)
# eve's key counts for the whole history below, and not after it; attacks come a year after it.
EXPIRED = START + timedelta(days=200)
LATER = START + timedelta(days=365)
RIGHTS = {
    "ann": "promote=*@prod",
    "bob": "approve=fjord@prod",
    "carl": "approve=delta@prod promote=delta@prod",
    "dora": "promote=*@test",
    "eve": "approve=*@* promote=*@*",
}


@dataclass
class Site:
    """A project with its remote beside it, the keys of everybody, and the package that each plant runs on in prod."""

    root: Path
    keys: Mapping[str, Key]
    proper: Mapping[str, str]
    days: int = 0
    patch: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)

    @property
    def project(self) -> Project:
        return Project(self.root)

    @property
    def store(self) -> Path:
        """The DVC remote."""
        return self.root.parent / "store"

    @property
    def context(self) -> Context:
        return registry.read_context(self.project)

    def version(self, version: str, plant: str = "fjord") -> Version:
        return registry.read_registry(self.root).line(plant).versions[version]

    def be(self, who: str) -> None:
        """Sign as somebody from now on."""
        configure_signing(self.root, self.keys[who])

    def name(self, subject: str) -> str:
        """Name the plant's next tag, such as fjord#prod."""
        plant = subject.partition("#")[0].partition("@")[0]
        return f"{subject}#{registry.read_registry(self.root).line(plant).number + 1}"

    def tell(self, version: Version, environment: str = "") -> dict[str, Any]:
        """The fields that a tag about a version must have."""
        fields = {"version": version.version, "package": version.package, "sha256": version.sha256}
        return fields | ({"environment": environment} if environment else {"reason": "it is good"})

    def tag(self, name: str, at: str, fields: Mapping[str, Any], *, by: str = "", day: datetime | None = None) -> str:
        """Make an annotated tag by hand, signed or not, after the one before; return its object's id."""
        self.days += 1
        last = max(it.time for line in registry.read_registry(self.root).lines.values() for it in line.events)
        latest = datetime.fromtimestamp(last, UTC) + timedelta(minutes=1)
        moment = day or max(latest, LATER + timedelta(days=self.days))
        if by:
            self.be(by)
        text = build_message(f"Tag {name}", fields)
        kind = "--sign" if by else "--annotate"
        command = ("tag", kind, "--force", "--cleanup=verbatim", "--message", text, name, at)
        run(self.root, *command, GIT_COMMITTER_DATE=f"{int(moment.timestamp())} +0000")
        return self.find(name)

    def assign(self, version: str, *, by: str = "", plant: str = "fjord", environment: str = "prod") -> str:
        """Assign a version by a tag made by hand that says all that it should; return the tag's name."""
        found = self.version(version, plant)
        name = self.name(f"{plant}#{environment}")
        self.tag(name, found.commit, self.tell(found, environment), by=by)
        return name

    def approve(self, version: str, *, by: str = "", plant: str = "fjord") -> str:
        """Approve a version by a tag made by hand that says all that it should; return the tag's name."""
        found = self.version(version, plant)
        name = self.name(f"{plant}#approved")
        self.tag(name, found.commit, self.tell(found), by=by)
        return name

    def find(self, name: str) -> str:
        """The id of a tag's object."""
        return run(self.root, "rev-parse", f"refs/tags/{name}").strip()

    def overwrite(self, name: str, kind: str, content: bytes) -> None:
        """Put other bytes where Git keeps an object: Git itself does not hash what it reads."""
        oid = run(self.root, "rev-parse", name).strip()
        path = self.root / ".git" / "objects" / oid[:2] / oid[2:]
        path.chmod(0o644)
        path.write_bytes(zlib.compress(f"{kind} {len(content)}\0".encode() + content))

    def put(self, name: str, oid: str) -> None:
        """Let a tag's name lead to any object."""
        run(self.root, "update-ref", f"refs/tags/{name}", oid)

    def forge(self, name: str, source: str, old: str, new: str) -> None:
        """Write the object of a tag anew under another name, its text altered, its signature kept."""
        content = read_tag(self.root, self.find(source)).replace(f"tag {source}\n".encode(), f"tag {name}\n".encode())
        assert old.encode() in content
        self.put(name, write_tag(self.root, content.replace(old.encode(), new.encode())))

    def last(self, subject: str, plant: str = "fjord") -> str:
        """The last tag of a plant that starts so, such as fjord#prod#."""
        return [it.tag for it in registry.read_registry(self.root).line(plant).events if it.tag.startswith(subject)][-1]

    def promote(self, version: str, *, plant: str = "fjord", environment: str = "prod", by: str = "ann") -> str:
        """Promote by the front door."""
        self.be(by)
        return promote(self.context, plant, version, environment)

    def decide(self, version: str, *, by: str, plant: str = "fjord") -> str:
        """Approve by the front door."""
        self.be(by)
        return registry.decide(self.context, plant, version, "approved", reason="it is good")

    def fill(self, version: str, *, plant: str = "fjord", into: str = "fjord", **fields: str) -> None:
        """Lay a version's package down as what is deployed in prod, with a record that fits it but for some fields."""
        found = self.version(version, plant)
        folder = self.project.deployed("prod", into)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        storage.lay_package(self.root, found.package, folder, content=found.sha256)
        plain = {"plant": into, "environment": "prod", "version": version, "commit": found.commit}
        made = plain | {"tag": "", "oid": "", "package": found.package, "sha256": found.sha256} | fields
        if made["tag"] and not made["oid"]:
            made["oid"] = self.find(made["tag"])
        (folder / "deployed.json").write_text(json.dumps(made, indent=2) + "\n")

    def edit(self, **changes: object) -> None:
        """Change keys of prod in params.yaml, and commit nothing."""
        editor = YAML()
        params = editor.load(self.project.params)
        params["environments"]["prod"].update(changes)
        editor.dump(params, self.project.params)

    def object(self, md5: str, *, store: bool = False) -> Path:
        """Where the cache, or the remote, keeps what has this hash; writable."""
        folder = (self.store if store else self.root / ".dvc" / "cache") / "files" / "md5"
        path = folder / md5[:2] / md5[2:]
        path.chmod(0o644)
        return path

    def list_files(self, package: str) -> dict[str, str]:
        """The files of a package, name and MD5."""
        return {entry["relpath"]: entry["md5"] for entry in json.loads(self.object(package).read_text())}

    def empty(self, *, cache: bool) -> None:
        """Remove what is deployed of fjord in prod, and the cache, so that both are brought anew."""
        shutil.rmtree(self.project.deployed("prod", "fjord"))
        if cache:
            shutil.rmtree(self.root / ".dvc" / "cache")

    def train(self, factor: float) -> None:
        """Make another package of fjord, recorded and committed as any is."""
        scale_package(self.project.model("fjord"), factor)
        record(self.project, "fjord")


def build_site(top: Path, demo: Project) -> Site:
    """Build the registry: prod runs on v1.0.0, to which fjord came back from a version that was rejected then.

    Of fjord, v1.0.0 is in prod; v1.1.0 is pending, in test; v1.2.0 was approved, then rejected, and is in test; v1.3.0
    was in prod until it was rejected; v1.4.0 is approved, in test, and was not promoted. Of delta, v1.0.0 is in prod,
    and v1.1.0 is approved and not in test.
    """
    project = make_project(top / "project", demo)
    keys = {name: make_key(top / "keys", name) for name in (*RIGHTS, "mallory")}
    add_folder_remote(project.root, "store", top / "store")
    lines = [_build_line(name, keys[name]) for name in RIGHTS]
    (project.root / "models" / "allowed_signers").write_text("\n".join(lines) + "\n")
    run(project.root, "add", "--all", "--force", "models/allowed_signers", ".dvc/config")
    changes = {"approval": "signed", "plants": list(PLANTS), "max_latency_ms": 1000}
    edit_environments(project, test={"approval": "none"}, prod=changes)
    site = Site(project.root, keys, {})
    with _keep_days():
        _write_history(site)
    content = {plant: site.version("v1.0.0", plant).sha256 for plant in PLANTS}
    return Site(project.root, keys, content)


def _build_line(name: str, key: Key) -> str:
    options = f'namespaces="git",valid-before="{EXPIRED:%Y%m%d}Z"' if name == "eve" else 'namespaces="git"'
    return f"{name}@example.org {options} {key.text} {RIGHTS[name]}"


@contextmanager
def _keep_days() -> Iterator[None]:
    """Let a day pass between two tags, from START on."""
    days = iter(range(200))
    clock = SimpleNamespace(time=lambda: int((START + timedelta(days=next(days))).timestamp()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("elc.registry.write.time", clock)
        yield


def _write_history(site: Site) -> None:
    site.be("ann")
    for plant in PLANTS:
        registry.register(site.context, plant, bump="minor")
    for plant, who in (("fjord", "bob"), ("delta", "carl")):
        _decide(site, plant, "v1.0.0", "approved", who)
        _move(site, plant, "v1.0.0", "dev", "test", "prod")
    for factor in (1.01, 1.02, 1.03, 1.04):
        scale_package(site.project.model("fjord"), factor)
        is_first = factor == 1.01
        if is_first:
            scale_package(site.project.model("delta"), factor)
        record(site.project, *(PLANTS if is_first else ("fjord",)))
        site.be("ann")
        registry.register(site.context, "fjord", bump="minor")
        if is_first:
            registry.register(site.context, "delta", bump="minor")
    _move(site, "delta", "v1.1.0", "dev")
    _decide(site, "delta", "v1.1.0", "approved", "carl")
    _move(site, "fjord", "v1.2.0", "dev", "test")
    _decide(site, "fjord", "v1.2.0", "approved", "bob")
    _move(site, "fjord", "v1.3.0", "dev", "test")
    _decide(site, "fjord", "v1.3.0", "approved", "bob")
    _move(site, "fjord", "v1.3.0", "prod")
    _decide(site, "fjord", "v1.2.0", "rejected", "bob")
    _decide(site, "fjord", "v1.3.0", "rejected", "bob")
    site.be("ann")
    back = registry.check_rollback(site.context, "fjord", "prod", None)
    registry.assign(site.context, back, "prod", reason="it was rejected")
    _move(site, "fjord", "v1.4.0", "dev", "test")
    _decide(site, "fjord", "v1.4.0", "approved", "bob")
    _move(site, "fjord", "v1.1.0", "dev", "test")
    for plant in PLANTS:
        for environment in ("test", "prod"):
            deploy_plant(site.context, plant, environment)


def _decide(site: Site, plant: str, version: str, decision: Any, who: str) -> None:
    site.be(who)
    registry.decide(site.context, plant, version, decision, reason="as it was judged")


def _move(site: Site, plant: str, version: str, *environments: str) -> None:
    site.be("ann")
    for environment in environments:
        context = site.context
        registry.assign(context, registry.check_promotion(context, plant, version, environment), environment, reason="")


def copy_site(site: Site, top: Path, patch: pytest.MonkeyPatch) -> Site:
    """Copy a project and its remote; the keys are read only. What is patched is put back after the test."""
    for folder in (site.root, site.store):
        shutil.copytree(folder, top / folder.name, symlinks=True)
    config = top / "project" / ".dvc" / "config"
    config.write_text(config.read_text().replace(str(site.store), str(top / "store")))
    return Site(top / "project", site.keys, site.proper, patch=patch)


def look(site: Site, said: list[str], *plants: str) -> list[str]:
    """Find for which plants prod uses another package than the proper one; what is refused is said."""
    wrong = []
    for plant in plants:
        try:
            used = registry.find_used(site.project, plant, environment="prod")
        except ElcError as error:
            said.append(str(error))
            continue
        found = storage.hash_content(used.folder, without=("deployed.json",))
        if (found, used.version, used.environment) != (site.proper.get(plant), "v1.0.0", "prod"):
            wrong.append(f"{plant} runs on {used.label}, {found[:10]}")
    return wrong
