"""Signers: whose signature counts, for what, and that nothing else passes for one."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from elc.errors import ElcError
from elc.registry import signers
from elc.registry.signers import Rights, Signers, Verified, verify
from tests.unit.registry.keys import (
    Key,
    commit_signers,
    configure_signing,
    make_key,
    make_repository,
    read_tag,
    run,
    sign_tag,
    write_tag,
)

KINDS = ("ed25519", "ecdsa", "rsa")
PLANTS = ("fjord", "delta", "steppe")
ENVIRONMENTS = ("dev", "test", "prod")
ANN = "ann@example.org"
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Bench:
    """A repository whose HEAD lets Ann sign with one key of each type, and a key of nobody's."""

    root: Path
    keys: dict[str, Key]
    stranger: Key

    def read(self) -> Signers:
        return signers.read_signers(self.root, plants=PLANTS, environments=ENVIRONMENTS)

    def verify(self, oid: str) -> Verified:
        return signers.verify_tags(self.root, [oid], self.read())[oid]

    def refuse(self, oid: str) -> str:
        verified = self.verify(oid)
        assert (verified.principal, verified.fingerprint) == ("", "")
        return verified.fault


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what other tests found good."""
    monkeypatch.setattr(verify, "_good", {})


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder = tmp_path_factory.mktemp("keys")
    kinds = dict.fromkeys(KINDS) | {"stranger": "ed25519"}
    return {name: make_key(folder, name, kind or name) for name, kind in kinds.items()}


@pytest.fixture
def bench(tmp_path: Path, keys: dict[str, Key]) -> Bench:
    root = make_repository(tmp_path / "plants")
    commit_signers(root, *(f'{ANN} namespaces="git" {keys[kind].text} approve=*@prod' for kind in KINDS))
    return Bench(root, {kind: keys[kind] for kind in KINDS}, keys["stranger"])


def read_lines(bench: Bench, *lines: str) -> Signers:
    commit_signers(bench.root, *lines)
    return bench.read()


# The file


def test_read_signers_reads_names_keys_and_rights(bench: Bench) -> None:
    ann, rsa = bench.keys["ed25519"], bench.keys["rsa"]
    read = read_lines(
        bench,
        "# who may do what",
        "",
        f'{ANN} namespaces="file,git" {ann.text} approve=fjord,delta@prod promote=*@test,prod',
        f"bob@example.org {rsa.text}",
    )
    found = read.find(ann.fingerprint)
    assert found is not None
    assert (found.principal, found.approve) == (ANN, Rights(("fjord", "delta"), ("prod",)))
    assert found.may("approve", "delta", "prod")
    assert not found.may("approve", "steppe", "prod")
    assert not found.may("approve", "fjord", "test")
    assert found.may("promote", "steppe", "test")
    assert not found.may("promote", "steppe", "dev")
    bob = read.find(rsa.fingerprint)
    assert bob is not None
    assert not any(bob.may("approve", plant, "dev") for plant in PLANTS)
    assert read.find(bench.stranger.fingerprint) is None


def write_params(bench: Bench, **regions: str) -> None:
    """Write the project's params.yaml with two regions, and plants of them."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    content["regions"] = {"north": {}, "south": {}}
    for plant, region in regions.items():
        content["plants"][plant]["region"] = region
    (bench.root / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def test_a_right_may_name_a_region_whose_plants_are_those_of_head(bench: Bench) -> None:
    """Who moves a plant into his region in params.yaml may do nothing with it before that is in a commit."""
    key = bench.keys["ed25519"]
    write_params(bench, fjord="north", delta="south")
    run(bench.root, "add", "params.yaml")
    line = f'{ANN} namespaces="git" {key.text} approve=north/*@prod promote=north/*,steppe@*'
    ann = read_lines(bench, line).find(key.fingerprint)
    assert ann is not None
    assert [plant for plant in PLANTS if ann.may("approve", plant, "prod")] == ["fjord"]
    assert [plant for plant in PLANTS if ann.may("promote", plant, "test")] == ["fjord", "steppe"]
    write_params(bench, fjord="north", delta="north", steppe="north")
    assert bench.read().find(key.fingerprint) == ann
    run(bench.root, "commit", "--quiet", "--all", "--message", "move plants")
    moved = bench.read().find(key.fingerprint)
    assert moved is not None
    assert [plant for plant in PLANTS if moved.may("approve", plant, "prod")] == list(PLANTS)


def test_a_plant_that_is_gone_belongs_to_the_region_it_had(bench: Bench) -> None:
    key = bench.keys["ed25519"]
    write_params(bench, fjord="north")
    run(bench.root, "add", "params.yaml")
    read = read_lines(bench, f'{ANN} namespaces="git" {key.text} approve=north/*@prod')
    for region, is_covered in (("north", True), ("south", False), (None, False)):
        ann = read.include("mill", region).find(key.fingerprint)
        assert ann is not None
        assert ann.may("approve", "mill", "prod") == is_covered
        assert ann.may("approve", "fjord", "prod")


@pytest.mark.parametrize(
    ("right", "words"),
    [
        (
            "approve=norht/*@prod",
            r"approve=norht/\*@prod names region 'norht/\*', which params\.yaml does not; did you",
        ),
        ("approve=*,north/*@prod", r"approve=\*,north/\*@prod has \* next to other names"),
    ],
)
def test_a_region_that_is_not_there_is_told(bench: Bench, right: str, words: str) -> None:
    write_params(bench)
    run(bench.root, "add", "params.yaml")
    with pytest.raises(ElcError, match=rf"^models/allowed_signers in Git's HEAD: line 1: {words}"):
        read_lines(bench, f"{ANN} {bench.keys['ed25519'].text} {right}")


def test_regions_cannot_be_read_from_a_faulty_commit(bench: Bench) -> None:
    (bench.root / "params.yaml").write_text("plants: {}", encoding="utf-8")
    run(bench.root, "add", "params.yaml")
    with pytest.raises(
        ElcError, match=r"^models/allowed_signers in Git's HEAD names regions, and params\.yaml there has faults"
    ):
        read_lines(bench, f"{ANN} {bench.keys['ed25519'].text} approve=north/*@prod")


def test_every_type_of_key_has_the_fingerprint_that_ssh_keygen_gives(bench: Bench) -> None:
    assert [signer.fingerprint for signer in bench.read().signers] == [key.fingerprint for key in bench.keys.values()]


def test_without_a_file_or_a_commit_nobody_may_sign(tmp_path: Path) -> None:
    run(tmp_path, "init", "--quiet")
    assert signers.read_signers(tmp_path, plants=PLANTS, environments=ENVIRONMENTS) == Signers(())
    root = make_repository(tmp_path / "other")
    assert signers.read_signers(root, plants=PLANTS, environments=ENVIRONMENTS) == Signers(())


def test_a_folder_without_a_repository_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ElcError, match="not a git repository"):
        signers.read_signers(tmp_path, plants=PLANTS, environments=ENVIRONMENTS)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{name}", "found ann@example.org; expected a line such as ann@example.org namespaces"),
        ('{name} namespaces="git {key}', "expected a line such as"),
        ("{name} ssh-dss AAAA", "found the type of key ssh-dss; expected one of|did you mean ssh-rsa"),
        ("{name} ssh-ed25519-cert-v01@openssh.com AAAA", "did you mean ssh-ed25519|sk-ssh-ed25519"),
        ("{name} ssh-ed25519 AAAA", "AAAA is not a ssh-ed25519 key; expected the second word of the .pub file"),
        ("{name} ssh-ed25519 A-A", "A-A is not a ssh-ed25519 key"),
        ("{name} ssh-rsa {blob}", "is not a ssh-rsa key"),
        ("{name} ssh-ed25519 {blob}AAAA", "is not a ssh-ed25519 key"),
        ("{name},bob@example.org {key}", "found the name ann@example.org,bob@example.org; expected one in ASCII"),
        ("*@example.org {key}", r"found the name \*@example.org"),
        ("änn@example.org {key}", "found the name änn@example.org; expected one in ASCII"),
        ("{name} cert-authority {key}", "found cert-authority; expected each person's own key"),
        ('{name} namespaces="file" {key}', 'found namespaces="file"; expected namespaces="git"'),
        ("{name} no-touch {key}", "found the option no-touch; expected namespaces, valid-after and valid-before"),
        ('{name} valid-before="tomorrow" {key}', 'found valid-before="tomorrow"; expected a UTC time such as 20270131'),
        ('{name} valid-before="20270231" {key}', 'found valid-before="20270231"'),
        ('{name} valid-before="2027013" {key}', 'found valid-before="2027013"'),
        ('{name} valid-before="20270101",valid-before="20290101" {key}', "each once"),
        ('{name} valid-after="20270102",valid-before="20270101Z" {key}', "valid-after is not before valid-before"),
        ("{name} {key} ann@laptop", "found ann@laptop after the key; expected approve=<plants>@<environments>"),
        ("{name} {key} aprove=fjord@prod", "found aprove=fjord@prod after the key"),
        ("{name} {key} approve=fjord@prod approve=delta@prod", "approve= is given twice; expected it once"),
        ("{name} {key} approve=fjrd@prod", "names plant 'fjrd', which params.yaml does not; did you mean fjord"),
        ("{name} {key} approve=fjord@prd", "names environment 'prd', which params.yaml does not; did you mean prod"),
        ("{name} {key} approve=fjord", "approve=fjord names no environment; expected <plants>@<environments>"),
        ("{name} {key} approve=@prod", "approve=@prod names no plant"),
        ("{name} {key} approve=fjord,@prod", "names plant ''"),
        ("{name} {key} approve=*,fjord@prod", r"approve=\*,fjord@prod has \* next to other names"),
    ],
)
def test_a_faulty_line_is_named_by_its_number(bench: Bench, line: str, words: str) -> None:
    key = bench.keys["ed25519"].text
    text = line.format(name=ANN, key=key, blob=key.split()[1])
    with pytest.raises(
        ElcError, match=f"models/allowed_signers in Git's HEAD: (2 faults(.|\n)*)?line 2: (.|\n)*{words}"
    ):
        read_lines(bench, "# first", text)


def test_one_key_stands_in_one_line_and_all_faults_come_at_once(bench: Bench) -> None:
    key = bench.keys["ed25519"].text
    with pytest.raises(ElcError) as raised:
        read_lines(bench, f"{ANN} {key} approve=fjord@prod", f"bob@example.org {key}", "nonsense")
    assert "line 2: the key is also on line 1; expected one line per key, with all its rights" in str(raised.value)
    assert "line 3: found nonsense; expected a line such as" in str(raised.value)


def test_a_symlink_does_not_lead_to_another_file(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text(f"{ANN} {bench.stranger.text} approve=*@prod\n")
    path = bench.root / signers.FILE
    path.unlink()
    path.symlink_to(tmp_path / "mine")
    run(bench.root, "commit", "--quiet", "--all", "--message", "link")
    with pytest.raises(ElcError, match=r"line 1: found .*; expected a line such as"):
        bench.read()


# Good signatures


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_by_each_type_of_key_counts(bench: Bench, kind: str) -> None:
    oid = sign_tag(bench.root, "fjord#approved#1", bench.keys[kind])
    assert bench.verify(oid) == Verified(ANN, bench.keys[kind].fingerprint, "")


def test_many_tags_are_verified_at_once_each_by_its_own_signature(bench: Bench) -> None:
    good = [sign_tag(bench.root, f"fjord#approved#{number}", bench.keys["ed25519"]) for number in range(6)]
    bad = sign_tag(bench.root, "fjord#approved#6", bench.stranger)
    found = signers.verify_tags(bench.root, [*good, bad, good[0]], bench.read())
    assert [oid for oid, verified in found.items() if not verified.fault] == good
    assert signers.verify_tags(bench.root, [], bench.read()) == {}


def test_what_was_found_good_is_not_asked_again_but_for_other_keys_or_bytes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, asked = bench.keys["ed25519"], []
    run_alone = verify.run_alone
    monkeypatch.setattr(verify, "run_alone", lambda *given, **keys: asked.append(given) or run_alone(*given, **keys))
    good, read = sign_tag(bench.root, "fjord#approved#1", key), read_lines(bench, f"{ANN} {key.text}")
    first = signers.verify_tags(bench.root, [good], read)
    assert len(asked) == 2  # which Git it is, and the tag
    assert signers.verify_tags(bench.root, [good], read) == first
    assert len(asked) == 2
    dated = read_lines(bench, f'{ANN} valid-before="20200101" {key.text}')
    assert "had expired" in signers.verify_tags(bench.root, [good], dated)[good].fault
    content = read_tag(bench.root, good).replace(b"fjord#approved#1", b"fjord#approved#2")
    forged = write_tag(bench.root, content)
    found = signers.verify_tags(bench.root, [forged, good], read)
    assert "does not match it" in found[forged].fault
    assert found[good] == first[good]
    before = len(asked)
    signers.verify_tags(bench.root, [forged], read)
    assert len(asked) == before + 2  # a fault is never kept


def test_a_key_counts_by_the_day_of_the_tag(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    key = bench.keys["ed25519"]
    days = {day: sign_tag(bench.root, f"fjord#approved#{day}", key, day=f"2024-0{day}-01") for day in (1, 3, 5)}
    commit_signers(bench.root, f'{ANN} valid-after="20240201",valid-before="202404011200Z" {key.text}')
    for zone in ("UTC", "Pacific/Kiritimati"):
        monkeypatch.setenv("TZ", zone)
        assert bench.verify(days[3]) == Verified(ANN, key.fingerprint, "")
        assert "key of ann@example.org was not valid yet (valid-after in" in bench.refuse(days[1])
        assert "key of ann@example.org had expired (valid-before in" in bench.refuse(days[5])


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_days_of_a_key_are_in_utc_everywhere(bench: Bench, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    key = bench.keys["ed25519"]
    oid = sign_tag(bench.root, "fjord#approved#1", key, day="2024-05-01")  # at noon
    commit_signers(bench.root, f'{ANN} valid-before="202405011201" {key.text}')
    assert not bench.verify(oid).fault
    commit_signers(bench.root, f'{ANN} valid-before="202405011159" {key.text}')
    assert "had expired" in bench.refuse(oid)


# Signatures that do not count


def test_a_tag_without_a_signature(bench: Bench) -> None:
    run(bench.root, "tag", "--annotate", "--message", "Approve.", "fjord#approved#1")
    oid = run(bench.root, "rev-parse", "refs/tags/fjord#approved#1").strip()
    assert bench.refuse(oid) == "has no signature; expected one by an SSH key of models/allowed_signers"


def test_a_commit_an_unknown_id_and_words_that_are_no_id(bench: Bench) -> None:
    good = sign_tag(bench.root, "v1", bench.keys["ed25519"])
    for oid in (run(bench.root, "rev-parse", "HEAD").strip(), "1" * 40, "v1", "--help", good[:12], f"{good}\n", ""):
        assert "is not an annotated tag in this repository" in bench.refuse(oid)


def test_a_key_of_nobody(bench: Bench) -> None:
    fault = bench.refuse(sign_tag(bench.root, "fjord#approved#1", bench.stranger))
    assert (
        f"is signed by key {bench.stranger.fingerprint}, which is not in models/allowed_signers of Git's HEAD" in fault
    )
    assert "keep the line and give it valid-before" in fault


def test_a_key_in_the_folder_that_is_not_in_head(bench: Bench) -> None:
    oid = sign_tag(bench.root, "fjord#approved#1", bench.stranger)
    (bench.root / signers.FILE).write_text(f"bob@example.org {bench.stranger.text} approve=*@prod\n")
    assert "is not in models/allowed_signers of Git's HEAD" in bench.refuse(oid)
    run(bench.root, "add", signers.FILE)
    assert "is not in models/allowed_signers of Git's HEAD" in bench.refuse(oid)
    run(bench.root, "commit", "--quiet", "--message", "bob")
    assert bench.verify(oid) == Verified("bob@example.org", bench.stranger.fingerprint, "")


def test_a_key_that_was_taken_out(bench: Bench) -> None:
    oid = sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"])
    commit_signers(bench.root, f"{ANN} {bench.keys['rsa'].text}")
    assert "is not in models/allowed_signers of Git's HEAD" in bench.refuse(oid)
    run(bench.root, "rm", "--quiet", signers.FILE)
    run(bench.root, "commit", "--quiet", "--message", "nobody")
    assert "is not in models/allowed_signers of Git's HEAD" in bench.refuse(oid)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"version: v1.1.0", b"version: v1.2.0"),
        (b"tag fjord#approved#1", b"tag delta#approved#1"),
        (b"> 1714564800 +0000", b"> 1714564801 +0000"),
        (b"tagger Test", b"tagger Ann"),
    ],
)
def test_an_altered_tag(bench: Bench, old: bytes, new: bytes) -> None:
    message = "Approve.\n\nversion: v1.1.0"
    oid = sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"], message=message, day="2024-05-01")
    assert not bench.verify(oid).fault
    content = read_tag(bench.root, oid)
    assert old in content
    fault = bench.refuse(write_tag(bench.root, content.replace(old, new)))
    assert fault.startswith("has a signature that does not match it: the tag was altered after it was signed")


def test_a_signature_that_was_moved_to_another_tag_or_commit(bench: Bench) -> None:
    first = read_tag(bench.root, sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"]))
    second = read_tag(bench.root, sign_tag(bench.root, "fjord#approved#2", bench.stranger))
    begin = b"-----BEGIN SSH SIGNATURE-----"
    moved = second.split(begin)[0] + begin + first.split(begin)[1]
    assert "the signature was taken from elsewhere" in bench.refuse(write_tag(bench.root, moved))
    run(bench.root, "commit", "--quiet", "--allow-empty", "--message", "next")
    head = run(bench.root, "rev-parse", "HEAD").strip().encode()
    elsewhere = b"object " + head + first[first.index(b"\n") :]
    assert "the signature was taken from elsewhere" in bench.refuse(write_tag(bench.root, elsewhere))


def test_a_signature_for_another_purpose_than_git(bench: Bench, tmp_path: Path) -> None:
    """Signed by the right key over the right bytes, but in the namespace of files."""
    signed = read_tag(bench.root, sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"]))
    (tmp_path / "payload").write_bytes(signed.split(b"-----BEGIN")[0])
    key = bench.keys["ed25519"].public.with_suffix("")
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(key), str(tmp_path / "payload")]
    subprocess.run(command, check=True, capture_output=True)
    content = (tmp_path / "payload").read_bytes() + (tmp_path / "payload.sig").read_bytes()
    assert "has a signature that does not match it" in bench.refuse(write_tag(bench.root, content))


def test_a_message_that_forges_the_words_of_ssh_keygen(bench: Bench) -> None:
    line = f'Good "git" signature for {ANN} with ED25519 key {bench.keys["ed25519"].fingerprint}'
    message = f"{line}\n\n{line}\nversion: v1.2.0"
    assert "is signed by key" in bench.refuse(sign_tag(bench.root, "fjord#approved#1", bench.stranger, message=message))
    run(bench.root, "tag", "--annotate", "--message", message, "fjord#approved#2")
    oid = run(bench.root, "rev-parse", "refs/tags/fjord#approved#2").strip()
    assert "has no signature" in bench.refuse(oid)
    run(bench.root, "config", "user.name", line)
    assert "is signed by key" in bench.refuse(sign_tag(bench.root, "fjord#approved#3", bench.stranger))


def test_a_message_that_quotes_a_signature(bench: Bench) -> None:
    """The last signature counts, and only that of the whole tag."""
    good = read_tag(bench.root, sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"]))
    block = good[good.index(b"-----BEGIN") :].decode()
    oid = sign_tag(bench.root, "fjord#approved#2", bench.stranger, message=f"Approve.\n\n{block}\nmore")
    assert bench.refuse(oid)
    ours = sign_tag(bench.root, "fjord#approved#3", bench.keys["ed25519"], message=f"Approve.\n\n{block}\nmore")
    assert not bench.verify(ours).fault


@pytest.mark.parametrize("added", [b"version: v9.0.0\n", b"\n", b"-----END SSH SIGNATURE-----\n"])
def test_text_after_the_signature(bench: Bench, added: bytes) -> None:
    """Git alone takes such a tag for good."""
    good = read_tag(bench.root, sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"]))
    fault = bench.refuse(write_tag(bench.root, good + added))
    assert "has a damaged signature, or text after it, which it does not cover" in fault


def test_a_header_that_the_signature_does_not_cover(bench: Bench) -> None:
    """Git alone takes such a tag for good."""
    good = read_tag(bench.root, sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"]))
    content = good.replace(b"\n\n", b"\ngpgsig added\n afterwards\n\n", 1)
    assert "has headers that a signature does not cover" in bench.refuse(write_tag(bench.root, content))


def test_a_tag_of_a_tag(bench: Bench) -> None:
    sign_tag(bench.root, "inner", bench.keys["ed25519"])
    run(bench.root, "tag", "--sign", "--message", "Approve.", "outer", "inner")
    assert "expected object, type commit, tag" in bench.refuse(run(bench.root, "rev-parse", "refs/tags/outer").strip())


def test_a_damaged_signature(bench: Bench) -> None:
    good = read_tag(bench.root, sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"]))
    at = good.index(b"SIGNATURE-----\n") + 40
    for content in (good[:at] + good[at + 3 :], good[:at] + b"*" + good[at + 1 :], good[: at + 9]):
        assert "signature" in bench.refuse(write_tag(bench.root, content))


@pytest.mark.parametrize("kind", ["PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE"])
def test_a_signature_by_pgp_or_x509_runs_no_program(bench: Bench, tmp_path: Path, kind: str) -> None:
    good = read_tag(bench.root, sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"]))
    program = tmp_path / "liar"
    key = bench.keys["ed25519"].fingerprint
    program.write_text(
        f"#!/bin/sh\ntouch {tmp_path}/ran\necho 'Good \"git\" signature for {ANN} with X key {key}' >&2\n"
    )
    program.chmod(0o755)
    for name in ("gpg.program", "gpg.openpgp.program", "gpg.x509.program", "gpg.ssh.program"):
        run(bench.root, "config", name, str(program))
    content = good.split(b"-----BEGIN")[0] + f"-----BEGIN {kind}-----\n\nAAAA\n-----END {kind}-----\n".encode()
    assert "is signed by PGP or X.509; expected a signature by an SSH key" in bench.refuse(
        write_tag(bench.root, content)
    )
    assert not bench.verify(write_tag(bench.root, good)).fault
    assert not (tmp_path / "ran").exists()


# What surrounds Git


def test_settings_of_the_repository_change_no_verdict(bench: Bench, tmp_path: Path) -> None:
    good = sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"])
    bad = sign_tag(bench.root, "fjord#approved#2", bench.stranger)
    (tmp_path / "mine").write_text(f"{ANN} {bench.stranger.text}\n")
    (tmp_path / "revoked").write_text(f"{bench.keys['ed25519'].text}\n")
    settings = {
        "gpg.ssh.allowedSignersFile": tmp_path / "mine",
        "gpg.ssh.revocationFile": tmp_path / "revoked",
        "gpg.minTrustLevel": "ultimate",
        "gpg.format": "openpgp",
    }
    for name, value in settings.items():
        run(bench.root, "config", name, str(value))
    found = signers.verify_tags(bench.root, [good, bad], bench.read())
    assert not found[good].fault
    assert "is not in models/allowed_signers" in found[bad].fault


def test_variables_of_git_change_no_verdict(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"])
    bad = sign_tag(bench.root, "fjord#approved#2", bench.stranger)
    other = make_repository(tmp_path / "other")
    commit_signers(other, f"{ANN} {bench.stranger.text} approve=*@prod")
    (tmp_path / "mine").write_text(f"{ANN} {bench.stranger.text}\n")
    (tmp_path / "config").write_text(
        f"[gpg]\n\tminTrustLevel = ultimate\n[gpg.ssh]\n\tallowedSignersFile = {tmp_path}/mine"
    )
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "gpg.ssh.allowedSignersFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path / "mine"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'gpg.ssh.allowedsignersfile'='{tmp_path}/mine'")
    monkeypatch.setenv("GIT_TRACE", "1")
    monkeypatch.setenv("GIT_EXEC_PATH", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    found = signers.verify_tags(bench.root, [good, bad], bench.read())
    assert not found[good].fault
    assert "is not in models/allowed_signers" in found[bad].fault


def test_a_replaced_object_is_seen_as_it_was(bench: Bench) -> None:
    good = sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"])
    bad = sign_tag(bench.root, "fjord#approved#2", bench.stranger)
    run(bench.root, "replace", "--force", bad, good)
    assert "is not in models/allowed_signers" in bench.refuse(bad)
    blob = run(bench.root, "rev-parse", f"HEAD:{signers.FILE}").strip()
    (bench.root / "mine").write_text(f"{ANN} {bench.stranger.text} approve=*@prod\n")
    mine = run(bench.root, "hash-object", "-w", "mine").strip()
    run(bench.root, "replace", blob, mine)
    assert "is not in models/allowed_signers" in bench.refuse(bad)
    assert not bench.verify(good).fault


def _make_path(folder: Path, version: str, *, with_ssh: bool) -> str:
    """Make a folder for the PATH with a Git that says another version, and nothing but what it needs."""
    folder.mkdir()
    real = run(folder, "--exec-path").strip()
    (folder / "git").write_text(
        f'#!/bin/sh\ncase " $* " in *" --version "*) echo "git version {version}";; *) exec {real}/git "$@";; esac\n'
    )
    (folder / "git").chmod(0o755)
    if with_ssh:
        found = next(Path(part) / "ssh-keygen" for part in os.get_exec_path() if (Path(part) / "ssh-keygen").is_file())
        (folder / "ssh-keygen").symlink_to(found)
    return str(folder)


def test_a_missing_ssh_keygen(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    oid, read = sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"]), bench.read()
    monkeypatch.setenv("PATH", _make_path(tmp_path / "bin", "2.45.0", with_ssh=False))
    fault = signers.verify_tags(bench.root, [oid], read)[oid].fault
    assert fault == "cannot be verified: ssh-keygen was not found on the PATH. Install OpenSSH's client, 8.2 or later"


@pytest.mark.parametrize(
    ("version", "option", "expected"),
    [
        ("2.33.8", "", "2.34"),
        ("2.34.1", "", None),
        ("2.34.1", 'valid-before="20990101" ', "2.35"),
        ("2.35.0", 'valid-before="20990101" ', None),
        ("2.45.windows.1", "", None),
        ("unknown", "", "2.34"),
    ],
)
def test_a_git_that_is_too_old(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, option: str, expected: str | None
) -> None:
    key = bench.keys["ed25519"]
    oid = sign_tag(bench.root, "fjord#approved#1", key)
    read = read_lines(bench, f"{ANN} {option}{key.text}")
    monkeypatch.setenv("PATH", _make_path(tmp_path / "bin", version, with_ssh=True))
    fault = signers.verify_tags(bench.root, [oid], read)[oid].fault
    said = f"cannot be verified: found git version {version}, expected Git {expected} or later. Install one"
    assert fault == (said if expected else "")


def test_a_missing_git(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ElcError, match=r"git was not found on the PATH. Install it"):
        bench.read()


def test_verifying_outside_a_repository(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=r"git cat-file failed in .*not a git repository"):
        signers.verify_tags(tmp_path, ["1" * 40], bench.read())


# Signing


def test_check_signing_says_what_to_set(tmp_path: Path, keys: dict[str, Key], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    root = make_repository(tmp_path / "plants")
    with pytest.raises(ElcError, match=r"gpg.format is not set, expected ssh; user.signingkey is not set") as raised:
        signers.check_signing(root)
    assert str(raised.value).count("\n  git config ") == 3
    configure_signing(root, keys["rsa"])
    signers.check_signing(root)
    run(root, "config", "user.signingkey", str(tmp_path / "lost.pub"))
    with pytest.raises(ElcError, match=r"user.signingkey is .*lost.pub, which does not exist"):
        signers.check_signing(root)
    run(root, "config", "user.signingkey", f"key::{keys['rsa'].text}")
    signers.check_signing(root)
    run(root, "config", "gpg.format", "openpgp")
    with pytest.raises(ElcError, match=r"gpg.format is openpgp, expected ssh. Set it up"):
        signers.check_signing(root)


def test_git_itself_reads_the_file_with_rights_in_it(bench: Bench) -> None:
    """So that `git tag -v` works with the command that check_signing names."""
    sign_tag(bench.root, "fjord#approved#1", bench.keys["ed25519"])
    allowed = f"gpg.ssh.allowedSignersFile={signers.FILE}"
    run(bench.root, "-c", allowed, "verify-tag", "fjord#approved#1")
