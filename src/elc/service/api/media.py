"""The headers that say in which form a body comes, and in which the answer is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.types import Scope

from elc.service.api.arrow import MEDIA_TYPE as ARROW
from elc.service.problems import ProblemError

__all__ = ["ARROW", "CSV", "JSON", "Exchanged", "Form", "read_forms"]

JSON, CSV = "application/json", "text/csv"
GZIP = "gzip"
PLAIN, CODINGS = ("", "identity"), (GZIP, "x-gzip")
CHARSETS = ("utf-8", "utf8", "us-ascii")
NO_FORM = "A body of {found} is not taken here. Send {known}."
NO_CHARSET = "The text is in {found}. Send it in UTF-8."
NO_HEADER = "header={found} is not known. Say header=present, or header=absent where the first line holds no names."
NO_CODING = "Content-Encoding: {found} is not taken. Send the body as it is, or by gzip."
NO_ANSWER = "None of what the header Accept names can be given here. Accept {known}."
SHOWN = 80  # letters of a header


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a body. `has_header`: of CSV, the first line names the columns (RFC 4180, section 3)."""

    media_type: str
    has_header: bool = True

    @property
    def content_type(self) -> str:
        """The header Content-Type."""
        if self.media_type != CSV:
            return self.media_type
        return f"{CSV}; charset=utf-8; header={'present' if self.has_header else 'absent'}"


PLAIN_JSON = Form(JSON)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """In which forms a request comes and wants its answer."""

    sent: Form
    wanted: Form
    is_packed: bool


def read_forms(scope: Scope, known: Sequence[str]) -> Exchanged:
    """Read the forms of a request; without a word about the answer it is given in the form of the question.

    Args:
        scope: of the request.
        known: the media types that may be sent and given.

    Raises:
        ProblemError: 415, the body comes in another form; 406, none of the forms that are wanted can be given.
    """
    given = _read_headers(scope)
    sent = _read_sent(given[b"content-type"], known) if b"content-type" in given else PLAIN_JSON
    coding = given.get(b"content-encoding", "").strip().lower()
    if coding not in PLAIN and coding not in CODINGS:
        raise ProblemError(415, NO_CODING.format(found=ascii(coding[:SHOWN])), headers={"Accept-Encoding": GZIP})
    accept = given.get(b"accept", "*/*")
    wanted = sent if accept == "*/*" else _choose_wanted(accept, sent, known)
    return Exchanged(sent, wanted, is_packed=coding in CODINGS)


def _read_headers(scope: Scope) -> dict[bytes, str]:
    """Read the headers that count here; of one that stands several times, all values with commas between them."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in (b"content-type", b"content-encoding", b"accept"):
            text = value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _read_sent(header: str, known: Sequence[str]) -> Form:
    kind, values = _split(header)
    if kind not in known:
        taken = " or ".join(filter(None, (", ".join(known[:-1]), known[-1])))
        raise ProblemError(
            415, NO_FORM.format(found=ascii(kind[:SHOWN]), known=taken), headers={"Accept": ", ".join(known)}
        )
    if kind != CSV:
        return Form(kind)
    if values.get("charset", CHARSETS[0]) not in CHARSETS:
        raise ProblemError(415, NO_CHARSET.format(found=ascii(values["charset"][:SHOWN])))
    return Form(kind, _read_has_header(values, default=True, status=415))


def _read_has_header(values: dict[str, str], *, default: bool, status: int) -> bool:
    said = values.get("header")
    if said not in (None, "present", "absent"):
        raise ProblemError(status, NO_HEADER.format(found=ascii(said)[:SHOWN]))
    return default if said is None else said == "present"


def _choose_wanted(header: str, sent: Form, known: Sequence[str]) -> Form:
    """Choose the form that is wanted most (RFC 9110, section 12.5.1), the earlier one of two."""
    for kind, values in sorted(_list_wanted(header), key=lambda found: -_read_weight(found[1])):
        if _read_weight(values) <= 0:
            continue
        if kind in ("*/*", f"{sent.media_type.partition('/')[0]}/*"):
            return sent
        chosen = next((one for one in known if kind in (one, f"{one.partition('/')[0]}/*")), None)
        if chosen == CSV:
            has_header = sent.has_header if sent.media_type == CSV else True
            return Form(CSV, _read_has_header(values, default=has_header, status=406))
        if chosen:
            return Form(chosen)
    raise ProblemError(406, NO_ANSWER.format(known=" or ".join(known)))


def _list_wanted(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    for part in header.split(","):
        if part.strip():
            yield _split(part)


def _read_weight(values: dict[str, str]) -> float:
    try:
        return float(values.get("q", "1"))
    except ValueError:
        return 0.0


def _split(header: str) -> tuple[str, dict[str, str]]:
    """Split a media type from its parameters, all in small letters."""
    kind, *rest = header.lower().split(";")
    pairs = (part.strip().partition("=")[::2] for part in rest)
    return kind.strip(), {name.strip(): value.strip().strip('"') for name, value in pairs}
