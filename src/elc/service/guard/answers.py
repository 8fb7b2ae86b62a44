"""What every answer carries, and what stands in the place of an error that is not in our form."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from starlette.responses import Response

from elc.service.problems import MEDIA_TYPE, ProblemError, build_problem

Headers = Iterable[tuple[bytes, bytes]]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
NO_STORE = (b"cache-control", b"no-store")
TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
KEPT = ("allow", "www-authenticate", "retry-after")  # of an error whose body is replaced
REQUEST_ID = "X-Request-Id"
DETAILS = {
    404: "There is nothing at this address. GET /openapi.json says what there is.",
    405: "This address does not take this method. The header Allow says which it takes.",
    503: "The service cannot do that now. Its log says more; ask again in a minute.",
    500: f"The service failed on this request. Its log says more, under the id in {REQUEST_ID}.",
}


def is_problem(headers: Headers) -> bool:
    """Whether an answer is application/problem+json."""
    return any(name == b"content-type" and value.startswith(MEDIA_TYPE.encode()) for name, value in headers)


def build_replacement(status: int, headers: Headers, request_id: str) -> Response:
    """Build the problem that takes the place of an error of a library's own form, which may say too much."""
    kept = {name.decode(): value.decode() for name, value in headers if name.decode().lower() in KEPT}
    if status >= 500:
        kept[REQUEST_ID] = request_id
    try:
        found = HTTPStatus(status)
    except ValueError:
        found = HTTPStatus(status // 100 * 100)
    detail = DETAILS.get(found, found.description or found.phrase)
    return build_problem(ProblemError(found, detail, headers=kept))


def complete_headers(headers: Headers, *, is_static: bool, is_encrypted: bool) -> list[tuple[bytes, bytes]]:
    """Add what every answer carries to the headers of one; its own Cache-Control is left to it."""
    completed = [*headers, *SECURITY]
    if not is_static and not any(name == b"cache-control" for name, _ in completed):
        completed.append(NO_STORE)
    if is_encrypted:
        completed.append(TRANSPORT)
    return completed
