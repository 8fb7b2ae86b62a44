"""Attacks: ways to get an unapproved, unsigned, altered or wrong-plant model into prod, none of which succeeds.

Who attacks may do anything to tags, cache, remote, folders and uncommitted files. What was reviewed stays: the code,
and the last commit of main with its params.yaml and models/allowed_signers. A way succeeds if prod uses anything else
than its proper package afterwards without an error. What it did must be told by an error or by the audit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import external_data_helper
from ruamel.yaml import YAML

from elc import curve, registry
from elc.cli import main
from elc.errors import ElcError
from elc.paths import Project
from elc.registry import git, objects, storage
from elc.registry.audit import audit
from elc.registry.deploy import deploy_all
from elc.registry.events import build_message
from elc.registry.promote import promote_all
from elc.registry.seal import seal
from elc.service.versions import Fleet, SwapLog, load
from elc.service.versions.assigned import find_assigned
from elc.service.versions.history import find_path
from elc.settings import reader
from tests.conftest import ROOT
from tests.conftest import run as run_command
from tests.pipeline.attacks import EXPIRED, LATER, START, Site, build_site, copy_site, look
from tests.pipeline.registry_project import PLANTS, record, rehash
from tests.unit.registry.keys import Key, configure_signing, make_key, read_tag, run, write_tag
from tests.unit.registry.test_git import set_traps

pytestmark = [pytest.mark.slow, pytest.mark.long(reason="three hundred attacks, each on a registry of its own")]
Act = Callable[[Site], object]
# Each way: what it does, and words by which it is told. Empty words: it is put right, so prod is as it should be.
WAYS: dict[str, tuple[Act, str]] = {}
SIDE = "refs/heads/side"
ALL = (*PLANTS, "steppe")


def way(name: str, words: str) -> Callable[[Act], Act]:
    """List a way."""

    def keep(act: Act) -> Act:
        assert name not in WAYS
        WAYS[name] = (act, words)
        return act

    return keep


def list_ways(*ways: tuple[str, str, Act]) -> None:
    """List ways that are one expression each."""
    for name, words, act in ways:
        way(name, words)(act)


@pytest.fixture(scope="module", autouse=True)
def parse_once() -> Iterator[None]:
    """Parse equal settings once, for that is most of the time of an attack."""
    parse = lru_cache(reader._parse_yaml)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_parse_yaml", lambda *arguments: deepcopy(parse(*arguments)))
        yield


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, demo_project: Project) -> Site:
    return build_site(tmp_path_factory.mktemp("attacks"), demo_project)


@pytest.fixture
def site(base: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return copy_site(base, tmp_path, monkeypatch)


def test_nothing_is_told_of_a_sound_registry(site: Site) -> None:
    said: list[str] = []
    assert look(site, said, *ALL) == []
    assert len(said) == 1
    assert said[0].startswith("plant steppe: nothing is deployed in prod")
    assert [line for line, _ in deploy_all(site.context, "prod", ())] == [
        "fjord: v1.0.0 is there already",
        "delta: v1.0.0 is there already",
    ]
    assert audit(site.context, is_deep=False) == []


def test_the_proper_way_leads_to_prod(site: Site) -> None:
    """What the attacks lack is what opens prod: an approval and a promotion, each by who may."""
    site.decide("v1.1.0", by="bob")
    site.promote("v1.1.0")
    assert [is_fault for _, is_fault in deploy_all(site.context, "prod", ())] == [False, False]
    assert look(site, [], *ALL) == [f"fjord runs on v1.1.0 in prod, {site.version('v1.1.0').sha256[:10]}"]
    assert audit(site.context, is_deep=False) == []


def test_there_are_two_hundred_ways() -> None:
    assert len(WAYS) + len(STOPS) >= 200


@pytest.mark.parametrize("name", WAYS)
def test_no_way_leads_to_prod(name: str, site: Site) -> None:
    act, words = WAYS[name]
    said: list[str] = []
    try:
        act(site)
    except ElcError as error:
        said.append(str(error))
    wrong = look(site, said, "fjord")
    try:
        said += [line for line, is_fault in deploy_all(site.context, "prod", ()) if is_fault]
        if not re.search(words, " ".join(said)):
            said += [problem.sentence for problem in audit(site.context, is_deep=False)]
    except ElcError as error:
        said.append(str(error))
    wrong += look(site, said, *ALL)
    told = "\n".join(said)
    assert wrong == [], told
    if words:
        assert re.search(words, told), told
    else:
        assert registry.find_used(site.project, "fjord", environment="prod").version == "v1.0.0", told


# The front door.
list_ways(
    ("promote a pending version", "v1.1.0 is pending", lambda it: it.promote("v1.1.0")),
    ("promote a rejected version", "v1.2.0 is rejected", lambda it: it.promote("v1.2.0")),
    ("promote past test", "v1.1.0 to prod: it was never in test", lambda it: it.promote("v1.1.0", plant="delta")),
    ("promote a name in capitals", "version V1.1.0 is not registered", lambda it: it.promote("V1.1.0")),
    ("promote a name with a dot that is none", "is not registered here", lambda it: it.promote("v1․4.0")),
    ("promote a plant in capitals", "plant Fjord is unknown", lambda it: it.promote("v1.4.0", plant="Fjord")),
    ("promote to Prod", "environment Prod is unknown", lambda it: it.promote("v1.4.0", environment="Prod")),
    ("promote to prod with a foreign o", "is unknown", lambda it: it.promote("v1.4.0", environment="prоd")),
    ("promote as approver", "may not promote fjord for prod", lambda it: it.promote("v1.4.0", by="bob")),
    ("promote as another plant's promoter", "may not promote fjord", lambda it: it.promote("v1.4.0", by="carl")),
    ("promote as promoter of test", "may not promote fjord for prod", lambda it: it.promote("v1.4.0", by="dora")),
    ("promote with an unknown key", "is not in models/allowed_signers", lambda it: it.promote("v1.4.0", by="mallory")),
    ("promote with an expired key", "had expired", lambda it: it.promote("v1.4.0", by="eve")),
    ("approve as promoter", "may not approve fjord for prod", lambda it: it.decide("v1.1.0", by="ann")),
    ("approve as another plant's approver", "may not approve fjord", lambda it: it.decide("v1.1.0", by="carl")),
    ("approve with an unknown key", "is not in models/allowed_signers", lambda it: it.decide("v1.1.0", by="mallory")),
    ("approve with an expired key", "had expired", lambda it: it.decide("v1.1.0", by="eve")),
)


@way("promote everything", "waits: it is pending")
def promote_everything(site: Site) -> None:
    site.be("ann")
    moves = [move for move in promote_all(site.context, "prod") if move.plant == "fjord"]
    raise ElcError("; ".join(f"{move.state}: {move.text}" for move in moves))


@way("go back to a rejected version", "v1.3.0 is rejected")
def go_back_to_rejected(site: Site) -> None:
    site.be("ann")
    registry.check_rollback(site.context, "fjord", "prod", "v1.3.0")


@way("go back to a version that was never there", "v1.1.0 was never there")
def go_back_to_new(site: Site) -> None:
    registry.check_rollback(site.context, "fjord", "prod", "v1.1.0")


@way("go back to what an unsigned tag put there", "v1.4.0 was never there")
def go_back_to_unsigned(site: Site) -> None:
    site.assign("v1.4.0")
    registry.check_rollback(site.context, "fjord", "prod", "v1.4.0")


@way("promote a deregistered version", "v1.4.0 was deregistered")
def promote_deregistered(site: Site) -> None:
    site.tag("fjord@v1.4.0!", site.version("v1.4.0").commit, {}, by="ann")
    site.promote("v1.4.0")


@way("promote a plant that is not in prod", "steppe is not a plant of prod")
def promote_strange_plant(site: Site) -> None:
    found = site.version("v1.4.0")
    site.tag("steppe@v1.0.0", found.commit, found.registered.fields)
    site.promote("v1.0.0", plant="steppe")


@way("promote a version whose package fails its tests", "fails the functional tests of prod")
def promote_failing(site: Site) -> None:
    folder = site.project.model("fjord")
    golden = json.loads((folder / "golden.json").read_text())
    golden["outputs"][0][0] *= 1.01
    curve.write_json(folder / "golden.json", golden)
    rehash(folder)
    site.train(1.0)
    registry.register(site.context, "fjord", bump="minor")
    for environment in ("dev", "test"):
        site.assign("v1.5.0", environment=environment)
    site.decide("v1.5.0", by="bob")
    site.promote("v1.5.0")


@way("swap the network of a package and register it anew", "v1.5.0 is pending")
def promote_swapped(site: Site) -> None:
    site.train(0.5)
    registry.register(site.context, "fjord", bump="minor")
    for environment in ("dev", "test"):
        site.assign("v1.5.0", environment=environment)
    site.promote("v1.5.0")


# Tags made by hand: v1.4.0 lacks nothing but its promotion.
list_ways(
    ("promote by plain tag", "fjord#prod#.* has no signature", lambda it: it.assign("v1.4.0")),
    ("promote a pending one by plain tag", "it was not approved then", lambda it: it.assign("v1.1.0")),
    (
        "sign with an unknown key",
        "which is not in models/allowed_signers",
        lambda it: it.assign("v1.4.0", by="mallory"),
    ),
    ("sign for another plant", "carl.*may not promote fjord for prod", lambda it: it.assign("v1.4.0", by="carl")),
    ("sign for another environment", "dora.*may not promote fjord for prod", lambda it: it.assign("v1.4.0", by="dora")),
    ("sign as approver", "bob.*may not promote fjord for prod", lambda it: it.assign("v1.4.0", by="bob")),
    ("sign with an expired key", "the key of eve@example.org had expired", lambda it: it.assign("v1.4.0", by="eve")),
    (
        "sign what is pending",
        "puts v1.1.0 into prod, but it was not approved",
        lambda it: it.assign("v1.1.0", by="ann"),
    ),
    (
        "sign what is rejected",
        "puts v1.2.0 into prod, but it was not approved",
        lambda it: it.assign("v1.2.0", by="ann"),
    ),
    ("sign what skips test", "not in test before", lambda it: it.assign("v1.1.0", by="ann", plant="delta")),
)


@way("promote by GTO", "has no signature|records version missing")
def assign_by_gto(site: Site) -> None:
    done = run_command(site.root, "gto", "assign", "fjord", "--version", "v1.4.0", "--stage", "prod")
    assert done.returncode == 0, done.stdout + done.stderr


@way("promote by lightweight tag", "is a lightweight tag")
def assign_lightly(site: Site) -> None:
    run(site.root, "tag", site.name("fjord#prod"), site.version("v1.4.0").commit)


@way("promote by a branch of that name", "")
def assign_by_branch(site: Site) -> None:
    run(site.root, "update-ref", f"refs/heads/{site.name('fjord#prod')}", site.version("v1.4.0").commit)


@way("copy the text of a signed tag", "has a signature that does not match it")
def copy_text(site: Site) -> None:
    text = read_tag(site.root, site.find(site.last("fjord#prod#"))).partition(b"\n\n")[2].decode()
    found, name = site.version("v1.4.0"), site.name("fjord#prod")
    run(site.root, "tag", "--annotate", "--cleanup=verbatim", "--message", text, name, found.commit)


@way("sign in another namespace", "has a signature that does not match it")
def sign_elsewhere(site: Site) -> None:
    name = site.assign("v1.4.0")
    content = read_tag(site.root, site.find(name))
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(site.keys["ann"].public.with_suffix(""))]
    signature = subprocess.run(command, input=content, check=True, capture_output=True).stdout
    site.put(name, write_tag(site.root, content + signature))


@way("sign for a key of the working tree", "which is not in models/allowed_signers of Git's HEAD")
def add_signer(site: Site) -> None:
    path = site.root / "models" / "allowed_signers"
    line = f"mallory@example.org {site.keys['mallory'].text} approve=*@* promote=*@*\n"
    path.write_text(path.read_text() + line)
    run(site.root, "add", "models/allowed_signers")
    run(site.root, "config", "gpg.ssh.allowedSignersFile", str(path))
    site.approve("v1.1.0", by="mallory")
    site.assign("v1.1.0", by="mallory")


@way("sign with an expired key, dated back", "was registered only later|no version of fjord was registered")
def date_back(site: Site) -> None:
    found, name = site.version("v1.1.0"), site.name("fjord#prod")
    day = START + timedelta(days=3)
    site.tag(site.name("fjord#approved"), found.commit, site.tell(found), by="eve", day=day)
    site.tag(name, found.commit, site.tell(found, "prod"), by="eve", day=day)


@way("sign with an expired key, dated just before it expired", "time|of the same|before")
def date_before_expiry(site: Site) -> None:
    """Later tags are there already, so the times do not rise with the numbers."""
    site.assign("v1.4.0", environment="test")
    found = site.version("v1.1.0")
    for hours, subject, fields in ((3, "approved", site.tell(found)), (2, "prod", site.tell(found, "prod"))):
        day = EXPIRED - timedelta(hours=hours)
        site.tag(site.name(f"fjord#{subject}"), found.commit, fields, by="eve", day=day)


# Approvals: v1.1.0 is in test, and whoever promotes is honest.
def promote_after(approve: Act) -> Act:
    def act(site: Site) -> None:
        approve(site)
        site.promote("v1.1.0")

    return act


list_ways(
    ("approve by plain tag", "has no signature", promote_after(lambda it: it.approve("v1.1.0"))),
    ("sign an approval as promoter", "may not approve", promote_after(lambda it: it.approve("v1.1.0", by="ann"))),
    ("sign an approval for a plant", "may not approve", promote_after(lambda it: it.approve("v1.1.0", by="carl"))),
    ("sign an approval as stranger", "not in models", promote_after(lambda it: it.approve("v1.1.0", by="mallory"))),
)


@way("approve with the fields of another version", "is about v1.1.0, but records version v1.4.0")
@promote_after
def approve_other_version(site: Site) -> None:
    fields = site.tell(site.version("v1.4.0"))
    site.tag(site.name("fjord#approved"), site.version("v1.1.0").commit, fields, by="bob")


@way("approve with the fields of another plant", "is about v1.1.0, but records package")
@promote_after
def approve_other_plant(site: Site) -> None:
    fields = site.tell(site.version("v1.1.0", "delta"))
    site.tag(site.name("fjord#approved"), site.version("v1.1.0").commit, fields, by="bob")


@way("approve another plant's version", "v1.1.0 is pending")
@promote_after
def approve_delta(site: Site) -> None:
    found = site.version("v1.1.0", "delta")
    site.tag(site.name("delta#approved"), found.commit, site.tell(found), by="carl")


@way("lead an approval's name to another version", "is a lightweight tag|points at|was moved")
@promote_after
def move_approval(site: Site) -> None:
    site.put(site.last("fjord#approved#"), site.version("v1.1.0").commit)


@way("copy an approval under a new number", "was moved: the name inside it is fjord#approved#")
@promote_after
def copy_approval(site: Site) -> None:
    site.put(site.name("fjord#approved"), site.find(site.last("fjord#approved#")))


@way("alter an approval's commit", "has a signature that does not match it")
@promote_after
def alter_approval(site: Site) -> None:
    source = site.last("fjord#approved#")
    new, old = site.version("v1.1.0"), site.version("v1.4.0")
    name = site.name("fjord#approved")
    site.forge(name, source, f"object {old.commit}", f"object {new.commit}")
    content = read_tag(site.root, site.find(name)).decode()
    for before, after in ((old.version, new.version), (old.package, new.package), (old.sha256, new.sha256)):
        content = content.replace(before, after)
    site.put(name, write_tag(site.root, content.encode()))


@way("remove a rejection", "follows a gap: number .* missing, so a tag was deleted")
def remove_rejection(site: Site) -> None:
    run(site.root, "tag", "--delete", *_find_rejections(site, "v1.2.0"))
    site.promote("v1.2.0")


@way("remove a rejection and the way back", "follows a gap|is missing|not in Git")
def remove_rollback(site: Site) -> None:
    run(site.root, "tag", "--delete", site.last("fjord#prod#"), *_find_rejections(site, "v1.3.0"))


def _find_rejections(site: Site, version: str) -> list[str]:
    commit = site.version(version).commit
    line = registry.read_registry(site.root).line("fjord")
    return [it.tag for it in line.at(commit, "approved") if it.action == "unassign"]


# Objects that are no sound tags.
@way("alter the text of a signed tag", "has a signature that does not match it")
def alter_text(site: Site) -> None:
    source, old, new = site.last("fjord#prod#"), site.version("v1.0.0"), site.version("v1.4.0")
    site.forge(site.name("fjord#prod"), source, f"object {old.commit}", f"object {new.commit}")


@way("append to a signed tag", "text after it|does not match it|expected nothing after it")
def append_text(site: Site) -> None:
    name, new = site.last("fjord#prod#"), site.version("v1.4.0")
    text = build_message("More", site.tell(new, "prod")).encode()
    site.put(name, write_tag(site.root, read_tag(site.root, site.find(name)) + text))


@way("add a header to a signed tag", "has headers that a signature does not cover|does not match it")
def add_header(site: Site) -> None:
    name = site.assign("v1.4.0", by="ann")
    content = read_tag(site.root, site.find(name))
    run(site.root, "tag", "--delete", name)
    site.put(name, write_tag(site.root, content.replace(b"\n\n", b"\nfoo bar\n\n", 1).replace(b"v1.4.0", b"v1.1.0")))


@way("put records between the fields of a tag", "has no signature")
def put_records_in_between(site: Site) -> None:
    """Text that would split a listing of tags must not look like a tag of its own."""
    name, found = site.name("fjord#prod"), site.version("v1.4.0")
    signed = site.find(site.last("fjord#prod#"))
    listed = [name, "tag", signed, "commit", found.commit, "1767225600", "ann", "", name, "Put", ""]
    text = build_message("More", site.tell(found, "prod")) + "\0\x01\n" + "\0".join(listed)
    head = f"object {found.commit}\ntype commit\ntag {name}\ntagger ann <a@example.org> 1767225600 +0000\n\n"
    site.put(name, write_tag(site.root, (head + text + "\0\x01\n").encode()))


@way("tag a tag", "points at tag|has no signature|does not cover")
def tag_a_tag(site: Site) -> None:
    site.tag(site.name("fjord#prod"), site.last("fjord#approved#"), site.tell(site.version("v1.4.0"), "prod"), by="ann")


@way("tag a folder", "points at tree")
def tag_a_tree(site: Site) -> None:
    found = site.version("v1.4.0")
    site.tag(site.name("fjord#prod"), f"{found.commit}^{{tree}}", site.tell(found, "prod"), by="ann")


@way("tag a file", "points at blob")
def tag_a_blob(site: Site) -> None:
    found = site.version("v1.4.0")
    site.tag(site.name("fjord#prod"), f"{found.commit}:dvc.lock", site.tell(found, "prod"), by="ann")


@way("swap what packed tags point at", "")
def swap_peeled(site: Site) -> None:
    run(site.root, "pack-refs", "--all")
    packed = site.root / ".git" / "packed-refs"
    packed.write_text(packed.read_text().replace(site.version("v1.0.0").commit, site.version("v1.4.0").commit))


@way("sign a date that is before the way back", "times|before fjord|second|of 2025")
def date_between(site: Site) -> None:
    found = site.version("v1.4.0")
    site.tag(site.name("fjord#prod"), found.commit, site.tell(found, "prod"), day=START + timedelta(days=2))


@way("take a number twice", "has number .*, as fjord#")
def take_number_twice(site: Site) -> None:
    number = site.last("fjord#").rpartition("#")[2]
    found = site.version("v1.4.0")
    site.tag(f"fjord#prod#{number}", found.commit, site.tell(found, "prod"))


@way("write the number with a nought", "has number .*, as fjord#|has no signature")
def write_nought(site: Site) -> None:
    number = site.last("fjord#prod#").rpartition("#")[2]
    found = site.version("v1.4.0")
    site.tag(f"fjord#prod#0{number}", found.commit, site.tell(found, "prod"))


@way("assign to Prod", "assigns to Prod|is about Prod")
def assign_in_capitals(site: Site) -> None:
    found = site.version("v1.4.0")
    site.tag(site.name("fjord#Prod"), found.commit, site.tell(found, "Prod"), by="ann")


# Tags that take away.
@way("take the way back away, unsigned", "fjord#prod!#.* has no signature")
def unassign(site: Site) -> None:
    site.tag(site.name("fjord#prod!"), site.version("v1.0.0").commit, {})


@way("deregister, unsigned", "fjord@v1.0.0! has no signature")
def deregister(site: Site) -> None:
    site.tag("fjord@v1.0.0!", site.version("v1.0.0").commit, {})


@way("deprecate, unsigned", "fjord@deprecated#.* has no signature")
def deprecate(site: Site) -> None:
    site.tag(site.name("fjord@deprecated"), site.version("v1.0.0").commit, {})


@way("register a withdrawn version again, unsigned", "fjord@v1.4.0#")
def register_again(site: Site) -> None:
    """Prod was on v1.4.0, which was withdrawn since; whoever registers it again brings it back."""
    site.promote("v1.4.0")
    site.tag("fjord@v1.4.0!", site.version("v1.4.0").commit, {}, by="ann")
    found = site.version("v1.4.0")
    site.tag(site.name("fjord@v1.4.0"), found.commit, found.registered.fields)


@way("register the commit of prod again", "registers the commit that is already v1.0.0")
def register_twin(site: Site) -> None:
    found = site.version("v1.0.0")
    site.tag("fjord@v9.0.0", found.commit, found.registered.fields)


@way("register an earlier v1.0.0", "twice|registers v1.0.0 again")
def register_earlier(site: Site) -> None:
    found = site.version("v1.4.0")
    fields = dict(found.registered.fields)
    site.tag("fjord@v1.0.0#1", found.commit, fields, day=START - timedelta(days=1))


@way("move the version's tag", "registers|no version of fjord|records")
def move_version(site: Site) -> None:
    found = site.version("v1.4.0")
    site.tag("fjord@v1.0.0", found.commit, found.registered.fields, day=START)


@way("register a version under digits of another script", "is pending|not registered|expected")
def register_lookalike(site: Site) -> None:
    found = site.version("v1.1.0")
    site.tag("fjord@v1.1٠.0", found.commit, found.registered.fields)
    site.promote("v1.1٠.0")


# Packages and where they are recorded.
def commit_lock(site: Site, old: str, new: str, version: str) -> str:
    """Write a side commit whose dvc.lock names another package; no branch that was reviewed holds it."""
    lock = run(site.root, "show", f"{site.version(version).commit}:dvc.lock")
    assert old in lock
    (site.root / "dvc.lock").write_text(lock.replace(old, new))
    run(site.root, "add", "dvc.lock")
    tree = run(site.root, "write-tree").strip()
    commit = run(site.root, "commit-tree", tree, "-p", "HEAD", "-m", "side").strip()
    run(site.root, "update-ref", SIDE, commit)
    run(site.root, "checkout", "--quiet", "HEAD", "--", "dvc.lock")
    return commit


@way("register a package from a side commit", "v1.5.0 is pending|was not approved then")
def register_side(site: Site) -> None:
    new = site.version("v1.1.0")
    commit = commit_lock(site, site.version("v1.4.0").package, new.package, "v1.4.0")
    site.tag("fjord@v1.5.0", commit, new.registered.fields)
    for environment in ("dev", "test"):
        site.assign("v1.5.0", environment=environment)
    site.assign("v1.5.0", by="ann")


@way("move a version to a side commit", "is followed|registered|holds")
def move_to_side(site: Site) -> None:
    new = site.version("v1.1.0")
    commit = commit_lock(site, site.version("v1.0.0").package, new.package, "v1.0.0")
    site.tag("fjord@v1.0.0", commit, new.registered.fields, day=START)


@way("give fjord the package of delta", "is one of plant 'delta', expected 'fjord'|it is of plant delta")
def give_other_package(site: Site) -> None:
    """Everybody was fooled: it is approved and promoted by hand; its card says whose it is."""
    new = site.version("v1.0.0", "delta")
    commit = commit_lock(site, site.version("v1.4.0").package, new.package, "v1.4.0")
    site.tag("fjord@v1.5.0", commit, new.registered.fields)
    for environment in ("dev", "test"):
        site.assign("v1.5.0", environment=environment)
    site.approve("v1.5.0", by="bob")
    tag = site.assign("v1.5.0", by="ann")
    site.fill("v1.5.0", tag=tag)


@way("alter the package that a version records", "tag fjord@v1.0.0 records package|but records package")
def alter_package(site: Site) -> None:
    found, new = site.version("v1.0.0"), site.version("v1.4.0")
    site.tag("fjord@v1.0.0", found.commit, {**found.registered.fields, "package": new.package}, day=START)


@way("alter the content hash that a version records", "but records sha256")
def alter_content(site: Site) -> None:
    found, new = site.version("v1.0.0"), site.version("v1.4.0")
    site.tag("fjord@v1.0.0", found.commit, {**found.registered.fields, "sha256": new.sha256}, day=START)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@way("alter a file of the cache", "")
def alter_cache(site: Site) -> None:
    flip(site.object(site.list_files(site.version("v1.0.0").package)["model.onnx"]))
    site.empty(cache=False)


@way("alter a file of the cache without a remote", "model.onnx was altered in the cache")
def alter_only_cache(site: Site) -> None:
    flip(site.object(site.list_files(site.version("v1.0.0").package)["model.onnx"]))
    (site.root / ".dvc" / "config").write_text("")
    site.empty(cache=False)


@way("alter the list of a package in the cache", "the list of its files was altered in the cache")
def alter_list(site: Site) -> None:
    old, new = (site.object(site.version(it).package) for it in ("v1.0.0", "v1.4.0"))
    shutil.copyfile(new, old)
    (site.root / ".dvc" / "config").write_text("")
    site.empty(cache=False)


@way("alter a file of the remote", "was altered|cannot be|hashes to|missing from the cache")
def alter_remote(site: Site) -> None:
    flip(site.object(site.list_files(site.version("v1.0.0").package)["model.onnx"], store=True))
    site.empty(cache=True)


@way("put another package into the remote", "its list of files hashes to")
def alter_remote_list(site: Site) -> None:
    old, new = (site.object(site.version(it).package, store=True) for it in ("v1.0.0", "v1.4.0"))
    shutil.copyfile(new, old)
    site.empty(cache=True)


@way("name another remote", "")
def name_other_remote(site: Site) -> None:
    other = site.root.parent / "other"
    shutil.copytree(site.store, other)
    files = {it: site.version(it).package for it in ("v1.0.0", "v1.4.0")}
    for old, new in zip(*(sorted(site.list_files(package).items()) for package in files.values()), strict=True):
        if new != old:
            shutil.copyfile(site.object(new[1]), site.object(old[1]))
    config = site.root / ".dvc" / "config.local"
    config.write_text("[core]\n    remote = other\n['remote \"other\"']\n    url = ../../other\n")
    site.empty(cache=False)


@way("make two packages of one MD5", "its files hash to .* It is not what was registered")
def collide(site: Site) -> None:
    folder = site.root.parent / "fresh"
    storage.lay_package(site.root, site.version("v1.4.0").package, folder, content=site.version("v1.0.0").sha256)


@way("list a file outside of the package", "'../../../evil' is not a file of a package")
def leave_folder(site: Site) -> None:
    old = site.version("v1.0.0")
    files = site.list_files(old.package) | {"../../../evil": site.list_files(old.package)["card.json"]}
    listed = json.dumps([{"md5": md5, "relpath": name} for name, md5 in sorted(files.items())]).encode()
    from elc.registry.storage.hashes import hash_bytes

    md5 = hash_bytes(listed)
    path = site.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / f"{md5[2:]}.dir"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(listed)
    storage.lay_package(site.root, f"{md5}.dir", site.root.parent / "fresh", content=old.sha256)


# What is deployed.
def get_deployed(site: Site, name: str = "") -> Path:
    return site.project.deployed("prod", "fjord") / name


def alter_record(site: Site, **changes: str) -> None:
    path = get_deployed(site, "deployed.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


ALTERED = "its files are not those of v1.0.0: one was changed, added or removed"
list_ways(
    ("change a deployed file", ALTERED, lambda it: flip(get_deployed(it, "model.onnx"))),
    ("add a deployed file", ALTERED, lambda it: get_deployed(it, "more.onnx").write_text("")),
    ("add a hidden file", ALTERED, lambda it: get_deployed(it, ".more").write_text("")),
    ("add a folder with another record", ALTERED, lambda it: shutil.copytree(get_deployed(it), get_deployed(it, "x"))),
    ("remove a deployed file", ALTERED, lambda it: get_deployed(it, "response.onnx").unlink()),
    ("remove the record", "deployed.json: cannot be read", lambda it: get_deployed(it, "deployed.json").unlink()),
    ("record another version", "deployed.json does not match v1.0.0", lambda it: alter_record(it, version="v1.1.0")),
    ("record another object", "which is not in Git or does not assign", lambda it: alter_record(it, oid="0" * 40)),
    (
        "record a path",
        "holds ../prod/fjord for prod, expected fjord",
        lambda it: alter_record(it, plant="../prod/fjord"),
    ),
    ("fill in a version by no tag", "not in Git or does not assign it", lambda it: it.fill("v1.1.0", tag="", oid="")),
    (
        "fill in a version by the tag of v1.0.0",
        "does not match v1.0.0",
        lambda it: it.fill("v1.1.0", tag=it.last("fjord#prod#")),
    ),
    ("fill in a version by its tag in test", "test", lambda it: it.fill("v1.1.0", tag=it.last("fjord#test#"))),
    ("fill in a version by its registration", "fjord@v1.1.0", lambda it: it.fill("v1.1.0", tag="fjord@v1.1.0")),
    ("fill in a version by its approval", "approved", lambda it: it.fill("v1.4.0", tag=it.last("fjord#approved#"))),
    ("fill in a version by an unsigned tag", "no signature", lambda it: it.fill("v1.4.0", tag=it.assign("v1.4.0"))),
    (
        "fill in another plant's",
        "which is not in Git",
        lambda it: it.fill("v1.0.0", plant="delta", tag=it.last("delta#prod#", "delta")),
    ),
)


@way("replace the folder by another plant's", "holds delta for prod, expected fjord")
def replace_by_other_plant(site: Site) -> None:
    shutil.rmtree(get_deployed(site))
    shutil.copytree(site.project.deployed("prod", "delta"), get_deployed(site))


@way("fill in what was there and was rejected since", "rejected|is followed now")
def fill_in_former(site: Site) -> None:
    line = registry.read_registry(site.root).line("fjord")
    tag = next(it.tag for it in line.events if it.stage == "prod" and it.fields["version"] == "v1.3.0")
    site.fill("v1.3.0", tag=tag)


@way("link the folder to that of test", "holds fjord for test, expected fjord for prod")
def link_plant(site: Site) -> None:
    shutil.rmtree(get_deployed(site))
    get_deployed(site).symlink_to(site.project.deployed("test", "fjord"))


@way("link the environment to test", "holds fjord for test, expected fjord for prod")
def link_environment(site: Site) -> None:
    folder = get_deployed(site).parent
    shutil.rmtree(folder)
    folder.symlink_to(folder.parent / "test")


@way("plant a former folder", "which is not in Git|left|former")
def plant_former(site: Site) -> None:
    site.fill("v1.1.0")
    get_deployed(site).rename(get_deployed(site).with_name(".fjord.old"))


@way("deploy a plant that is not in prod", "steppe.*is not a plant of prod|not in Git")
def deploy_strange_plant(site: Site) -> None:
    site.fill("v1.1.0", into="steppe")


@way("deploy test as prod", "which is not in Git or does not assign it")
def copy_test(site: Site) -> None:
    shutil.rmtree(get_deployed(site))
    shutil.copytree(site.project.deployed("test", "fjord"), get_deployed(site))
    alter_record(site, environment="prod")


# What was not reviewed, and the surroundings.
UNREVIEWED = "environments are not those of the last commit"


@way("ask for no approval, uncommitted", UNREVIEWED)
def ask_nothing(site: Site) -> None:
    site.edit(approval="none", **{"from": None})
    site.promote("v1.1.0")


@way("ask for no approval, uncommitted, and fill in", UNREVIEWED)
def ask_nothing_and_fill(site: Site) -> None:
    site.edit(approval="none")
    site.fill("v1.1.0", tag=site.assign("v1.1.0"))


@way("ask for no signature, uncommitted", UNREVIEWED)
def ask_no_signature(site: Site) -> None:
    site.edit(approval="manual")
    run(site.root, "add", "params.yaml")
    site.fill("v1.4.0", tag=site.assign("v1.4.0"))
    site.promote("v1.4.0")


@way("ask for no test, uncommitted", UNREVIEWED)
def ask_no_test(site: Site) -> None:
    site.edit(**{"from": None})
    site.promote("v1.1.0", plant="delta")


@way("add a plant, uncommitted", UNREVIEWED)
def add_plant(site: Site) -> None:
    site.edit(plants="all")
    found = site.version("v1.4.0")
    site.tag("steppe@v1.0.0", found.commit, found.registered.fields)
    site.promote("v1.0.0", plant="steppe")


@way("hide an edit from Git", UNREVIEWED)
def hide_edit(site: Site) -> None:
    site.edit(approval="none", **{"from": None})
    run(site.root, "update-index", "--skip-worktree", "params.yaml")
    site.promote("v1.1.0")


@way("replace the reviewed files by refs/replace", UNREVIEWED)
def replace_objects(site: Site) -> None:
    site.edit(approval="none", **{"from": None})
    signers = f"mallory@example.org {site.keys['mallory'].text} approve=*@* promote=*@*\n"
    for path, text in (("params.yaml", site.project.params.read_text()), ("models/allowed_signers", signers)):
        old = run(site.root, "rev-parse", f"HEAD:{path}").strip()
        new = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],
            cwd=site.root,
            input=text,
            text=True,
            check=True,
            capture_output=True,
        ).stdout.strip()
        run(site.root, "replace", old, new)
    site.promote("v1.1.0", by="mallory")


@way("replace a version's commit by refs/replace", "")
def replace_commit(site: Site) -> None:
    run(site.root, "replace", site.version("v1.0.0").commit, site.version("v1.4.0").commit)
    shutil.rmtree(get_deployed(site))


ALTERED_STORE = "Git's store was altered"


@way("overwrite the signers' object", ALTERED_STORE)
def overwrite_signers(site: Site) -> None:
    site.overwrite("HEAD:models/allowed_signers", "blob", name_mallory(site))
    site.approve("v1.1.0", by="mallory")
    site.assign("v1.1.0", by="mallory")


def name_mallory(site: Site) -> bytes:
    return f"mallory@example.org {site.keys['mallory'].text} approve=*@* promote=*@*\n".encode()


@way("overwrite the tree that names the signers", ALTERED_STORE)
def overwrite_tree(site: Site) -> None:
    oid = write_blob(site, name_mallory(site))
    site.overwrite("HEAD:models", "tree", b"100644 allowed_signers\0" + bytes.fromhex(oid))
    site.approve("v1.1.0", by="mallory")
    site.assign("v1.1.0", by="mallory")


def write_blob(site: Site, content: bytes) -> str:
    command = ["git", "hash-object", "-w", "--stdin"]
    done = subprocess.run(command, cwd=site.root, input=content, check=True, capture_output=True)
    return done.stdout.decode().strip()


@way("overwrite the object of params.yaml", ALTERED_STORE)
def overwrite_params(site: Site) -> None:
    site.edit(approval="none", **{"from": None})
    site.overwrite("HEAD:params.yaml", "blob", site.project.params.read_bytes())
    site.fill("v1.1.0", tag=site.assign("v1.1.0"))


@way("overwrite the root tree of the last commit", ALTERED_STORE)
def overwrite_root(site: Site) -> None:
    site.edit(approval="none", **{"from": None})
    old = run(site.root, "rev-parse", "HEAD:params.yaml").strip()
    new = write_blob(site, site.project.params.read_bytes())
    tree = subprocess.run(["git", "cat-file", "tree", "HEAD^{tree}"], cwd=site.root, check=True, capture_output=True)
    site.overwrite("HEAD^{tree}", "tree", tree.stdout.replace(bytes.fromhex(old), bytes.fromhex(new)))
    site.fill("v1.1.0", tag=site.assign("v1.1.0"))


@way("overwrite the last commit", ALTERED_STORE + "|is missing")
def overwrite_commit(site: Site) -> None:
    first = run(site.root, "rev-parse", "HEAD").strip()
    site.edit(approval="none", **{"from": None})
    run(site.root, "commit", "--all", "--quiet", "--message", "lax")
    lax = subprocess.run(["git", "cat-file", "commit", "HEAD"], cwd=site.root, check=True, capture_output=True).stdout
    run(site.root, "update-ref", "HEAD", first)
    site.overwrite(first, "commit", lax)
    site.fill("v1.1.0", tag=site.assign("v1.1.0"))


# Keys that have ended: eve's has, long ago, and nothing that it signed was sealed.
ENDED = "is signed by the key of eve@example.org, which has ended"


def sign_late(site: Site, number: Callable[[str], str], *, hours: int = 3) -> None:
    """Approve and promote v1.1.0 by the key of eve, dated to just before its end, under numbers of one's choice."""
    found = site.version("v1.1.0")
    for offset, subject, fields in (
        (1, "fjord#approved", site.tell(found)),
        (2, "fjord#prod", site.tell(found, "prod")),
    ):
        day = EXPIRED - timedelta(hours=hours) + timedelta(minutes=offset)
        site.tag(number(subject), found.commit, fields, by="eve", day=day)


list_ways(
    ("sign with an ended key without a number", "has no number|" + ENDED, lambda it: sign_late(it, str)),
    ("sign with an ended key and the next numbers", ENDED, lambda it: sign_late(it, it.name)),
    (
        "sign with an ended key and a number that is taken",
        ENDED,
        lambda it: sign_late(it, lambda subject: f"{subject}#{it.last('fjord#test#').rpartition('#')[2]}"),
    ),
    ("sign with an ended key far ahead", ENDED, lambda it: sign_late(it, lambda subject: f"{subject}#{10**8}")),
)


@way("list a tag of an ended key as sealed, uncommitted", ENDED)
def seal_uncommitted(site: Site) -> None:
    sign_late(site, site.name)
    tags = [site.last("fjord#approved#"), site.last("fjord#prod#")]
    path = site.root / "models" / "sealed_tags"
    path.write_text("".join(f"{site.find(tag)} {tag}\n" for tag in tags))
    run(site.root, "add", "--force", "models/sealed_tags")


def test_what_was_sealed_when_a_key_ended_counts_and_nothing_later(site: Site) -> None:
    """Bob leaves: what he approved holds, and his key approves nothing more, whatever date and number it gives."""
    said = seal(site.context, "bob@example.org")
    assert re.fullmatch(r"\d+ tags are sealed, and the key of bob@example.org has ended: commit [0-9a-f]+", said)
    time.sleep(1.1)
    assert look(site, [], *ALL) == []
    assert [line for line, _ in deploy_all(site.context, "prod", ("fjord",))] == ["fjord: v1.0.0 is there already"]
    assert audit(site.context, is_deep=False) == []
    name = site.name("fjord#approved")
    found = site.version("v1.1.0")
    site.tag(name, found.commit, site.tell(found), by="bob", day=LATER)
    with pytest.raises(ElcError, match=r"v1.1.0 is pending for prod(.|\n)*the key of bob@example.org, which has ended"):
        site.promote("v1.1.0")
    told = [problem.sentence for problem in audit(site.context, is_deep=False)]
    assert any(f"tag {name} is signed by the key of bob@example.org, which has ended" in sentence for sentence in told)


# Tags that are taken away.
GONE = "is now missing or different: a decision may have been undone"


@way("remove the newest tag, a rejection", GONE)
def remove_newest(site: Site) -> None:
    site.be("bob")
    registry.decide(site.context, "fjord", "v1.4.0", "rejected", reason="it drifts")
    list(deploy_all(site.context, "prod", ("fjord",)))
    run(site.root, "tag", "--delete", site.last("fjord#approved!#"))
    site.promote("v1.4.0")


@way("put another tag in the place of the newest", GONE)
def replace_newest(site: Site) -> None:
    site.be("bob")
    registry.decide(site.context, "fjord", "v1.4.0", "rejected", reason="it drifts")
    list(deploy_all(site.context, "prod", ("fjord",)))
    last = site.last("fjord#approved!#")
    run(site.root, "tag", "--delete", last)
    number = last.rpartition("#")[2]
    site.tag(f"fjord#test#{number}", site.version("v1.1.0").commit, {}, by="dora")
    site.promote("v1.4.0")


@way("remove a sealed tag in a fresh clone", GONE)
def remove_sealed(site: Site) -> None:
    site.be("bob")
    registry.decide(site.context, "fjord", "v1.4.0", "rejected", reason="it drifts")
    seal(site.context, "eve@example.org")
    for path in site.project.deployed("prod", "fjord").parent.glob(".*.seen"):
        path.unlink()
    run(site.root, "tag", "--delete", site.last("fjord#approved!#"))
    site.promote("v1.4.0")


# Bytes that are swapped while somebody looks.
REREAD = "was another tag when it was listed|has a signature that does not match it"


def retell(site: Site, source: str, old: str, new: str, name: str = "") -> bytes:
    """The bytes of a tag about one version, its text altered to tell of another; its signature is kept."""
    content = read_tag(site.root, site.find(source)).decode()
    before, after = site.version(old), site.version(new)
    for word in ("commit", "version", "package", "sha256"):
        content = content.replace(getattr(before, word), getattr(after, word))
    return content.replace(f"tag {source}\n", f"tag {name or source}\n").encode()


def swap_while(site: Site, command: str, swapped: dict[str, bytes]) -> None:
    """Whenever Git runs a command, its store has other bytes under the names of some tags; at all other times not."""
    run_real = git._run
    former = {name: read_tag(site.root, site.find(name)) for name in swapped}

    def run_swapped(root: Path, arguments: tuple[str, ...], *rest: object) -> subprocess.CompletedProcess[bytes]:
        is_swapped = command in arguments
        for name, content in swapped.items() if is_swapped else ():
            site.overwrite(f"refs/tags/{name}", "tag", content)
        try:
            return run_real(root, arguments, *rest)  # type: ignore[arg-type]
        finally:
            for name, content in former.items() if is_swapped else ():
                site.overwrite(f"refs/tags/{name}", "tag", content)

    site.patch.setattr(git, "_run", run_swapped)


@way("alter signed tags only while they are listed", REREAD)
def swap_listed(site: Site) -> None:
    """Prod's tag tells of v1.2.0, and the rejection of v1.2.0 of v1.1.0, until their signatures are verified."""
    assigned, (rejected,) = site.last("fjord#prod#"), _find_rejections(site, "v1.2.0")
    swapped = {
        assigned: retell(site, assigned, "v1.0.0", "v1.2.0"),
        rejected: retell(site, rejected, "v1.2.0", "v1.1.0"),
    }
    site.fill("v1.2.0", tag=assigned)
    swap_while(site, "for-each-ref", swapped)


@way("show a signed tag only while a signature is verified", REREAD)
def swap_verified(site: Site) -> None:
    source, name = site.last("fjord#prod#"), site.name("fjord#prod")
    site.put(name, write_tag(site.root, retell(site, source, "v1.0.0", "v1.4.0", name)))
    site.fill("v1.4.0", tag=name)
    swap_while(site, "verify-tag", {name: read_tag(site.root, site.find(source))})


def replace_deployed(site: Site) -> None:
    """Put another version under the folder and the record of the one in prod."""
    record = get_deployed(site, "deployed.json").read_bytes()
    site.fill("v1.1.0")
    get_deployed(site, "deployed.json").write_bytes(record)


SWAPPED = "it has been replaced or changed in the meantime"


@way("replace a package between its proof and a notebook's reading", SWAPPED)
def replace_before_reading(site: Site) -> None:
    used = registry.find_used(site.project, "fjord", environment="prod")
    replace_deployed(site)
    curve.read_found(used.folder, sha256=used.sha256)


@way("replace a package between its proof and the service's loading", SWAPPED)
def replace_before_loading(site: Site) -> None:
    (assigned,) = find_assigned(site.project, "prod", ["fjord"]).values()
    assert not assigned.fault
    replace_deployed(site)
    load(site.project, "fjord", assigned)


@way("replace a package while it is proved", "changed|replaced|does not verify|altered")
def replace_while_proving(site: Site) -> None:
    prove = curve.prove

    def prove_other(*arguments: object, **options: object) -> object:
        replace_deployed(site)
        return prove(*arguments, **options)  # type: ignore[arg-type]

    site.patch.setattr(curve, "prove", prove_other)
    (assigned,) = find_assigned(site.project, "prod", ["fjord"]).values()
    site.patch.setattr(curve, "prove", prove)
    load(site.project, "fjord", assigned)


@way("swap a linked file after the folder was found", SWAPPED)
def swap_linked(site: Site) -> None:
    outside = site.root.parent / "model.onnx"
    shutil.move(get_deployed(site, "model.onnx"), outside)
    get_deployed(site, "model.onnx").symlink_to(outside)
    used = registry.find_used(site.project, "fjord", environment="prod")
    shutil.copyfile(site.object(site.list_files(site.version("v1.4.0").package)["model.onnx"]), outside)
    curve.read_found(used.folder, sha256=used.sha256)


@way("keep a network's weights outside of its package", "a network of the model package cannot be opened")
def keep_weights_outside(site: Site) -> None:
    """Everybody approved a package whose weights lie in a file that no hash covers."""
    folder, weights = site.project.model("fjord"), site.root.parent / "weights"
    network = onnx.load(folder / "model.onnx")
    tensor = max(network.graph.initializer, key=lambda it: len(it.raw_data))
    weights.write_bytes(tensor.raw_data)
    external_data_helper.set_external_data(tensor, location=os.path.relpath(weights, get_deployed(site)))
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    (folder / "model.onnx").write_bytes(network.SerializeToString())
    rehash(folder)
    record(site.project, "fjord")
    registry.register(site.context, "fjord", bump="minor")
    for environment in ("dev", "test"):
        site.assign("v1.5.0", environment=environment)
    site.decide("v1.5.0", by="bob")
    curve.read_found(registry.open_version(site.project, "fjord", "v1.5.0").folder, sha256="")
    site.promote("v1.5.0")


# References that are no plain ones.
def point(site: Site, name: str, target: str) -> None:
    run(site.root, "symbolic-ref", f"refs/tags/{name}", f"refs/tags/{target}")


list_ways(
    (
        "let a new name follow an old tag",
        "was moved",
        lambda it: point(it, it.name("fjord#prod"), it.last("fjord#test#")),
    ),
    ("let a version follow another's tag", "was moved", lambda it: point(it, "fjord@v1.0.0", "fjord@v1.4.0")),
    ("let a name follow nothing", "", lambda it: point(it, it.name("fjord#prod"), "none")),
    ("let a name follow itself", "", lambda it: point(it, it.name("fjord#prod"), it.name("fjord#prod"))),
    (
        "write no hash into a tag's file",
        "points at an object that is not in this repository",
        lambda it: (it.root / ".git/refs/tags" / it.name("fjord#prod")).write_text("v1.4.0\n"),
    ),
    ("lay the assignment under another folder of tags", "", lambda it: move_ref(it, "refs/tags/refs/tags")),
    ("lay the assignment under a remote's tags", "", lambda it: move_ref(it, "refs/remotes/origin")),
    ("lay the assignment under notes", "", lambda it: move_ref(it, "refs/notes")),
)


def move_ref(site: Site, folder: str) -> None:
    name = site.assign("v1.4.0")
    run(site.root, "update-ref", f"{folder}/{name}", site.find(name))
    run(site.root, "tag", "--delete", name)


def build_lax(site: Site) -> str:
    """Write a commit whose params.yaml asks for nothing and whose signers have mallory; main does not hold it."""
    site.edit(approval="none", **{"from": None})
    blobs = {"params.yaml": site.project.params.read_bytes(), "models/allowed_signers": name_mallory(site)}
    index = {"GIT_INDEX_FILE": str(site.root.parent / "index")}
    run(site.root, "read-tree", "HEAD", **index)
    for path, content in blobs.items():
        run(site.root, "update-index", "--cacheinfo", f"100644,{write_blob(site, content)},{path}", **index)
    tree = run(site.root, "write-tree", **index).strip()
    return run(site.root, "commit-tree", tree, "-p", "HEAD", "-m", "lax").strip()


@way("name a tag and a branch HEAD", UNREVIEWED)
def name_head(site: Site) -> None:
    lax = build_lax(site)
    for name in ("refs/tags/HEAD", "refs/heads/HEAD", "refs/HEAD"):
        run(site.root, "update-ref", name, lax)
    site.promote("v1.1.0", by="mallory")


@way("name a tag and a branch by the hash of the last commit", UNREVIEWED)
def name_hash(site: Site) -> None:
    lax, head = build_lax(site), run(site.root, "rev-parse", "HEAD").strip()
    for name in (f"refs/tags/{head}", f"refs/heads/{head}", f"refs/tags/{head[:10]}"):
        run(site.root, "update-ref", name, lax)
    (site.root / ".git" / head).write_text(f"{lax}\n")
    site.promote("v1.1.0", by="mallory")


@way("hide a rejection behind a false order of packed tags", "no tag has number|follows a gap|is gone")
def hide_packed(site: Site) -> None:
    hidden = _find_rejections(site, "v1.2.0")
    run(site.root, "pack-refs", "--all")
    packed = site.root / ".git" / "packed-refs"
    head, *lines = packed.read_text().splitlines()
    last = [at for at, line in enumerate(lines) if any(line.endswith(f"refs/tags/{name}") for name in hidden)]
    moved = [line for at in last for line in lines[at : at + 2]]
    kept = [line for line in lines if line not in moved]
    packed.write_text("\n".join([head, *kept, "0" * 40 + " refs/zzz", *moved]) + "\n")
    site.promote("v1.2.0")


@way("remove the registration of what is in prod", GONE)
def remove_registration(site: Site) -> None:
    run(site.root, "tag", "--delete", "fjord@v1.0.0")


@way("remove the registration and what remembers it", "no version of fjord was registered|is rejected now")
def remove_registration_and_memory(site: Site) -> None:
    run(site.root, "tag", "--delete", "fjord@v1.0.0")
    get_deployed(site).with_name(".fjord.seen").unlink()


@way("move an approved version to another commit, and let it be promoted", "v1.4.0 is pending|missing or different")
def move_approved(site: Site) -> None:
    new = site.version("v1.1.0")
    commit = commit_lock(site, site.version("v1.4.0").package, new.package, "v1.4.0")
    site.tag("fjord@v1.4.0", commit, {**new.registered.fields})
    site.promote("v1.4.0")


@way("register an approved version's name with more behind it", "is pending|not registered")
def register_build(site: Site) -> None:
    found = site.version("v1.1.0")
    site.tag("fjord@v1.4.0+1", found.commit, found.registered.fields, day=START)
    site.promote("v1.4.0+1")


# Names that look like others.
def name_alike(plant: str) -> Act:
    def act(site: Site) -> None:
        found = site.version("v1.4.0")
        site.tag(f"{plant}#prod#{site.name('fjord#prod').rpartition('#')[2]}", found.commit, site.tell(found, "prod"))

    return act


list_ways(
    ("assign to a plant in capitals", "", name_alike("FJORD")),
    ("assign to a plant with a letter of no width", "", name_alike("fj\u200bord")),
    ("assign to a plant in letters of full width", "", name_alike("ｆｊｏｒｄ")),
    ("assign to a plant with an accent of its own", "", name_alike("fjord\u0301")),
    ("assign to a plant of the same beginning", "params.yaml has no such plant", name_alike("fjord_")),
)


# Git's folder: store, configuration, what it believes of its history.
@way("bring the signers' object from another store", ALTERED_STORE)
def bring_alternate(site: Site) -> None:
    oid, other = run(site.root, "rev-parse", "HEAD:models/allowed_signers").strip(), site.root.parent / "objects"
    path = Path(oid[:2]) / oid[2:]
    site.overwrite(oid, "blob", name_mallory(site))
    (other / path).parent.mkdir(parents=True)
    shutil.move(site.root / ".git" / "objects" / path, other / path)
    (site.root / ".git" / "objects" / "info" / "alternates").write_text(f"{other}\n")
    site.approve("v1.1.0", by="mallory")
    site.assign("v1.1.0", by="mallory")


@way("bring the signers' object in a pack", ALTERED_STORE)
def bring_pack(site: Site) -> None:
    """Git believes the list of a pack, which says where the object of a hash begins."""
    oid, content = run(site.root, "rev-parse", "HEAD:models/allowed_signers").strip(), name_mallory(site)
    body = struct.pack(">4sII", b"PACK", 2, 1) + build_head(len(content)) + zlib.compress(content)
    pack = body + hashlib.sha1(body).digest()
    counts = struct.pack(">256I", *(int(byte >= int(oid[:2], 16)) for byte in range(256)))
    listed = b"\xfftOc" + struct.pack(">I", 2) + counts + bytes.fromhex(oid)
    listed += struct.pack(">II", zlib.crc32(body[12:]), 12) + pack[-20:]
    folder = site.root / ".git" / "objects"
    for suffix, raw in ((".pack", pack), (".idx", listed + hashlib.sha1(listed).digest())):
        (folder / "pack" / f"pack-{pack[-20:].hex()}{suffix}").write_bytes(raw)
    (folder / oid[:2] / oid[2:]).unlink()
    site.approve("v1.1.0", by="mallory")
    site.assign("v1.1.0", by="mallory")


def build_head(size: int) -> bytes:
    """The head of a blob in a pack: its type, and its size in groups of seven bits."""
    head, size = [0x30 | size & 15], size >> 4
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7F)
        size >>= 7
    return bytes(head)


def build_config(site: Site) -> str:
    """Configuration that takes mallory for ann: a program that finds every signature good, and other signers."""
    ann, program, signers = site.keys["ann"], site.root.parent / "good", site.root.parent / "signers"
    good = f'Good "git" signature for ann@example.org with ED25519 key {ann.fingerprint}'
    program.write_text(f"#!/bin/sh\necho '{good}'; echo '{good}' >&2; echo '[GNUPG:] GOODSIG 0 ann' >&2\n")
    program.chmod(0o755)
    signers.write_text(f"ann@example.org {site.keys['mallory'].text}\n")
    return (
        f"[gpg]\n\tprogram = {program}\n\tminTrustLevel = never\n[core]\n\tuseReplaceRefs = true\n"
        f'[gpg "ssh"]\n\tprogram = {program}\n\tallowedSignersFile = {signers}\n[gpg "x509"]\n\tprogram = {program}\n'
    )


def configure_good(place: Callable[[Site, Path], object]) -> Act:
    """Sign as mallory while Git is told, somewhere, that all signatures are good."""

    def act(site: Site) -> None:
        tag, config = site.assign("v1.4.0", by="mallory"), site.root.parent / "config"
        config.write_text(build_config(site))
        place(site, config)
        site.fill("v1.4.0", tag=tag)

    return act


def use_worktree_config(site: Site, config: Path) -> None:
    run(site.root, "config", "extensions.worktreeConfig", "true")
    shutil.copyfile(config, site.root / ".git" / "config.worktree")


def use_variables(site: Site, config: Path) -> None:
    for name, value in {"COUNT": "1", "KEY_0": "include.path", "VALUE_0": str(config)}.items():
        site.patch.setenv(f"GIT_CONFIG_{name}", value)
    site.patch.setenv("GIT_CONFIG_PARAMETERS", f"'include.path={config}'")


def use_home(site: Site, config: Path) -> None:
    shutil.copyfile(config, config.with_name(".gitconfig"))
    site.patch.setenv("HOME", str(config.parent))


STRANGER = "which is not in models/allowed_signers"
list_ways(
    (
        "include a configuration that finds all good",
        STRANGER,
        configure_good(lambda it, config: run(it.root, "config", "include.path", str(config))),
    ),
    (
        "include one for this branch only",
        STRANGER,
        configure_good(lambda it, config: run(it.root, "config", "includeIf.onbranch:**.path", str(config))),
    ),
    ("configure the working tree so", STRANGER, configure_good(use_worktree_config)),
    ("configure by variables", STRANGER, configure_good(use_variables)),
    (
        "configure by another global file",
        STRANGER,
        configure_good(lambda it, config: it.patch.setenv("GIT_CONFIG_GLOBAL", str(config))),
    ),
    ("configure at home", STRANGER, configure_good(use_home)),
)


@way("replace prod's tag by refs/replace, which the configuration asks for", "")
def replace_tag(site: Site) -> None:
    run(site.root, "config", "core.useReplaceRefs", "true")
    source = site.last("fjord#prod#")
    run(site.root, "replace", site.find(source), write_tag(site.root, retell(site, source, "v1.0.0", "v1.4.0")))
    shutil.rmtree(get_deployed(site))


@way("hide an edit by a filter", UNREVIEWED)
def filter_edit(site: Site) -> None:
    site.edit(approval="none", **{"from": None})
    (site.root / ".git" / "info" / "attributes").write_text("params.yaml filter=old\n")
    run(site.root, "config", "filter.old.clean", "git show HEAD:params.yaml")
    site.promote("v1.1.0")


@way("graft another past", "")
def graft(site: Site) -> None:
    old, new = site.version("v1.0.0").commit, site.version("v1.4.0").commit
    (site.root / ".git" / "info" / "grafts").write_text(f"{old} {new}\n")
    shutil.rmtree(get_deployed(site))


@way("cut the history off", "a shallow clone")
def cut_off(site: Site) -> None:
    (site.root / ".git" / "shallow").write_text(site.version("v1.4.0").commit + "\n")
    site.fill("v1.4.0", tag=site.assign("v1.4.0"))


# Signatures of other kinds.
def sign_by(site: Site, key: Key, version: str = "v1.4.0") -> str:
    """Assign a version to prod by a tag that a key signs, under ann's name and address."""
    found, name = site.version(version), site.name("fjord#prod")
    site.tag(name, found.commit, site.tell(found, "prod"))
    configure_signing(site.root, key)
    run(site.root, "config", "user.email", "ann@example.org")
    content = read_tag(site.root, site.find(name)).partition(b"\n\n")[2].decode()
    when = {"GIT_COMMITTER_DATE": f"{int((LATER + timedelta(days=site.days + 1)).timestamp())} +0000"}
    run(site.root, "tag", "--sign", "--force", "--cleanup=verbatim", "-m", content, name, found.commit, **when)
    return name


def sign_by_certificate(site: Site) -> None:
    """Mallory vouches, as an authority, that a key of his is ann's."""
    key = make_key(site.root.parent / "own", "ann")
    authority = site.keys["mallory"].public.with_suffix("")
    command = ["ssh-keygen", "-q", "-s", str(authority), "-I", "ann", "-n", "ann@example.org", str(key.public)]
    subprocess.run(command, check=True, capture_output=True)
    sign_by(site, replace(key, public=key.public.with_name("ann-cert.pub")))


list_ways(
    (
        "sign with an RSA key under ann's name",
        STRANGER,
        lambda it: sign_by(it, make_key(it.root.parent / "own", "ann", "rsa")),
    ),
    (
        "sign with an ECDSA key under ann's name",
        STRANGER,
        lambda it: sign_by(it, make_key(it.root.parent / "own", "ann", "ecdsa")),
    ),
    ("sign with a certificate that names ann", "does not match it|not in models/allowed_signers", sign_by_certificate),
)


@way("sign a signed tag once more", STRANGER)
def sign_twice(site: Site) -> None:
    """The text of prod's tag, ann's signature with it, is signed by mallory for another version."""
    source, name = site.last("fjord#prod#"), site.name("fjord#prod")
    text, found = read_tag(site.root, site.find(source)).partition(b"\n\n")[2].decode(), site.version("v1.4.0")
    site.be("mallory")
    text = build_message("Put it there", site.tell(found, "prod")) + "\n" + text
    run(site.root, "tag", "--sign", "--cleanup=verbatim", "--message", text, name, found.commit)


@way("sign by a program of PGP that finds all good", "signed by PGP or X.509")
def sign_by_pgp(site: Site) -> None:
    name, config = site.assign("v1.4.0"), site.root.parent / "config"
    config.write_text(build_config(site))
    run(site.root, "config", "include.path", str(config))
    block = b"-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    site.put(name, write_tag(site.root, read_tag(site.root, site.find(name)) + block))


@way("give a tag two taggers", "headers that a signature does not cover|does not match it|has no signature|is dated")
def add_tagger(site: Site) -> None:
    source, name = site.last("fjord#prod#"), site.name("fjord#prod")
    content = retell(site, source, "v1.0.0", "v1.4.0", name)
    site.put(name, write_tag(site.root, content.replace(b"\n\n", b"\ntagger ann <a@example.org> 1 +0000\n\n", 1)))


# The clock.
def set_clock(site: Site, moment: datetime) -> None:
    site.patch.setattr(objects, "time", SimpleNamespace(time=moment.timestamp))


@way("turn the clock back to before a key's end", ENDED)
def turn_back(site: Site) -> None:
    set_clock(site, EXPIRED - timedelta(days=1))
    sign_late(site, site.name)


@way("turn the clock ahead, and date a tag there", "has no signature|dated more than a day ahead")
def turn_ahead(site: Site) -> None:
    set_clock(site, FAR)
    found = site.version("v1.4.0")
    site.tag(site.name("fjord#prod"), found.commit, site.tell(found, "prod"), day=FAR - timedelta(days=1))
    site.patch.undo()


# What is deployed: folders, links, names.
def link_left(site: Site, *names: str) -> None:
    """Let the names that a deployment uses on its way lead to what test runs on, where v1.1.0 is."""
    for name in names:
        get_deployed(site).with_name(f".fjord.{name}").symlink_to(site.project.deployed("test", "fjord"))
    shutil.rmtree(get_deployed(site))


def copy_record(site: Site, target: Path, version: str) -> None:
    """Lay a version down elsewhere, as if prod ran on it."""
    site.fill(version, tag=site.assign(version))
    shutil.move(get_deployed(site), target)
    list(deploy_all(site.context, "prod", ("fjord",)))


list_ways(
    ("lay a repository into the package", ALTERED, lambda it: run(it.root, "init", "-q", str(get_deployed(it)))),
    ("lay an empty folder's file into the package", ALTERED, lambda it: (get_deployed(it) / "..data").write_text("x")),
    ("link the way of a deployment to test's folder", "", lambda it: link_left(it, "new")),
    ("link the former folder to test's", "holds fjord for test", lambda it: link_left(it, "old")),
    ("link all ways of a deployment", "holds fjord for test", lambda it: link_left(it, "new", "old", "gone")),
    (
        "deploy under the plant's name in capitals",
        "Fjord",
        lambda it: copy_record(it, get_deployed(it).with_name("Fjord"), "v1.4.0"),
    ),
    (
        "deploy under the environment's name in capitals",
        "PROD",
        lambda it: copy_record(it, it.root / "deployed" / "PROD", "v1.4.0"),
    ),
    (
        "record a list",
        "expected a record of Assignment",
        lambda it: get_deployed(it, "deployed.json").write_text("[1, 2]"),
    ),
    ("record a number for a version", "expected a valid string", lambda it: alter_record(it, version=1)),  # type: ignore[arg-type]
    (
        "record a version twice",
        "does not match v1.0.0",
        lambda it: get_deployed(it, "deployed.json").write_text(
            get_deployed(it, "deployed.json")
            .read_text()
            .replace("{", '{"version": "v1.0.0",', 1)
            .replace('"version": "v1.0.0",\n', '"version": "v1.4.0",\n')
        ),
    ),
    ("link the record to another plant's", "holds delta for prod", lambda it: link_record(it)),
)


def link_record(site: Site) -> None:
    path = get_deployed(site, "deployed.json")
    path.unlink()
    path.symlink_to(site.project.deployed("prod", "delta") / "deployed.json")


# DVC and settings.
def swap_cache(site: Site, cache: Path) -> None:
    """Copy the cache, with the files of v1.4.0 under the hashes of those of v1.0.0."""
    shutil.copytree(site.root / ".dvc" / "cache", cache)
    old, new = (site.list_files(site.version(it).package) for it in ("v1.0.0", "v1.4.0"))
    for name, md5 in old.items():
        target = cache / "files" / "md5" / md5[:2] / md5[2:]
        target.chmod(0o644)
        shutil.copyfile(site.object(new[name]), target)
    shutil.rmtree(get_deployed(site))


@way("name another cache", "")
def name_other_cache(site: Site) -> None:
    cache = site.root.parent / "cache"
    swap_cache(site, cache)
    (site.root / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {cache}\n")


@way("name another cache and no remote", "was altered in the cache")
def name_only_cache(site: Site) -> None:
    cache = site.root.parent / "cache"
    swap_cache(site, cache)
    (site.root / ".dvc" / "config").write_text(f"[cache]\n    dir = {cache}\n")


@way("name another cache by a variable", "")
def name_cache_by_variable(site: Site) -> None:
    cache = site.root.parent / "cache"
    swap_cache(site, cache)
    for scope in ("GLOBAL", "SYSTEM"):
        folder = site.root.parent / scope
        folder.mkdir()
        (folder / "config").write_text(f"[cache]\n    dir = {cache}\n")
        site.patch.setenv(f"DVC_{scope}_CONFIG_DIR", str(folder))


@way("name a remote of another kind", "does not have package")
def name_strange_remote(site: Site) -> None:
    (site.root / ".dvc" / "config.local").write_text("['remote \"store\"']\n    url = ext::sh -c true\n")
    site.empty(cache=True)


@way("ask for nothing in a second list of environments", "environments|twice|duplicate")
def list_twice(site: Site) -> None:
    text = site.project.params.read_text()
    lax = re.sub(r"approval: \w+", "approval: none", text[text.index("\nenvironments:") :])
    site.project.params.write_text(text + lax)
    site.promote("v1.1.0")


def place_plants(site: Site, **regions: str) -> None:
    """Write regions into params.yaml, and in which of them plants are."""
    editor = YAML()
    params = editor.load(site.project.params)
    params["regions"] = {"north": {}, "south": {}}
    for plant, region in regions.items():
        params["plants"][plant]["region"] = region
    editor.dump(params, site.project.params)


def give_region(site: Site) -> None:
    """Let mallory sign for all plants of the south, of which fjord is none; all of it is reviewed."""
    place_plants(site, fjord="north", delta="south")
    path = site.root / "models" / "allowed_signers"
    rights = "approve=south/*@prod promote=south/*@prod"
    path.write_text(path.read_text() + f'mallory@example.org namespaces="git" {site.keys["mallory"].text} {rights}\n')
    run(site.root, "commit", "--quiet", "--all", "--message", "regions")


REGION = "is signed by mallory@example.org, who may not (approve|promote) fjord for prod"


@way("approve and promote a plant of another region", REGION)
def cross_regions(site: Site) -> None:
    give_region(site)
    site.approve("v1.1.0", by="mallory")
    site.assign("v1.1.0", by="mallory")


@way("move the plant into the region of the signer, uncommitted", REGION)
def move_plant(site: Site) -> None:
    give_region(site)
    place_plants(site, fjord="south", delta="south")
    site.approve("v1.1.0", by="mallory")
    site.assign("v1.1.0", by="mallory")


@way("move the plant into the region of the signer, and promote by the front door", "may not|cannot")
def move_plant_and_promote(site: Site) -> None:
    give_region(site)
    place_plants(site, fjord="south", delta="south")
    site.promote("v1.4.0", by="mallory")


@way("link params.yaml to another one", UNREVIEWED)
def link_params(site: Site) -> None:
    site.edit(approval="none", **{"from": None})
    shutil.move(site.project.params, site.root.parent / "params.yaml")
    site.project.params.symlink_to(site.root.parent / "params.yaml")
    site.promote("v1.1.0")


list_ways(
    ("ask for no proof, uncommitted", UNREVIEWED, lambda it: (it.edit(tests=[]), it.promote("v1.4.0"))),
    (
        "bring packages from another remote, uncommitted",
        UNREVIEWED,
        lambda it: (it.edit(remote="other"), it.promote("v1.4.0")),
    ),
    ("take the plant out of prod, uncommitted", UNREVIEWED, lambda it: it.edit(plants=["delta"])),
)


# What the machine itself remembers.
@pytest.mark.parametrize(("version", "words"), [
    ("v1.1.0", "no tag that is followed ever put it there"), ("v1.2.0", "no tag that is followed ever put it there"),
    ("v1.3.0", "it is rejected now"), ("v1.4.0", "no tag that is followed ever put it there"), ("v1.0.0", ""),
])  # fmt: skip
def test_the_service_goes_on_with_what_tags_put_there_and_nothing_else(site: Site, version: str, words: str) -> None:
    """The file that names the last good version is the disk's; what is deployed was damaged meanwhile."""
    tags = site.project.tags("fjord")
    tags.parent.mkdir(parents=True)
    shutil.copyfile(ROOT / "data" / "plants" / "fjord" / "tags.csv", tags)
    found = site.version(version)
    history = SwapLog(find_path(site.project))
    name, now = (version, found.sha256, "a tag"), datetime.now(UTC)
    history.add("live", plant="fjord", environment="prod", name=name, former="", share=1.0, reason="", at=now)
    flip(get_deployed(site, "model.onnx"))
    fleet = Fleet(
        site.project,
        environment="prod",
        settings=reader.read_settings(site.project),
        history=history,
        find_rows=lambda _, columns: np.empty((0, len(columns)), np.float32),
    )
    fleet.start()
    fleet.close()
    loaded = {plant: lane.current.version for plant, lane in fleet.lanes.items()}
    assert loaded.get("fjord") == (version if not words else None)
    assert words in fleet.doubts["fjord"]


# Whoever can push a tag stops nobody: ann still promotes, and prod follows.
FAR = datetime(2099, 1, 1, tzinfo=UTC)


def push_raw(site: Site, name: str, moment: str) -> None:
    """Make a tag of any name at any time, as packed references can have it."""
    found = site.version("v1.0.0")
    head = f"object {found.commit}\ntype commit\ntag {name}\ntagger m <m@example.org> {moment} +0000\n\n"
    oid = write_tag(site.root, (head + build_message("x", found.registered.fields)).encode())
    packed = site.root / ".git" / "packed-refs"
    run(site.root, "pack-refs", "--all")
    lines = packed.read_text().splitlines()
    refs = [line for line in lines if not line.startswith(("#", "^"))] + [f"{oid} refs/tags/{name}"]
    packed.write_text("\n".join(["# pack-refs with:", *sorted(refs, key=lambda line: line.split()[1])]) + "\n")


def block(site: Site, name: str) -> None:
    """Make a tag below the name of another, as a file in a folder, so that Git can make that one no more."""
    run(site.root, "tag", f"{name}/x", "HEAD")


STOPS: dict[str, Callable[[Site], object]] = {
    "number 999999999999": lambda it: push_raw(it, "fjord#test#999999999999", "1767225600"),
    "number 999999999": lambda it: push_raw(it, "fjord#test#999999999", "1767225600"),
    "a number of 4,400 digits": lambda it: push_raw(it, f"fjord#test#{'9' * 4400}", "1767225600"),
    "a version of 4,400 digits": lambda it: push_raw(it, f"fjord@v1.{'9' * 4400}.0", "1767225600"),
    "v999999999.0.0@": lambda it: push_raw(it, "fjord@v999999999.0.0", "1767225600"),
    "a gap": lambda it: push_raw(it, f"fjord#test#{int(it.name('fjord#x').rpartition('#')[2]) + 5}", "1767225600"),
    "a registration of 2099@": lambda it: it.tag("fjord@v9.0.0", "HEAD", {}, day=FAR),
    "an assignment of 2099": lambda it: it.tag(it.name("fjord#test"), "HEAD", {}, day=FAR),
    "a day ahead": lambda it: it.tag("fjord@v9.0.0", "HEAD", {}, day=datetime.now(UTC) + timedelta(hours=23.9)),
    "a time near 2^63": lambda it: push_raw(it, "fjord@v9.0.0", str(2**63 - 1)),
    "a time beyond 2^63": lambda it: push_raw(it, "fjord@v9.0.0", str(2**64)),
    "a time before all": lambda it: push_raw(it, "fjord#test#3", "-1"),
    "a registration before v1.0.0": lambda it: push_raw(it, "fjord@v0.9.0", "1700000000"),
    "v1.0.0 registered before": lambda it: push_raw(it, "fjord@v1.0.0#1", "1700000000"),
    "v1.4.0 withdrawn": lambda it: push_raw(it, "fjord@v1.4.0!", "1767225600"),
    "the plant deprecated": lambda it: push_raw(it, "fjord@deprecated#99", "1767225600"),
    "a plant of 300 letters": lambda it: push_raw(it, f"{'f' * 300}@v1.0.0", "1767225600"),
    "a tag below the next one": lambda it: block(it, it.name("fjord#prod")),
    "tags below all that may come next": lambda it: [block(it, f"fjord#{it.name('x')[2:].zfill(n)}") for n in (1, 2)],
    "a tag below the next version": lambda it: block(it, "fjord@v1.5.0"),
    "a tag below a version that is there": lambda it: block(it, "fjord@v1.9.0/fjord@v1.0.0"),
}


@pytest.mark.parametrize("name", STOPS)
def test_whoever_can_push_a_tag_stops_nobody(name: str, site: Site) -> None:
    STOPS[name](site)
    assert look(site, [], *ALL) == []
    tag = site.promote("v1.4.0")
    assert [is_fault for _, is_fault in deploy_all(site.context, "prod", ())] == [False, False]
    assert look(site, [], "fjord") == [f"fjord runs on v1.4.0 in prod, {site.version('v1.4.0').sha256[:10]}"]
    moment = next(event.time for event in site.context.line("fjord").events if event.tag == tag)
    assert moment < datetime.now(UTC).timestamp() + 2 * 3600
    if name.endswith(("@", "version")):
        site.train(0.9)
        free = "fjord@v1.6.0" if name == "a tag below the next version" else "fjord@v1.5.0"
        assert registry.register(site.context, "fjord", bump="minor") == free
    assert len(audit(site.context, is_deep=False)) > 0 or "letters" in name


# What hangs, or ends in a traceback.
def test_nothing_of_a_foreign_configuration_runs_at_register(site: Site) -> None:
    mark = set_traps(site.root)
    site.train(0.9)
    mark.unlink(missing_ok=True)
    registry.register(site.context, "fjord", bump="minor")
    site.decide("v1.5.0", by="bob")
    audit(site.context, is_deep=False)
    assert not mark.exists()


ODD: dict[str, Callable[[Path], object]] = {
    "a name that is no UTF-8": lambda it: (it.parent / os.fsdecode(b"\xff\xfe")).mkdir(),
    "a name that is no UTF-8 in prod": lambda it: (it / os.fsdecode(b"\xff\xfe")).mkdir(),
    "a left-over that is no UTF-8": lambda it: (it / os.fsdecode(b".\xff.new")).mkdir(),
    "a file that is no UTF-8 in the package": lambda it: (it / "fjord" / os.fsdecode(b"\xff")).write_text(""),
    "a name of two lines": lambda it: (it / "x\n    repair: rm -rf ~").mkdir(),
    "a pipe": lambda it: os.mkfifo(it.parent / "pipe"),
    "a pipe in prod": lambda it: os.mkfifo(it / "pipe"),
    "a pipe in the package": lambda it: os.mkfifo(it / "fjord" / "more.onnx"),
    "a pipe for the record": lambda it: [(it / "fjord/deployed.json").unlink(), os.mkfifo(it / "fjord/deployed.json")],
    "a pipe for a lock": lambda it: [(it / ".fjord.lock").unlink(), os.mkfifo(it / ".fjord.lock")],
    "a pipe for a lock of a left-over": lambda it: [(it / ".x.new").mkdir(), os.mkfifo(it / ".x.lock")],
    "a pipe for what was seen": lambda it: [(it / ".fjord.seen").unlink(), os.mkfifo(it / ".fjord.seen")],
    "a pipe for a plant": lambda it: [shutil.rmtree(it / "fjord"), os.mkfifo(it / "fjord")],
    "pipes for what runs leave": lambda it: [os.mkfifo(it / f".fjord.{name}") for name in ("new", "old", "gone")],
    "a pipe for prod": lambda it: [shutil.rmtree(it), os.mkfifo(it)],
    "links for what runs leave": lambda it: [
        (it / f".fjord.{name}").symlink_to(it.parent / "test" / "fjord") for name in ("new", "old", "gone")
    ],
    "a loop of links": lambda it: [shutil.rmtree(it / "fjord"), (it / "fjord").symlink_to("fjord")],
}


@pytest.fixture
def hurry() -> Iterator[None]:
    """What hangs for a minute is ended by an error."""

    def end(*_: object) -> None:
        raise RuntimeError("it hangs")

    former = signal.signal(signal.SIGALRM, end)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, former)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.usefixtures("hurry")
def test_nothing_in_deployed_hangs_or_ends_in_a_traceback(name: str, site: Site) -> None:
    ODD[name](get_deployed(site).parent)
    for command in (["audit"], ["audit", "--json"], ["deploy", "--env", "prod"]):
        with contextlib.chdir(site.root):
            done = CliRunner().invoke(main, command)
        assert done.exception is None or isinstance(done.exception, SystemExit), (command, repr(done.exception))
        assert not re.search(r"^    repair: rm -rf ~", done.output, re.MULTILINE)
    look(site, [], "fjord")


@pytest.mark.parametrize("arguments", [
    ("promote", "{}", "v1.0.0", "--env", "prod"), ("promote", "fjord", "{}", "--env", "prod"),
    ("deploy", "--env", "{}"), ("deploy", "--env", "prod", "--plant", "{}"), ("models", "{}"), ("register", "{}"),
    ("models", "fjord", "--at", "{}"), ("rollback", "fjord", "--env", "prod", "--to", "{}"), ("seal", "{}"),
    ("approve", "fjord", "{}", "--reason", "x"), ("plant", "add", "{}", "--from", ".", "--tags", "x", "--entry", "x"),
])  # fmt: skip
@pytest.mark.parametrize("text", ["x" * 300, "9" * 4400, "v1." + "9" * 4400 + ".0", "../x", "\udcff"], ids=str.__len__)
def test_no_name_ends_in_a_traceback(arguments: tuple[str, ...], text: str, base: Site) -> None:
    with contextlib.chdir(base.root):
        done = CliRunner().invoke(main, [it.format(text) for it in arguments])
    assert isinstance(done.exception, SystemExit), (arguments, done.exception)
    assert done.exit_code in (1, 2)


@pytest.mark.parametrize(("plant", "version"), [("delta", "v1.0.0"), ("fjord", "v1.4.0")])
def test_a_second_version_of_a_commit_changes_nothing(site: Site, plant: str, version: str) -> None:
    """An unsigned tag of another version at the commit that prod holds neither removes it nor goes back; it is told."""
    if plant == "fjord":
        site.promote(version)
        list(deploy_all(site.context, "prod", (plant,)))
    found = site.version(version, plant)
    site.tag(f"{plant}@v9.0.0", found.commit, found.registered.fields)
    assert [line for line, is_fault in deploy_all(site.context, "prod", (plant,)) if is_fault] == []
    assert registry.find_used(site.project, plant, environment="prod").version == version
    told = [problem for problem in audit(site.context, is_deep=False) if "v9.0.0" in problem.tag]
    assert {problem.rule for problem in told} == {"signature", "twice"}


def build_decoy(site: Site) -> Path:
    """Make a repository with a laxer params.yaml in its last commit, and all tags and objects of the real one."""
    decoy = site.root.parent / "decoy"
    run(site.root.parent, "clone", "--quiet", str(site.root), str(decoy))
    site.edit(approval="none", **{"from": None})
    shutil.copyfile(site.project.params, decoy / "params.yaml")
    for name, value in {"user.name": "M", "user.email": "m@example.org"}.items():
        run(decoy, "config", name, value)
    run(decoy, "commit", "--all", "--quiet", "--message", "lax")
    return decoy


@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"]
)
def test_no_variable_leads_to_prod(name: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of Git that name another repository, with laxer rules, lead nowhere."""
    decoy = build_decoy(site)
    site.fill("v1.1.0", tag=site.assign("v1.1.0"))
    run(decoy, "fetch", "--quiet", "--tags")
    folder = decoy / ".git"
    monkeypatch.setenv(name, str(folder if name.endswith("_DIR") and "OBJECT" not in name else folder / "objects"))
    said: list[str] = []
    wrong = look(site, said, *ALL)
    with pytest.raises(ElcError, match=UNREVIEWED):
        site.promote("v1.1.0")
    assert wrong == [], said
