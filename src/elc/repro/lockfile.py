"""`dvc.lock`, read once and written whole: the text of each stage, of which only the new ones are formatted."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from elc.errors import ElcError
from elc.files import replace_file

HEAD = "schema: '2.0'\nstages:\n"
# A line of a stage's name is indented by two spaces, its own by four. One that DVC puts into quotes is left to YAML.
_STAGE = re.compile(r"^  (?! )", re.MULTILINE)
_NAME = re.compile(r"  ([A-Za-z_][\w@.-]*):\n")
_OTHER = re.compile(r"^(?:\S| \S)", re.MULTILINE)


class LockFile:
    """The lock of one pipeline file, with the bytes that DVC would write."""

    def __init__(self, path: Path) -> None:
        """Read the lock file; one that is not there has no stages.

        Raises:
            ElcError: it is not a lock of stages alone.
        """
        self.path = path
        text = path.read_text(encoding="utf-8") if path.is_file() else HEAD
        self._texts = _split(text, path)
        self._former = list(self._texts)
        self._written = text

    def read(self, names: Iterable[str]) -> dict[str, Any]:
        """Read what some stages recorded; a stage that has not run has no entry.

        Raises:
            DvcException: an entry is not as DVC writes it.
        """
        from dvc.dvcfile import Lockfile
        from dvc.utils.serialize import parse_yaml

        text = "".join(self._texts[name] for name in names if name in self._texts)
        if not text:
            return {}
        content = parse_yaml(HEAD + text, str(self.path))
        Lockfile.validate(content, str(self.path))
        stages: dict[str, Any] = content["stages"]
        return stages

    def put(self, name: str, entry: Mapping[str, Any]) -> None:
        """Put what a stage recorded in the place of what it recorded before, or at the end."""
        self._texts[name] = _format(name, entry)

    def write(self) -> bool:
        """Write the file where it changed; say whether it did."""
        text = HEAD + "".join(self._texts.values())
        if text == self._written:
            return False
        with replace_file(self.path) as temporary:
            temporary.write_text(text, encoding="utf-8")
        self._written = text
        return True

    def sort(self, names: list[str]) -> None:
        """Put stages that were not in the lock when it was read in the order of `names`, after those that were."""
        order = dict.fromkeys([*self._former, *names])
        self._texts = {name: self._texts[name] for name in order if name in self._texts}


def _split(text: str, path: Path) -> dict[str, str]:
    """Split a lock file into the text of each stage. One that DVC has not written is formatted as DVC would."""
    if text.startswith(HEAD) and not _OTHER.search(text, len(HEAD)):
        starts = [match.start() for match in _STAGE.finditer(text, len(HEAD))]
        names = [_NAME.match(text, start) for start in starts]
        pieces = [text[start:end] for start, end in itertools.pairwise([*starts, len(text)])]
        if all(names) and len({name[1] for name in names if name}) == len(names):
            return {name[1]: piece for name, piece in zip(names, pieces, strict=True) if name}
    return {name: _format(name, entry) for name, entry in _parse(text, path).items()}


def _parse(text: str, path: Path) -> dict[str, Any]:
    from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml

    try:
        content = parse_yaml(text, str(path))
    except YAMLFileCorruptedError:
        content = None
    if not isinstance(content, dict) or content.keys() - {"schema", "stages"}:
        raise ElcError(
            f"{path}: expected schema and stages, as dvc repro writes them, and nothing else. Restore the file with "
            "git checkout, or run dvc repro."
        )
    return content.get("stages") or {}


def _format(name: str, entry: Mapping[str, Any]) -> str:
    from dvc.utils.serialize import dumps_yaml

    text: str = dumps_yaml({"stages": {name: entry}})
    return text.removeprefix("stages:\n")
