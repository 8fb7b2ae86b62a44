"""Secrets: a folder that Git does not see, with files that their owner alone may read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from elc.errors import ElcError
from elc.files.lock import hold_lock
from elc.files.replace import replace_file


@contextmanager
def hold_secrets(folder: Path) -> Iterator[None]:
    """Hold a folder of secrets, so that one writes at a time; it is for its owner alone, and unknown to Git.

    Raises:
        ElcError: it cannot be made or written to.
    """
    with ExitStack() as held:
        try:
            if not folder.is_dir():
                folder.mkdir(parents=True, mode=0o700, exist_ok=True)  # another process may be making it too
                (folder / ".gitignore").write_text("*\n")
            held.enter_context(hold_lock(folder / ".lock"))
        except OSError as error:
            raise ElcError(
                f"{folder}: secrets cannot be written there ({error.strerror}). "
                "Let this user write there, or name another file by ELC_KEYS."
            ) from None
        yield


def write_secret(path: Path, content: bytes) -> None:
    """Replace a file of which nobody but its owner may read any state.

    Raises:
        ElcError: it cannot be written.
    """
    try:
        with replace_file(path) as temporary:
            temporary.unlink(missing_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
    except OSError as error:
        raise ElcError(f"{path}: it cannot be written ({error.strerror}). Let this user write there.") from None
