"""The log of the service: one JSON object a line on stderr, uvicorn's lines too; never a key, a cookie or a body."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

import orjson

LOGGER = "elc.service"
_SECRET = re.compile(r"(elc_[0-9a-f]{8}_)[A-Za-z0-9_-]+|(elc_session\"?\s*[=:]\s*)[^\s;\"\\]+")
CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "elc.service.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "elc": {"level": "INFO"},
        "uvicorn": {"level": "INFO"},
        "uvicorn.access": {"level": "WARNING"},
    },
}


class JsonFormatter(logging.Formatter):
    """{time, level, logger, event}, what the caller gives as extra={"fields": {...}}, and the trace of an error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "event": record.getMessage().strip(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        text = orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)
        return hide_secrets(text.decode())


def hide_secrets(text: str) -> str:
    """Replace keys and session cookies by asterisks; the id of a key is kept."""
    return _SECRET.sub(lambda found: f"{found[1] or found[2]}***", text)


def configure_logs() -> None:
    """Let all of this process log this way; uvicorn does the same with CONFIG."""
    from logging.config import dictConfig

    dictConfig(CONFIG)
