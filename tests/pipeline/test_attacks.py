"""Attacks: ways to get an unapproved, unsigned, altered or wrong-plant model into prod, none of which succeeds.

Who attacks may do anything to tags, cache, remote, folders and uncommitted files. What was reviewed stays: the code,
and the last commit of main with its params.yaml and models/allowed_signers. A way succeeds if prod uses anything else
than its proper package afterwards without an error. What it did must be told by an error or by the audit.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from elc import curve, registry
from elc.cli import main
from elc.cli.promote import promote_all
from elc.errors import ElcError
from elc.paths import Project
from elc.registry import storage
from elc.registry.audit import audit
from elc.registry.events import build_message
from elc.registry.follow import deploy_all
from elc.registry.seal import seal
from elc.settings import reader
from tests.conftest import run as run_command
from tests.pipeline.attacks import EXPIRED, LATER, START, Site, build_site, copy_site, look
from tests.pipeline.registry_project import PLANTS, rehash
from tests.unit.registry.keys import read_tag, run, write_tag
from tests.unit.registry.test_git import set_traps

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
def site(base: Site, tmp_path: Path) -> Site:
    return copy_site(base, tmp_path)


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


def test_there_are_forty_ways() -> None:
    assert len(WAYS) >= 40


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


@way("promote a plant that is not in prod", "steppe is no plant of prod")
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
    ("promote by plain tag", "fjord#prod#.* carries no signature", lambda it: it.assign("v1.4.0")),
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


@way("promote by GTO", "carries no signature|records version missing")
def assign_by_gto(site: Site) -> None:
    done = run_command(site.root, "gto", "assign", "fjord", "--version", "v1.4.0", "--stage", "prod")
    assert done.returncode == 0, done.stdout + done.stderr


@way("promote by lightweight tag", "is a lightweight tag")
def assign_lightly(site: Site) -> None:
    run(site.root, "tag", site.name("fjord#prod"), site.version("v1.4.0").commit)


@way("promote by a branch of that name", "")
def assign_by_branch(site: Site) -> None:
    run(site.root, "update-ref", f"refs/heads/{site.name('fjord#prod')}", site.version("v1.4.0").commit)


@way("copy the text of a signed tag", "has a signature that does not fit it")
def copy_text(site: Site) -> None:
    text = read_tag(site.root, site.find(site.last("fjord#prod#"))).partition(b"\n\n")[2].decode()
    found, name = site.version("v1.4.0"), site.name("fjord#prod")
    run(site.root, "tag", "--annotate", "--cleanup=verbatim", "--message", text, name, found.commit)


@way("sign in another namespace", "has a signature that does not fit it")
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
    ("approve by plain tag", "carries no signature", promote_after(lambda it: it.approve("v1.1.0"))),
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


@way("copy an approval under a new number", "was moved: inside it is fjord#approved#")
@promote_after
def copy_approval(site: Site) -> None:
    site.put(site.name("fjord#approved"), site.find(site.last("fjord#approved#")))


@way("alter an approval's commit", "has a signature that does not fit it")
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
@way("alter the text of a signed tag", "has a signature that does not fit it")
def alter_text(site: Site) -> None:
    source, old, new = site.last("fjord#prod#"), site.version("v1.0.0"), site.version("v1.4.0")
    site.forge(site.name("fjord#prod"), source, f"object {old.commit}", f"object {new.commit}")


@way("append to a signed tag", "text after it|does not fit it|expected nothing after it")
def append_text(site: Site) -> None:
    name, new = site.last("fjord#prod#"), site.version("v1.4.0")
    text = build_message("More", site.tell(new, "prod")).encode()
    site.put(name, write_tag(site.root, read_tag(site.root, site.find(name)) + text))


@way("add a header to a signed tag", "has headers that a signature does not cover|does not fit it")
def add_header(site: Site) -> None:
    name = site.assign("v1.4.0", by="ann")
    content = read_tag(site.root, site.find(name))
    run(site.root, "tag", "--delete", name)
    site.put(name, write_tag(site.root, content.replace(b"\n\n", b"\nfoo bar\n\n", 1).replace(b"v1.4.0", b"v1.1.0")))


@way("put records between the fields of a tag", "carries no signature")
def put_records_in_between(site: Site) -> None:
    """Text that would split a listing of tags must not look like a tag of its own."""
    name, found = site.name("fjord#prod"), site.version("v1.4.0")
    signed = site.find(site.last("fjord#prod#"))
    record = [name, "tag", signed, "commit", found.commit, "1767225600", "ann", "", name, "Put", ""]
    text = build_message("More", site.tell(found, "prod")) + "\0\x01\n" + "\0".join(record)
    head = f"object {found.commit}\ntype commit\ntag {name}\ntagger ann <a@example.org> 1767225600 +0000\n\n"
    site.put(name, write_tag(site.root, (head + text + "\0\x01\n").encode()))


@way("tag a tag", "points at tag|carries no signature|does not cover")
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


@way("write the number with a nought", "has number .*, as fjord#|carries no signature")
def write_nought(site: Site) -> None:
    number = site.last("fjord#prod#").rpartition("#")[2]
    found = site.version("v1.4.0")
    site.tag(f"fjord#prod#0{number}", found.commit, site.tell(found, "prod"))


@way("assign to Prod", "assigns to Prod|is about Prod")
def assign_in_capitals(site: Site) -> None:
    found = site.version("v1.4.0")
    site.tag(site.name("fjord#Prod"), found.commit, site.tell(found, "Prod"), by="ann")


# Tags that take away.
@way("take the way back away, unsigned", "fjord#prod!#.* carries no signature")
def unassign(site: Site) -> None:
    site.tag(site.name("fjord#prod!"), site.version("v1.0.0").commit, {})


@way("deregister, unsigned", "fjord@v1.0.0! carries no signature")
def deregister(site: Site) -> None:
    site.tag("fjord@v1.0.0!", site.version("v1.0.0").commit, {})


@way("deprecate, unsigned", "fjord@deprecated#.* carries no signature")
def deprecate(site: Site) -> None:
    site.tag(site.name("fjord@deprecated"), site.version("v1.0.0").commit, {})


@way("register a withdrawn version again, unsigned", "fjord@v1.4.0#")
def register_again(site: Site) -> None:
    """Prod was on v1.4.0, which was withdrawn since; whoever registers it again brings it back."""
    site.promote("v1.4.0")
    site.tag("fjord@v1.4.0!", site.version("v1.4.0").commit, {}, by="ann")
    found = site.version("v1.4.0")
    site.tag(site.name("fjord@v1.4.0"), found.commit, found.registered.fields)


@way("register the commit of prod again", "registers the commit that is v1.0.0 already")
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


@way("list a file outside of the package", "'../../../evil' is no file of a package")
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
    ("record another version", "deployed.json is not about v1.0.0", lambda it: alter_record(it, version="v1.1.0")),
    ("record another object", "which is not in Git, or does not assign", lambda it: alter_record(it, oid="0" * 40)),
    (
        "record a path",
        "holds ../prod/fjord for prod, expected fjord",
        lambda it: alter_record(it, plant="../prod/fjord"),
    ),
    ("fill in a version by no tag", "not in Git, or does not assign it", lambda it: it.fill("v1.1.0", tag="", oid="")),
    (
        "fill in a version by the tag of v1.0.0",
        "is not about v1.0.0",
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


@way("deploy a plant that is not in prod", "steppe.*is no plant of prod|not in Git")
def deploy_strange_plant(site: Site) -> None:
    site.fill("v1.1.0", into="steppe")


@way("deploy test as prod", "which is not in Git, or does not assign it")
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
GONE = "is gone or another one: a decision may have been undone"


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
    if "@" in name:
        site.train(0.9)
        assert registry.register(site.context, "fjord", bump="minor") == "fjord@v1.5.0"
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
