"""A record, how it is read, and how it is written: the same for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from elc.errors import ElcError, build_error, build_nearest
from elc.files import append_line, replace_file

SHOWN_CHARACTERS = 60  # of what was found


class RecordError(ElcError):
    """What a file holds is no record of the kind that is expected; `is_missing` where there is no file."""

    def __init__(self, text: str, *, is_missing: bool) -> None:
        super().__init__(text)
        self.is_missing = is_missing


class Record(BaseModel):
    """A record: frozen, of exactly the keys that stand here, no number is a text, and none is NaN or infinite."""

    # Built when it is first used: most who import a record need few of its like.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    indent: ClassVar[int | None] = 2
    """Spaces by which a level is set in; None writes one line."""
    is_ascii: ClassVar[bool] = False
    """Whether what stands outside ASCII is escaped."""


class Sparse(Record):
    """A record that leaves out what could not be had, or what a former release did not say; it is never null."""

    @model_serializer(mode="wrap")
    def _leave_out(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = write(self)
        return {key: value for key, value in content.items() if key in self.model_fields_set}


class Kept(Sparse):
    """A record of which files of former releases must be read: keys that it does not know are kept as they are."""

    model_config = ConfigDict(extra="allow")


RecordT = TypeVar("RecordT", bound=BaseModel)


def _read_moment(given: object) -> object:
    """Read a time; it has a zone."""
    moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    if not isinstance(moment, datetime):
        raise ValueError("a time in ISO 8601")
    if moment.tzinfo is None:
        raise ValueError("a time with its zone")
    return moment


# ISO 8601 with its zone, as in 2026-06-20T23:00:00+00:00.
Moment = Annotated[datetime, BeforeValidator(_read_moment), PlainSerializer(datetime.isoformat, return_type=str)]


def read_record(path: Path, kind: type[RecordT], *, cure: str, root: Path | None = None) -> RecordT:
    """Read a record.

    Args:
        path: of the file.
        kind: class of the record.
        cure: what to do where it cannot be read, as a sentence.
        root: the error names the file as it lies below this folder.

    Raises:
        RecordError: the file is missing, cannot be read, or holds no such record (every key at fault is named).
    """
    name = str(path if root is None else path.relative_to(root))
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise RecordError(f"{name}: not found. {cure}", is_missing=True) from None
    except OSError as error:
        raise RecordError(f"{name}: cannot be read ({error.strerror or error}). {cure}", is_missing=False) from None
    return parse_record(content, kind, name=name, cure=cure)


def parse_record(content: bytes | str, kind: type[RecordT], *, name: str, cure: str) -> RecordT:
    """Read a record from its JSON; `name` says in an error where that stands.

    Raises:
        RecordError: it is no such record (every key at fault is named).
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        faults = [f"{fault}{'' if fault.endswith('?') else '.'} {cure}" for fault in _find_faults(error, kind)]
        raise RecordError(str(build_error(name, faults)), is_missing=False) from None


def _find_faults(error: ValidationError, kind: type[BaseModel]) -> Iterator[str]:
    """Say of each key what was found and what was expected."""
    for fault in error.errors(include_url=False):
        key = _show_key(".".join(str(part) for part in fault["loc"]))
        expected = fault["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
        if fault["type"] == "json_invalid":
            yield f"not readable as JSON ({fault['ctx']['error']}), expected a record of {kind.__name__}"
        elif fault["type"] == "missing":
            yield f"{key} is missing, expected in a record of {kind.__name__}"
        elif fault["type"] == "extra_forbidden":
            known = kind.model_fields if len(fault["loc"]) == 1 else ()
            yield f"{key} is an unknown key" + (f", {build_nearest(key, known)}" if known else "")
        elif not key:
            yield f"holds {_show(fault['input'])}, expected a record of {kind.__name__}"
        else:
            yield f"{key} is {_show(fault['input'])}, expected {expected}"


def _show_key(key: str) -> str:
    """What is no plain text must not reach a terminal."""
    return key if key.isprintable() else ascii(key)


def _show(found: object) -> str:
    text = repr(found)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def format_record(record: BaseModel) -> str:
    """Write a record as JSON, always in the same way: keys in the order of its class, and a line end."""
    layout = record if isinstance(record, Record) else Record
    content = record.model_dump(mode="json")
    text = json.dumps(content, indent=layout.indent, ensure_ascii=layout.is_ascii, allow_nan=False)
    return f"{text}\n"


def write_record(path: Path, record: BaseModel) -> None:
    """Write a record, whole or not at all.

    Raises:
        ElcError: the disk is full.
    """
    text = format_record(record)
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_lines(lines: Iterable[str], kind: type[RecordT]) -> Iterator[RecordT | None]:
    """Read records that stand one on a line; None for a line that is none: it may be half written."""
    for line in filter(str.strip, lines):
        try:
            yield kind.model_validate_json(line)
        except ValidationError:
            yield None


def format_line(record: BaseModel) -> str:
    """Write a record as one line of JSON, in UTF-8."""
    return json.dumps(record.model_dump(mode="json"), ensure_ascii=False, allow_nan=False) + "\n"


def append_record(path: Path, record: BaseModel) -> None:
    """Append a record as one line of JSON, whole or not at all; several processes may at once.

    Raises:
        OSError: it cannot be written, as where the disk is full; the file is as it was.
    """
    append_line(path, record.model_dump(mode="json"), mode=0o644)
