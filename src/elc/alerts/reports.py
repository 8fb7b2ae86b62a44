"""The report of a month by mail, to `report.email`, through the server of `alerts.email`: once for each edition."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from elc.alerts.channels import UndeliveredError, build_mail_channel
from elc.errors import ElcError
from elc.paths import Project
from elc.records import RecordError, read_record, write_record
from elc.records.report import FILE, Mailed, Report, read_report
from elc.settings import StageSettings, read_operation

SENT = "mailed.json"
# What is attached, in this order, where it lies beside the record.
ATTACHED = {
    "report.pdf": ("application", "pdf"),
    "report.xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def mail_reports(project: Project, plants: Sequence[str], *, now: datetime) -> list[str]:
    """Mail the report of each plant's last month that was not mailed yet, and say in sentences what did not work.

    What was not taken is sent again in the next run.
    """
    failed = []
    for plant in plants:
        chosen = read_operation(project, plant, project.environment)
        folder = _find_unsent(project, plant) if chosen.report.email else None
        if folder is None:
            continue
        try:
            copy_context().run(_mail, folder, chosen, now)
        except (ElcError, OSError, UndeliveredError) as error:
            failed.append(
                f"plant {plant}: the report of {folder.name} was not mailed: {error}. It is sent again in the next run."
            )
    return failed


def _find_unsent(project: Project, plant: str) -> Path | None:
    """Find the folder of the last month's report where it is newer than its last mail; None where it is not."""
    root = project.operation("report", plant)
    months = sorted(path for path in root.glob("*") if _MONTH.fullmatch(path.name) and (path / FILE).is_file())
    if not months:
        return None
    sent = months[-1] / SENT
    is_told = sent.is_file() and sent.stat().st_mtime_ns >= (months[-1] / FILE).stat().st_mtime_ns
    return None if is_told else months[-1]


def _mail(folder: Path, settings: StageSettings, now: datetime) -> None:
    from elc.pages import speech  # seconds to import, and a month has one such hour

    channel = build_mail_channel(settings.alerts, os.environ)
    if channel is None:
        raise ElcError("alerts.email names no mail server. Set it in params.yaml, or remove report.email")
    report = read_report(folder)
    if _read_edition(folder) == report.edition:
        return
    speech.speak_of(settings, drivers=None)
    mail = build_report_mail(report, folder, settings, sender=channel.email.sender, at=now)
    channel.post(mail, settings.report.email)
    write_record(folder / SENT, Mailed(edition=report.edition, recipients=tuple(settings.report.email)))


def _read_edition(folder: Path) -> int | None:
    try:
        return read_record(folder / SENT, Mailed, cure="The next hourly run writes it again.").edition
    except RecordError:
        return None


def build_report_mail(
    report: Report, folder: Path, settings: StageSettings, *, sender: str, at: datetime
) -> EmailMessage:
    """Build the mail of a report: its answer and remarks as text, and what lies in its folder (`ATTACHED`)."""
    from elc.pages.language import say
    from elc.pages.report import name_period

    mail = EmailMessage()
    mail["Subject"] = say("{plant}: report of {period}", plant=report.name, period=name_period(report.period))
    mail["From"] = sender
    mail["To"] = ", ".join(settings.report.email)
    mail["Date"] = format_datetime(at.astimezone(UTC))
    host = sender.rpartition("@")[2]
    mail["Message-ID"] = f"<report-{report.plant}-{report.period}-{report.edition}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(_list_texts(report, settings)) + "\n", cte="quoted-printable")
    for name, (kind, subkind) in ATTACHED.items():
        path = folder / name
        if path.is_file():
            attached = f"{report.plant}-{report.period}{path.suffix}"
            mail.add_attachment(path.read_bytes(), maintype=kind, subtype=subkind, filename=attached)
    return mail


def _list_texts(report: Report, settings: StageSettings) -> Iterator[str]:
    from elc.pages.report import say_remark, strip_marks, write_answer

    for text in filter(None, write_answer(report, settings)):
        yield strip_marks(text)
    for remark in report.remarks:
        yield f"- {say_remark(remark, settings)}"
