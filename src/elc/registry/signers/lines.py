"""The signers of `models/allowed_signers`: one key a line, in OpenSSH's format, with its rights at the end.

They count as they are in Git's HEAD: what was reviewed, not what lies in the folder.
Source: ssh-keygen(1), ALLOWED SIGNERS.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import get_args

from elc.errors import build_nearest, check_faults
from elc.registry.git import check_folder
from elc.registry.objects import find_now, read_committed
from elc.registry.signers.names import Names, read_regions
from elc.registry.signers.people import FILE, SEAL, Act, Rights, Signer, Signers
from elc.settings import ALL_OF

_EXAMPLE = 'ann@example.org namespaces="git" ssh-ed25519 AAAA... approve=fjord@prod promote=*@test,prod'
# How many fields a public key of each type has, its type included (RFC 4253, 5656, 8709; OpenSSH's PROTOCOL.u2f).
_KEY_FIELDS = {
    "ssh-ed25519": 2,
    "ssh-rsa": 3,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
    "sk-ssh-ed25519@openssh.com": 3,
    "sk-ecdsa-sha2-nistp256@openssh.com": 4,
}
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"]*)")?')
_TIMES = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def read_signers(root: Path, *, plants: Collection[str], environments: Collection[str]) -> Signers:
    """Read who may sign, from Git's HEAD; without the file, or without a commit, nobody may.

    `plants` and `environments` are the names that rights may speak of, beside the regions of Git's HEAD.

    Raises:
        ElcError: with every fault of every line, by its number.
    """
    check_folder(root)
    text = read_committed(root, "HEAD", FILE)
    if text is None:
        return Signers(())
    sealed = _read_seal(read_committed(root, "HEAD", SEAL) or "")
    regions = read_regions(root) if ALL_OF in text else {}
    return Signers(_read_text(text, Names(plants, environments, regions)), sealed, find_now(root))


def _read_seal(text: str) -> dict[str, str]:
    """Read the tags that were sealed, with the id of each."""
    lines = [line.split() for line in text.splitlines()]
    faults = [
        f"line {number}: found {_shorten(' '.join(words))}; expected the id of a tag's object, and its name"
        for number, words in enumerate(lines, 1)
        if len(words) != 2 or not re.fullmatch("[0-9a-f]{40}(?:[0-9a-f]{24})?", words[0])
    ]
    check_faults(f"{SEAL} in Git's HEAD", faults)
    return {name: oid for oid, name in lines}


def _read_text(text: str, known: Names) -> tuple[Signer, ...]:
    signers: list[Signer] = []
    faults: list[str] = []
    numbers: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        reader = _Line(line, known)
        signer = reader.read()
        first = numbers.setdefault(signer.fingerprint, number) if signer else number
        if first != number:
            reader.faults.append(f"the key is also on line {first}; expected one line per key, with all its rights")
        faults += [f"line {number}: {fault}" for fault in reader.faults]
        signers += [signer] if signer else []
    check_faults(f"{FILE} in Git's HEAD", faults)
    return tuple(signers)


class _Line:
    """One line, taken apart; `faults` collects what is wrong with it."""

    def __init__(self, line: str, known: Names) -> None:
        self._line = line
        self._known = known
        self.faults: list[str] = []

    def read(self) -> Signer | None:
        """Read the line; None where it has no key."""
        words = _WORD.findall(self._line)
        at = 1 if words[1:2] and words[1].startswith(("ssh-", "ecdsa-", "sk-")) else 2
        if self._line.count('"') % 2 or len(words) < at + 2 or "\ufffd" in self._line:
            self.faults.append(f"found {_shorten(self._line)}; expected a line such as {_EXAMPLE}")
            return None
        principal, kind, key = words[0], words[at], words[at + 1]
        if re.search(r'["*?!,]|[^ -~]', principal):
            self.faults.append(f"found the name {principal}; expected one in ASCII, without * ? ! , and quotes")
        options = self._read_options(words[1] if at == 2 else "")
        rights = self._read_rights(words[at + 2 :])
        fingerprint = self._read_key(kind, key)
        if not fingerprint:
            return None
        return Signer(
            principal=principal,
            fingerprint=fingerprint,
            approve=rights.get("approve", Rights()),
            promote=rights.get("promote", Rights()),
            entry=" ".join([principal, ",".join(['namespaces="git"', *options]), kind, key]),
            is_dated=bool(options),
            register=rights.get("register", Rights()),
            ends=_read_end(options),
        )

    def _read_key(self, kind: str, key: str) -> str:
        """Check the key and work out its fingerprint; empty where it is none."""
        if kind not in _KEY_FIELDS:
            self.faults.append(f"found the type of key {_shorten(kind)}; {build_nearest(kind, _KEY_FIELDS)}")
            return ""
        try:
            blob = base64.b64decode(key, validate=True)
            fields = list(_split_key(blob))
        except (ValueError, struct.error):
            fields, blob = [], b""
        if len(fields) != _KEY_FIELDS[kind] or fields[0] != kind.encode():
            self.faults.append(f"{_shorten(key)} is not a {kind} key; expected the second word of the .pub file")
            return ""
        return "SHA256:" + base64.b64encode(sha256(blob).digest()).decode().rstrip("=")

    def _read_options(self, word: str) -> list[str]:
        """Check the options; return the days of the key, as OpenSSH of any version reads them in UTC."""
        times: dict[str, str] = {}
        for option in re.findall(r'(?:[^,"]|"[^"]*")+', word):
            match = _OPTION.fullmatch(option)
            name, value = (match[1].lower(), match[2] or "") if match else (option, "")
            if name == "cert-authority":
                self.faults.append("found cert-authority; expected each person's own key, since rights go by the key")
            elif name == "namespaces":
                if "git" not in value.split(","):
                    self.faults.append(f'found namespaces="{value}"; expected namespaces="git", which Git signs in')
            elif name in ("valid-after", "valid-before") and name not in times:
                times[name] = self._read_time(name, value)
            else:
                self.faults.append(
                    f"found the option {_shorten(option)}; expected namespaces, valid-after and valid-before, each once"
                )
        if len(times) == 2 and "" not in times.values() and times["valid-after"] >= times["valid-before"]:
            self.faults.append(
                "valid-after is not before valid-before; expected the first day of the key, then its last"
            )
        return [f'{name}="{value}"' for name, value in sorted(times.items())]

    def _read_time(self, name: str, value: str) -> str:
        digits = value.removesuffix("Z")
        try:
            if not re.fullmatch("[0-9]+", digits):
                raise ValueError
            return datetime.strptime(digits, _TIMES.get(len(digits), "")).strftime("%Y%m%d%H%M%S")
        except ValueError:
            self.faults.append(f'found {name}="{value}"; expected a UTC time such as 20270131 or 202701311200Z')
            return ""

    def _read_rights(self, words: list[str]) -> dict[str, Rights]:
        rights: dict[str, Rights] = {}
        for word in words:
            act, _, value = word.partition("=")
            if act not in get_args(Act):
                self.faults.append(
                    f"found {_shorten(word)} after the key; expected approve=<plants>@<environments>, "
                    "promote=... or register=..."
                )
            elif act in rights:
                self.faults.append(f"{act}= is given twice; expected it once")
            else:
                plants, _, environments = value.partition("@")
                named, regions = self._known.spread(self._read_names(word, "plant", plants, self._known.places))
                where = self._read_names(word, "environment", environments, self._known.environments)
                rights[act] = Rights(named, where, regions)
        return rights

    def _read_names(self, word: str, what: str, value: str, valid: Collection[str]) -> tuple[str, ...]:
        names = tuple(value.split(","))
        for name in names:
            if not value:
                self.faults.append(f"{word} names no {what}; expected <plants>@<environments>, * for all")
            elif name == "*" and len(names) > 1:
                self.faults.append(f"{word} has * next to other names; expected * alone, or names")
            elif name != "*" and name not in valid:
                kind = "region" if name.endswith(ALL_OF) else what
                self.faults.append(
                    f"{word} names {kind} {name!r}, which params.yaml does not; {build_nearest(name, valid)}"
                )
        return names


def _read_end(options: list[str]) -> int:
    """Read when a key ends; 0 for never, or where the time is none."""
    for option in options:
        match = re.fullmatch('valid-before="([0-9]{14})"', option)
        if match:
            return int(datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    return 0


def _split_key(blob: bytes) -> Iterator[bytes]:
    """Split a public key into its fields, each after its length (RFC 4251)."""
    while blob:
        (length,) = struct.unpack(">I", blob[:4])
        if len(blob) < 4 + length:
            raise ValueError
        yield blob[4 : 4 + length]
        blob = blob[4 + length :]


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 60 else text[:57] + "..."
