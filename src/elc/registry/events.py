"""The history of the registry: every tag of its grammar, read in one pass."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from elc.errors import ElcError
from elc.registry.git import try_git
from elc.registry.names import Action, read_name
from elc.registry.objects import find_now

# `tag` is the name inside the tag object, which a moved or copied reference does not change.
_ATOMS = (
    "refname:strip=2", "objecttype", "objectname", "*objecttype", "*objectname", "taggerdate:unix", "taggername",
    "taggeremail", "tag", "contents:subject", "contents:body", "contents:signature",
)  # fmt: skip
_FORMAT = "%00".join(f"%({atom})" for atom in _ATOMS) + "%00%01"
AHEAD_S = 24 * 3600  # that the clock of whoever wrote a tag may be ahead of what is known here
_FIELD = re.compile(r"^([a-z][a-z0-9_]*): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Event:
    """One tag: what was done to which plant's version, when and by whom.

    `commit` is what the tag points at, `time` its second since 1970, `fields` what its message records. `fault` says
    why the tag is not what its name says; it is empty for a sound one. Whether the signature of one that `is_signed` is
    good is another question.
    """

    tag: str
    oid: str
    plant: str
    action: Action
    version: str
    stage: str
    number: int
    commit: str
    time: int
    who: str
    sentence: str
    fields: Mapping[str, Any]
    fault: str
    is_signed: bool

    @property
    def order(self) -> tuple[int, int, str]:
        """By time as GTO has it, and by number within one second."""
        return self.time, self.number, self.tag

    def is_told_by(self, content: bytes) -> bool:
        """Tell whether the bytes of a tag object tell this: Git hashes nothing that it lists."""
        head, _, text = content.partition(b"\n\n")
        object_, _, tag, tagger = (line.decode(errors="replace") for line in head.split(b"\n"))
        told = object_.removeprefix("object "), tag.removeprefix("tag "), tagger.split()[-2]
        is_same = told == (self.commit, self.tag, str(self.time))
        return is_same and str(self.fields).strip() in text.decode(errors="replace")


def read_events(root: Path) -> list[Event]:
    """Read every tag of the registry, in the order in which they count."""
    done = try_git(root, "for-each-ref", f"--format={_FORMAT}", "refs/tags")
    if done.returncode or "broken ref" in done.stderr:
        raise _build_missing(root, done.stderr)
    text = done.stdout
    found = [_read_event(record.lstrip("\n").split("\0")) for record in text.split("\0\x01")[:-1]]
    latest = find_now(root) + AHEAD_S
    events = [_doubt_late(event, latest) for event in found if event is not None]
    return sorted(events, key=lambda event: event.order)


def _doubt_late(event: Event, latest: int) -> Event:
    """Doubt what is dated later than its writer's clock can have been: nothing could come after it."""
    if event.fault or event.time <= latest:
        return event
    return replace(event, fault="is dated more than a day ahead of this machine's clock and of the last commit")


def _build_missing(root: Path, said: str) -> ElcError:
    """Name which tag points at what is not here: Git reads none of them then."""
    reference = re.search(r"refs/tags/(\S+)", said)
    if reference is None:
        return ElcError(f"git for-each-ref failed in {root}: {said.strip()[-300:]}")
    tag = reference[1]
    return ElcError(
        f"tag {tag} points at an object that is not in this repository, so no tag can be read. Fetch it: git fetch "
        f"--tags --force. If nobody has it, delete the tag: git update-ref -d {shlex.quote(f'refs/tags/{tag}')}."
    )


def _read_event(record: list[str]) -> Event | None:
    name = read_name(record[0])
    if name is None:
        return None
    _, kind, oid, target_kind, commit, time, who, email, inner, subject, body, signature = record
    return Event(
        tag=record[0],
        oid=oid,
        plant=name.plant,
        action=name.action,
        version=name.version,
        stage=name.stage,
        number=name.number,
        commit=commit or oid,
        time=int(time or 0),
        who=f"{who} {email}".strip(),
        sentence=subject,
        fields=_Fields(body),
        fault=name.fault or _find_fault(record[0], kind, target_kind, inner),
        is_signed=bool(signature),
    )


class _Fields(Mapping[str, Any]):
    """The lines `key: <JSON>` of a message, read when they are first asked for: of most tags nobody asks.

    What is not JSON stays text, so that a rule can refuse it.
    """

    def __init__(self, body: str) -> None:
        self._body = body

    @cached_property
    def _read(self) -> dict[str, Any]:
        return {key: _read_json(value) for key, value in _FIELD.findall(self._body)}

    def __str__(self) -> str:
        return self._body

    def __getitem__(self, key: str) -> Any:
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _find_fault(tag: str, kind: str, target_kind: str, inner: str) -> str:
    if kind != "tag":
        return "is a lightweight tag, which records neither author nor reason; expected an annotated one"
    if inner != tag:
        return f"was moved: the name inside it is {inner}"
    if target_kind != "commit":
        return f"points at {target_kind or 'nothing'}, expected a commit"
    return ""


def build_message(sentence: str, fields: Mapping[str, Any]) -> str:
    """Build the message of a tag: a sentence, and a line `key: <JSON>` for each field."""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    return "\n".join([" ".join(sentence.split()), "", *lines, ""])
