"""The receipt of an executed notebook that is a page of the site: `reports/receipts/<plant>/<stage>.json`."""

from __future__ import annotations

from pathlib import Path

from elc.records.record import Record, read_record, write_record


class Receipt(Record):
    """Which notebook a stage left, and what its page is called."""

    notebook: str
    """Path of the executed notebook below the place of results."""
    sha256: str
    """SHA-256 of the notebook's bytes, in hexadecimal digits."""
    title: str
    """Title of the page."""


def read_receipt(path: Path, *, cure: str, root: Path | None = None) -> Receipt:
    """Read a receipt.

    Raises:
        RecordError: there is none, or it cannot be read.
    """
    return read_record(path, Receipt, cure=cure, root=root)


def write_receipt(path: Path, receipt: Receipt) -> None:
    """Write a receipt, whole or not at all."""
    write_record(path, receipt)
