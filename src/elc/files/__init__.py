"""Files that several processes touch and a kill may hit: locked, replaced whole, appended to, folded by day, kept."""

from elc.files.append import append_line
from elc.files.kept import hash_code, keep
from elc.files.lock import hold_lock, is_locked, lock, try_lock
from elc.files.plain import open_plain, read_plain
from elc.files.replace import FULL, force, replace_file, replace_folder, report_full

__all__ = [
    "FULL",
    "append_line",
    "force",
    "hash_code",
    "hold_lock",
    "is_locked",
    "keep",
    "lock",
    "open_plain",
    "read_plain",
    "replace_file",
    "replace_folder",
    "report_full",
    "try_lock",
]
