"""The client id of a source: a broker keeps one session by each, so no two machines or projects may share one."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from elc.files import replace_file
from elc.paths import Project

DIGITS = 12


def find_identity(project: Project, source: str) -> str:
    """Find the client id of a source here: drawn by lot the first time, the same ever after."""
    path = _find_path(project, source)
    identity = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    if not re.fullmatch(rf"elc-{source}-[0-9a-f]{{{DIGITS}}}", identity):
        identity = f"elc-{source}-{secrets.token_hex(DIGITS // 2)}"
        with replace_file(path) as temporary:
            temporary.write_text(identity + "\n", encoding="utf-8")
    return identity


def _find_path(project: Project, source: str) -> Path:
    return project.listen("") / f"source.{source}.id"
