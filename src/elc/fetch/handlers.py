"""What PI Web API and IP.21 share: a handler of tagreader, with its user, its TLS, its time limit and its errors.

tagreader reads histories as frames: whole seconds, no page after the first, the texts of digital states lost, and its
search of PI asks the server of the company that made it. So its handlers are used one level lower: they sign in, build
queries and fetch; the answers are read here.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from elc.connect.reasons import explain_failure
from elc.fetch.answers import check_answer
from elc.fetch.secrets import read_secret
from elc.fetch.source import AwayError, SourceError
from elc.settings.fetch import WebServer


class _Limited(HTTPAdapter):
    """Limits the time of every request; a handler gives its connections none."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        super().__init__()

    def send(self, request: Any, *arguments: Any, **options: Any) -> Any:
        return super().send(request, *arguments, **{**options, "timeout": self._timeout_s})


def build_auth(settings: WebServer, where: str) -> AuthBase:
    """Build how a source is signed in to; the password of `user` is a secret.

    Raises:
        RefusedError: there is no password.
    """
    if settings.auth == "kerberos":
        from tagreader.web_handlers import get_auth_pi

        negotiated: AuthBase = get_auth_pi()
        return negotiated
    password = read_secret(settings.secret or settings.default_secret, where)
    if settings.auth == "basic":
        return HTTPBasicAuth(settings.user, password)
    from requests_ntlm import HttpNtlmAuth

    ntlm: AuthBase = HttpNtlmAuth(settings.user, password)
    return ntlm


def limit_time(handler: Any, timeout_s: float) -> None:
    """Limit the time of each request of a handler."""
    for scheme in ("http://", "https://"):
        handler.session.mount(scheme, _Limited(timeout_s))


def fetch(handler: Any, url: str, params: Any, *, where: str, is_post: bool = False) -> Any:
    """Fetch the JSON of an answer by a handler.

    Raises:
        AwayError: there is no answer, or not now.
        RefusedError: this user may not.
        SourceError: the answer is an error, or is not JSON.
    """
    try:
        return handler.fetch(url, params=params, use_post=is_post)
    except requests.HTTPError as error:
        answer = error.response
        if answer is not None:
            check_answer(answer.status_code, answer.headers, read_errors(answer), where)
        raise SourceError(f"{where}: {error}. Check url of the source in params.yaml.") from None
    except requests.exceptions.JSONDecodeError as error:
        raise _build_no_json(where, error) from None
    except requests.RequestException as error:
        raise AwayError(f"{where}: no answer: {_explain(error)}.") from None
    except ValueError as error:
        raise _build_no_json(where, error) from None


def _build_no_json(where: str, error: ValueError) -> SourceError:
    return SourceError(
        f"{where}: the answer cannot be read as JSON ({error}), expected the interface of a historian. Check url of "
        "the source in params.yaml; a page to sign in answers so, too."
    )


def read_errors(answer: requests.Response) -> str:
    """Read what an answer says is wrong; PI Web API gives a list of errors, or a message."""
    try:
        content = answer.json()
    except ValueError:
        return answer.text
    if not isinstance(content, dict):
        return answer.text
    errors = content.get("Errors")
    return "; ".join(map(str, errors)) if isinstance(errors, list) else str(content.get("Message", answer.text))


def _explain(error: BaseException) -> str:
    """Explain the innermost error that the libraries between have wrapped."""
    if isinstance(error, requests.Timeout):
        error = TimeoutError()
    while True:
        if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
            break
        given = (getattr(error, "reason", None), *error.args, error.__cause__, error.__context__)
        inner = next((one for one in given if isinstance(one, BaseException)), None)
        if inner is None:
            break
        error = inner
    return explain_failure(error, certificates="certificates of the source", is_tls=True)
