"""Whether a tag is signed, by SSH, by a key that counts: Git and ssh-keygen judge, whatever the machine is set to.

Source: git-verify-tag(1); git-config(1), gpg.ssh; Git's gpg-interface.c, where a tag's signature begins.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from elc.errors import ElcError
from elc.registry.git import run_alone, try_git
from elc.registry.objects import Object, keep_objects, read_objects
from elc.registry.signers.people import FILE, Signers

_WORKERS = 4
_OID = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")
# Git does not look at other headers of a tag, nor at what follows a signature: both could be added afterwards.
_HEADERS = re.compile(rb"object [0-9a-f]+\ntype commit\ntag [^\n]+\ntagger [^\n]+\n\n")
_BEGIN = re.compile(rb"^-----BEGIN (SSH SIGNATURE|PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE)-----", re.MULTILINE)
_BLOCK = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]+\n)+-----END SSH SIGNATURE-----\n?")
_GOOD = re.compile(r'Good "git" signature for (\S+) with \S+ key (SHA256:[A-Za-z0-9+/]+)')
_STRANGER = re.compile(r'Good "git" signature with \S+ key (SHA256:[A-Za-z0-9+/]+)')


@dataclass(frozen=True)
class Verified:
    """The verdict on a tag: who signed it by which key, or a fault; with a fault the others are empty.

    A fault reads on from the tag's name: "has no signature; expected ...". `content` is what was signed: the bytes
    of the tag, and nothing read at another time can be trusted.
    """

    principal: str
    fingerprint: str
    fault: str
    content: bytes = field(default=b"", compare=False)


# Signatures that this process found good, by the bytes that are signed and the keys that count: nothing else decides,
# for a key's days are those of the tag. A service asks every two seconds.
_good: dict[tuple[bytes, tuple[str, ...]], Verified] = {}
_MOST_KEPT = 4096


def verify_tags(root: Path, oids: Sequence[str], signers: Signers) -> dict[str, Verified]:
    """Verify tag objects by their ids; a key with a first or last day is judged by the day of the tag.

    An id says nothing about the reference that led to it: whether the name inside the object is that of the
    reference is checked by `elc.registry.events`. Whether the signer had the right is `Signer.may`.

    Raises:
        ElcError: Git is missing, or `root` is not a repository.
    """
    unique = list(dict.fromkeys(oids))
    tags = _read_tags(root, [oid for oid in unique if _OID.fullmatch(oid)])
    entries = tuple(signer.entry for signer in signers.signers)
    remembered = {oid: good for oid, tag in tags.items() if (good := _good.get((tag.content, entries)))}
    rest = [oid for oid in unique if oid not in remembered]
    tools = _find_missing(root, signers) if rest else ""
    fresh = dict.fromkeys(rest, _refuse(tools)) if tools else _verify_all(root, rest, tags, signers)
    if len(_good) + len(fresh) > _MOST_KEPT:
        _good.clear()
    _good.update({(tags[oid].content, entries): it for oid, it in fresh.items() if not it.fault})
    return {oid: remembered.get(oid) or fresh[oid] for oid in unique}


def _verify_all(root: Path, oids: Sequence[str], tags: Mapping[str, Object], signers: Signers) -> dict[str, Verified]:
    with TemporaryDirectory(prefix="elc-signers-") as folder, ThreadPoolExecutor(_WORKERS) as pool:
        options, objects = _write_options(Path(folder), signers), Path(folder) / "objects"
        keep_objects(objects, (tags[oid] for oid in oids if oid in tags))

        def verify(oid: str) -> Verified:
            fault = _find_fault(tags.get(oid))
            return _refuse(fault) if fault else _verify(root, tags[oid], signers, options, objects)

        return dict(zip(oids, pool.map(verify, oids), strict=True))


def _refuse(fault: str) -> Verified:
    return Verified("", "", fault)


def _find_missing(root: Path, signers: Signers) -> str:
    """Name which tool is missing or too old; empty where none is."""
    if shutil.which("ssh-keygen") is None:
        return "cannot be verified: ssh-keygen was not found on the PATH. Install OpenSSH's client, 8.2 or later"
    said = run_alone(root, "--version").stdout.decode(errors="replace").strip()
    version = re.search(r"(\d+)\.(\d+)", said)
    # Git 2.34 knows SSH signatures, and 2.35 judges a key by the day of the tag.
    oldest = (2, 35) if any(signer.is_dated for signer in signers.signers) else (2, 34)
    if version and (int(version[1]), int(version[2])) >= oldest:
        return ""
    return f"cannot be verified: found {said}, expected Git {oldest[0]}.{oldest[1]} or later. Install one"


def _read_tags(root: Path, oids: list[str]) -> Mapping[str, Object]:
    """Read tag objects in one pass; what is not a tag is left out."""
    objects = read_objects(root, oids, name="the tags of the registry")
    return {it.oid: it for it in objects if it is not None and it.kind == "tag"}


def _find_fault(found: Object | None) -> str:
    """Explain why a tag's shape alone rules out an SSH signature over all of it; empty where it does not."""
    if found is None:
        return "is not an annotated tag in this repository, so it has no signature; expected a signed tag"
    tag = found.content
    begins = list(_BEGIN.finditer(tag))
    if not begins:
        return f"has no signature; expected one by an SSH key of {FILE}"
    if begins[-1][1] != b"SSH SIGNATURE":
        return f"is signed by PGP or X.509; expected a signature by an SSH key of {FILE}"
    if not _HEADERS.match(tag):
        return "has headers that a signature does not cover; expected object, type commit, tag and tagger alone"
    if not _BLOCK.fullmatch(tag, begins[-1].start()):
        return "has a damaged signature, or text after it, which it does not cover; expected nothing after it"
    return ""


def _write_options(folder: Path, signers: Signers) -> list[str]:
    """Write the keys for Git, and build the options that put all else aside, whatever is configured."""
    allowed, revoked = folder / "allowed", folder / "revoked"
    allowed.write_text("".join(f"{signer.entry}\n" for signer in signers.signers), encoding="utf-8")
    revoked.touch()
    settings = {
        "gpg.format": "ssh",
        "gpg.ssh.allowedSignersFile": allowed.as_posix(),
        "gpg.ssh.revocationFile": revoked.as_posix(),
        "gpg.ssh.program": "ssh-keygen",
        "gpg.minTrustLevel": "undefined",
    }
    return [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]


def _verify(root: Path, tag: Object, signers: Signers, options: Sequence[str], objects: Path) -> Verified:
    done = run_alone(root, *options, "verify-tag", "--raw", tag.oid, objects=objects)
    # ssh-keygen alone writes these lines: --raw shows nothing of the tag's text.
    lines = done.stderr.decode("utf-8", errors="replace").splitlines()
    good = [found for found in map(_GOOD.fullmatch, lines) if found]
    if done.returncode == 0 and len(good) == 1:
        principal, fingerprint = good[0].groups()
        signer = signers.find(fingerprint)
        if signer and signer.principal == principal:
            return Verified(principal, fingerprint, "", tag.content)
    return _refuse(_explain(lines, signers))


def _explain(lines: Sequence[str], signers: Signers) -> str:
    """Explain why Git did not take a signature."""
    said = "; ".join(lines)
    stranger = next((found[1] for found in map(_STRANGER.fullmatch, lines) if found), "")
    signer = signers.find(stranger)
    if "key has expired" in said and signer:
        return f"was signed on a day when the key of {signer.principal} had expired (valid-before in {FILE})"
    if "key is not yet valid" in said and signer:
        return f"was signed on a day when the key of {signer.principal} was not valid yet (valid-after in {FILE})"
    if stranger and not signer:
        return (
            f"is signed by key {stranger}, which is not in {FILE} of Git's HEAD. Somebody listed there has to sign "
            "it; for somebody who has left, keep the line and give it valid-before"
        )
    return (
        "has a signature that does not match it: the tag was altered after it was signed, or the signature was taken "
        f"from elsewhere (Git says: {said})"
    )


def check_signing(root: Path) -> None:
    """Check that Git is set up to sign tags by SSH in a repository.

    Raises:
        ElcError: it is not, with the commands that set it up.
    """
    faults = []
    form = _read_config(root, "gpg.format")
    key = _read_config(root, "user.signingkey")
    if form != "ssh":
        faults.append(f"gpg.format is {form or 'not set'}, expected ssh")
    if not key and not _read_config(root, "gpg.ssh.defaultKeyCommand"):
        faults.append("user.signingkey is not set, expected your public key")
    elif (
        key and not key.startswith(("key::", "ssh-", "ecdsa-", "sk-")) and not (root / Path(key).expanduser()).is_file()
    ):
        faults.append(f"user.signingkey is {key}, which does not exist")
    if faults:
        raise ElcError(
            f"{root}: Git cannot sign tags by SSH: {'; '.join(faults)}. Set it up:\n"
            "  git config gpg.format ssh\n"
            "  git config user.signingkey ~/.ssh/id_ed25519.pub\n"
            f"  git config gpg.ssh.allowedSignersFile {FILE}"
        )


def _read_config(root: Path, key: str) -> str:
    """Read a setting as `git tag --sign` would, with the caller's environment; empty where it is not set."""
    return try_git(root, "config", "--get", key).stdout.strip()
