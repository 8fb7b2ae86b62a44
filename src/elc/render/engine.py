"""The engine of pages: which one is used, and Quarto as a process that says why it failed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from elc.errors import ElcError

Engine = Literal["auto", "quarto", "pandoc"]
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PAGE = re.compile(r"^\[ *\d+/\d+\] +(\S.*?) *$", re.MULTILINE)
_REASON = re.compile(r"^(?:ERROR|FATAL):.*?(?=^Stack trace:|\Z)", re.MULTILINE | re.DOTALL)
_SHOWN_LINES = 15


def find_engine(engine: Engine, where: str) -> Literal["quarto", "pandoc"]:
    """Find the engine to use: of `auto` Quarto where it is on the PATH, else pandoc.

    Raises:
        ElcError: Quarto was asked for and is not on the PATH.
    """
    has_quarto = shutil.which("quarto") is not None
    if engine == "quarto" and not has_quarto:
        raise ElcError(
            f"{where}: quarto is not on the PATH. Install the environment of environment.yml, "
            "or set render.engine to pandoc in params.yaml."
        )
    if engine == "auto":
        return "quarto" if has_quarto else "pandoc"
    return engine


def run_quarto(folder: Path, arguments: Sequence[str], where: str) -> None:
    """Run Quarto in a folder, with a home of its own where it could not write to that of the user.

    Raises:
        ElcError: it failed; with its own reason, and the page that it was at.
    """
    with tempfile.TemporaryDirectory(prefix="elc-home-") as home:
        result = subprocess.run(
            [shutil.which("quarto") or "quarto", *arguments],
            cwd=folder,
            env=_build_environment(Path(home)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    if result.returncode != 0:
        said = read_reason(result.stdout.replace(str(folder), folder.name))
        raise ElcError(f"{where}: quarto stopped with code {result.returncode}{said}")


def read_reason(output: str) -> str:
    """Read why Quarto failed from all that it wrote: ` at <page>: <reason>`, without its stack.

    Where it gave no reason, its last lines.
    """
    clean = _ANSI.sub("", output).replace("\r", "\n")
    pages, reason = _PAGE.findall(clean), _REASON.search(clean)
    at = f" at {pages[-1]}" if pages else ""
    if reason:
        return f"{at}: {reason[0].partition(':')[2].strip()}"
    lines = "\n".join(clean.strip().splitlines()[-_SHOWN_LINES:])
    return f"{at}. Its last lines:\n{lines}" if lines else f"{at} and said nothing."


def _build_environment(home: Path) -> dict[str, str]:
    """Build Quarto's environment: it keeps logs and caches below the user's home, and fails where it cannot."""
    variables = dict(os.environ)
    given = Path(variables.get("HOME") or "/nonexistent")
    kept = {
        "XDG_CACHE_HOME": variables.get("XDG_CACHE_HOME") or given / ".cache",
        "XDG_DATA_HOME": variables.get("XDG_DATA_HOME") or given / ".local" / "share",
    }
    if all(_is_writable(Path(path)) for path in kept.values()):
        return variables
    return variables | {"HOME": str(home)} | {name: str(home / name.lower()) for name in kept}


def _is_writable(path: Path) -> bool:
    """Tell whether a folder can be written to, or made where it is not there yet."""
    nearest = next((folder for folder in (path, *path.parents) if folder.exists()), path)
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
