"""The commands of a play, each shown as it is run, so that who looks on can run them herself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from elc.errors import ElcError
from elc.paths import Project

ENVIRONMENT = "prod"
BIN = Path(sys.executable).parent
START_S = 120.0


@dataclass(frozen=True)
class CopyCommands:
    """Run commands in the copy; `say` takes the lines that a user sees."""

    project: Project
    say: Callable[[str], None]

    def run(self, *words: str, is_shown: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command; its exit code is not checked."""
        if is_shown:
            self.say(f"  $ {' '.join(words)}")
        return subprocess.run(
            [*_locate(words)], cwd=self.project.root, capture_output=True, text=True, env=_build_env()
        )

    def demand(self, *words: str, is_shown: bool = True) -> str:
        """Run a command that must succeed; what it printed.

        Raises:
            ElcError: it failed, with its own words.
        """
        done = self.run(*words, is_shown=is_shown)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise ElcError(f"{' '.join(words)} failed: {said[-1] if said else 'no output'}")
        return done.stdout

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command beside the play, at a low priority."""
        self.say(f"  $ {' '.join(words)}   (beside)")
        nothing = subprocess.DEVNULL
        return subprocess.Popen(
            ["nice", "-n", "10", *_locate(words)],
            cwd=self.project.root,
            stdout=nothing,
            stderr=nothing,
            text=True,
            env=_build_env(),
        )

    def bring_to_use(self, plant: str, reason: str) -> str:
        """Register a plant's candidate, approve it and promote it to every environment; its version."""
        said = self.demand("elc", "register", plant)
        version = re.search(rf"{plant}@(v\d+\.\d+\.\d+)", said)
        if version is None:
            raise ElcError(f"elc register {plant}: reported no version: {said.strip()}")
        self.demand("elc", "approve", plant, version[1], "--reason", reason)
        for environment in ("dev", "test", ENVIRONMENT):
            self.demand("elc", "promote", plant, version[1], "--env", environment)
        return version[1]

    @contextmanager
    def serve(self, port: int) -> Iterator[str]:
        """Serve beside the play until the block ends; the address.

        Raises:
            ElcError: the service did not start, with its last words.
        """
        words = ("elc", "serve", "--env", ENVIRONMENT, "--port", str(port))
        self.say(f"  $ {' '.join(words)}   (beside)")
        process = subprocess.Popen(
            _locate(words), cwd=self.project.root, stderr=subprocess.PIPE, text=True, env=_build_env()
        )
        heard = _Heard()
        reader = threading.Thread(target=heard.listen, args=(process,), daemon=True)
        reader.start()
        try:
            if not heard.is_up.wait(START_S) or not heard.address:
                raise ElcError(f"{' '.join(words)} did not start: {heard.last or 'no output'}")
            yield heard.address
        finally:
            process.terminate()
            process.wait(60)
            reader.join()


class _Heard:
    """What a service says: its address once it runs, and its last words."""

    def __init__(self) -> None:
        self.is_up = threading.Event()
        self.address = self.last = ""

    def listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.last = line.strip()
            match = re.search(r"running on (https?://\S+?:\d+)", line)
            if match:
                self.address = match[1]
                self.is_up.set()
        process.stderr.close()
        self.is_up.set()


def _locate(words: tuple[str, ...]) -> list[str]:
    """Name the command of this installation, not of another one on the PATH."""
    own = BIN / words[0]
    return [str(own) if own.exists() else words[0], *words[1:]]


def _build_env() -> dict[str, str]:
    return os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
