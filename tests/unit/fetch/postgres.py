"""A PostgreSQL of one's own for tests: started where the machine has one, on a port of this machine alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.unit.listen.broker import find_port

FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
PROGRAMS = FOUND[-1].parent if FOUND else Path(found).parent if (found := shutil.which("postgres")) else None
MISSING = "PostgreSQL was not found; install the package postgresql to run this"
PASSWORD = "it's a secret: 50% @home"
USER = "nobody"  # the server refuses to run as root
RUNUSER = shutil.which("runuser", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or "runuser"


class Postgres:
    """A server with the user `reader`, who needs the password to log in."""

    def __init__(self) -> None:
        self._made = tempfile.TemporaryDirectory(prefix="elc-postgres-")  # a folder that another user may pass
        self._folder, self.port = Path(self._made.name), find_port()
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._make()
        except BaseException:
            self._made.cleanup()
            raise

    def _make(self) -> None:
        password = self._folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self._folder, password):
                shutil.chown(path, USER)
        options = ["-U", "reader", "--auth=scram-sha-256", "--pwfile", str(password), "--no-sync", "-E", "UTF8"]
        subprocess.run(self._as_user("initdb", "-D", self._data, *options), check=True, capture_output=True)

    def close(self) -> None:
        """Stop it, and remove it."""
        self.stop()
        self._made.cleanup()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    @property
    def url(self) -> str:
        return f"postgresql://reader@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ["-D", self._data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        words += ["-c", f"unix_socket_directories={self._folder}", "-c", "shared_buffers=32MB"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._as_user("postgres", *words), stdout=log, stderr=log)
        end = time.monotonic() + 60
        while True:
            try:
                self.run("SELECT 1")
            except Exception:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop it at once, as a power cut would."""
        if self._process is not None:
            subprocess.run(self._as_user("pg_ctl", "-D", self._data, "stop", "-m", "immediate"), capture_output=True)
            self._process.wait(30)
            self._process = None

    def run(self, *statements: str) -> list[Any]:
        """Run statements; give the rows of the last, if it has any."""
        with self.connect() as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def copy(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        """Copy rows into a table."""
        with self.connect() as connection, connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def connect(self) -> Any:
        """Connect as the user; each statement is a transaction of its own."""
        import psycopg

        return psycopg.connect(self.url, password=PASSWORD, autocommit=True, connect_timeout=5)

    def _as_user(self, program: str, *words: str) -> list[str]:
        command = [str(PROGRAMS / program), *words]  # type: ignore[operator]
        return [RUNUSER, "-u", USER, "--", *command] if os.geteuid() == 0 else command
