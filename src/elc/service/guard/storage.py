"""Where secrets lie: a folder that Git does not see, and files that their owner alone may read."""

from __future__ import annotations

import os
from pathlib import Path

from elc.errors import ElcError
from elc.paths import replace_file


def make_folder(folder: Path) -> None:
    """Make a folder of secrets: for its owner alone, and unknown to Git wherever it stands.

    Raises:
        ElcError: it cannot be made.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)  # another process may be making it too
            (folder / ".gitignore").write_text("*\n")
    except OSError as error:
        raise ElcError(f"{folder}: the folder of the keys cannot be made ({error.strerror}). Name another.") from None


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
    except PermissionError as error:
        raise ElcError(f"{path}: it cannot be written ({error.strerror}). Let this user write there.") from None
