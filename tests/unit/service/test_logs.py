"""The log: one JSON object a line, and no secret in it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from elc.service.logs import JsonFormatter, hide_secrets

KEY = "elc_3ba70dc3_v_sL_c17eeGsPRQ-_PQqKngjNiSD90ouQDJdJzz5RzM"


def build_line(message: str, *arguments: object, **options: Any) -> dict[str, Any]:
    record = logging.LogRecord("elc.service", logging.ERROR, __file__, 1, message, arguments, None)
    record.__dict__.update(options)
    line: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return line


def test_a_line_is_one_object() -> None:
    line = build_line("two\nlines of %s", "fjord", fields={"status": 503, "path": "/a\nb"})
    assert (line["event"], line["status"], line["path"]) == ("two\nlines of fjord", 503, "/a\nb")
    assert (line["level"], line["logger"]) == ("error", "elc.service")
    assert line["time"].endswith("+00:00")


def test_a_failure_brings_its_trace() -> None:
    try:
        raise RuntimeError(f"the key {KEY} did not do")
    except RuntimeError:
        line = build_line("A request failed.", exc_info=sys.exc_info())
    assert "RuntimeError: the key elc_3ba70dc3_*** did not do" in line["trace"]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"Bearer {KEY}", "Bearer elc_3ba70dc3_***"),
        ("cookie: a=b; elc_session=3ba70dc3.17.ab; c=d", "cookie: a=b; elc_session=***; c=d"),
        ("__Host-elc_session=3ba70dc3.17.ab", "__Host-elc_session=***"),
        ("plant fjord, elc_keys", "plant fjord, elc_keys"),
    ],
)
def test_secrets_are_hidden(text: str, hidden: str) -> None:
    assert hide_secrets(text) == hidden


SERVER = """
import logging
from elc.service.logs import configure_logs
configure_logs()
logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
logging.getLogger("uvicorn.access").info("GET /")
"""


def test_lines_of_the_server_have_the_same_form() -> None:
    done = subprocess.run([sys.executable, "-c", SERVER], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["event"] == "Started server process [7]"
