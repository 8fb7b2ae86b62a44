"""What this machine alone knows, written to one file and restored from it: neither Git nor DVC has it."""

from elc.backup.restore import restore_backup
from elc.backup.write import write_backup

__all__ = ["restore_backup", "write_backup"]
