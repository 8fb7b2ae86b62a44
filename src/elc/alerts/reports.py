"""The reports of a month by mail, to `report.email`, through the server of `alerts.email`.

That of a plant goes once for each edition, to whom the plant's settings name; that of all plants once, to whom the
site's name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextvars import copy_context
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from elc.alerts.channels import UndeliveredError, build_mail_channel
from elc.alerts.mail import Mail
from elc.errors import ElcError
from elc.paths import Project
from elc.records import RecordError, read_record, write_record
from elc.records.report import FILE, FLEET, FleetReport, Mailed, Report, read_report
from elc.settings import AlertSettings, Settings, StageSettings, read_operation, read_settings, read_site_alerts

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


def is_fleet_wanted(project: Project, month: str) -> bool:
    """Whether the report of all plants for a month must still be mailed: somebody is named, and it was not.

    One plant alone has no such mail, which would say again what its own report says.
    """
    settings = read_settings(project)
    is_asked = bool(settings.report.email) and len(settings.plants) > 1
    return is_asked and not (project.report(FLEET, month) / SENT).is_file()


def mail_fleet_report(project: Project, month: str, *, now: datetime) -> list[str]:
    """Mail the report of all plants for a month, and say in a sentence if that did not work.

    What was not taken is sent again in the next run; what was taken is never sent again, whatever is reported later.
    """
    try:
        copy_context().run(_mail_fleet, project, month, now)
    except (ElcError, OSError, UndeliveredError) as error:
        return [f"the report of all plants for {month} was not mailed: {error}. It is sent again in the next run."]
    return []


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

    channel = _build_channel(settings.alerts)
    report = read_report(folder)
    if _read_edition(folder) == report.edition:
        return
    speech.speak_of(settings, drivers=None)
    recipients = settings.report.email
    mail = build_report_mail(report, folder, settings, at=now)
    _address(mail, channel.email.sender, recipients, f"{report.plant}-{report.period}-{report.edition}")
    channel.post(mail, recipients)
    write_record(folder / SENT, Mailed(edition=report.edition, recipients=tuple(recipients)))


def _mail_fleet(project: Project, month: str, now: datetime) -> None:
    from elc.pages import language
    from elc.report import read_fleet

    settings, folder = read_settings(project), project.report(FLEET, month)
    channel = _build_channel(read_site_alerts(project, project.environment))
    fleet = read_fleet(project, settings.plants, month)
    chosen = {one.plant: read_operation(project, one.plant, project.environment) for one in fleet.plants}
    language.choose(settings.site.language)
    recipients = settings.report.email
    mail = build_fleet_mail(fleet, folder, chosen, settings, at=now)
    _address(mail, channel.email.sender, recipients, f"{FLEET}-{month}")
    channel.post(mail, recipients)
    write_record(folder / SENT, Mailed(edition=1, recipients=tuple(recipients)))


def _build_channel(settings: AlertSettings) -> Mail:
    channel = build_mail_channel(settings, os.environ)
    if channel is None:
        raise ElcError("alerts.email names no mail server. Set it in params.yaml, or remove report.email")
    return channel


def _read_edition(folder: Path) -> int | None:
    try:
        return read_record(folder / SENT, Mailed, cure="The next hourly run writes it again.").edition
    except RecordError:
        return None


def _address(mail: EmailMessage, sender: str, recipients: Sequence[str], name: str) -> None:
    """Say from whom and to whom a mail is; sent again, it has the same id."""
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Message-ID"] = f"<report-{name}@{sender.rpartition('@')[2]}>"


def build_report_mail(report: Report, folder: Path, settings: StageSettings, *, at: datetime) -> EmailMessage:
    """Build the mail of a report: its answer and remarks as text, and what lies in its folder (`ATTACHED`)."""
    from elc.pages.language import say
    from elc.pages.report import name_period, say_remark, write_answer

    subject = say("{plant}: report of {period}", plant=report.name, period=name_period(report.period))
    remarks = [say_remark(remark, settings) for remark in report.remarks]
    return _build(subject, write_answer(report, settings), remarks, folder, f"{report.plant}-{report.period}", at=at)


def build_fleet_mail(
    fleet: FleetReport, folder: Path, chosen: Mapping[str, StageSettings], site: Settings, *, at: datetime
) -> EmailMessage:
    """Build the mail of the report of all plants, in the same way; `chosen` are the settings of each that has one."""
    from elc.pages.language import choose_plant, say
    from elc.pages.report import list_fleet_remarks, name_period, write_fleet_answer

    remarks = list_fleet_remarks(fleet, {plant: one.name for plant, one in site.plants.items()}, chosen)
    choose_plant(site.site.energy_unit)
    subject = say("{plant}: report of {period}", plant=say("All plants"), period=name_period(fleet.period))
    answer = write_fleet_answer(fleet, site.site.currency)
    return _build(subject, answer, remarks, folder, f"{say('all-plants')}-{fleet.period}", at=at)


def _build(
    subject: str, answer: Iterable[str], remarks: Iterable[str], folder: Path, name: str, *, at: datetime
) -> EmailMessage:
    from elc.pages.report import strip_marks

    mail = EmailMessage()
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at.astimezone(UTC))
    mail["Auto-Submitted"] = "auto-generated"
    texts = [*(strip_marks(text) for text in answer if text), *(f"- {strip_marks(text)}" for text in remarks)]
    mail.set_content("\n\n".join(texts) + "\n", cte="quoted-printable")
    for file, (kind, subkind) in ATTACHED.items():
        path = folder / file
        if path.is_file():
            attached = f"{name}{path.suffix}"
            mail.add_attachment(path.read_bytes(), maintype=kind, subtype=subkind, filename=attached)
    return mail
