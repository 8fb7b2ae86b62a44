"""The report of a month by mail: with its workbook, once an edition, and again where the server did not take it."""

from __future__ import annotations

import email
import email.policy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from elc.alerts import mail_reports
from elc.paths import Project
from elc.records import parse_record
from elc.records.report import Report, write_report
from tests.unit.alerts.conftest import NOW, Prepare
from tests.unit.alerts.receivers import Post, serve_post
from tests.unit.records.examples import REPORT

TO = "manager@example.org"


def leave_report(project: Project, **changes: Any) -> Path:
    """Leave a report and a workbook as the stage does."""
    content = REPORT | {"remarks": [], "edition": 1, "replaced": []} | changes
    report = parse_record(json.dumps(content), Report, name="report", cure="")
    folder = project.report("fjord", report.period)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.xlsx").write_bytes(b"a workbook")
    write_report(folder, report)
    return folder


def set_up(prepare: Prepare, port: int, recipients: list[str]) -> Project:
    """Write a project whose alerts go to a mail server of this machine, and whose reports go to some recipients."""
    plain = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "elc@example.org"}
    project = prepare(email=plain | {"recipients": ["shift@example.org"]}, timeout_s=5.0)
    content = yaml.safe_load(project.params.read_text(encoding="utf-8"))
    content["report"]["email"] = recipients
    project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return project


def test_a_report_is_mailed_once_with_its_workbook(prepare: Prepare) -> None:
    with serve_post(Post()) as post:
        project = set_up(prepare, post.port, [TO])
        leave_report(project, period="2026-04")
        folder = leave_report(project)
        assert mail_reports(project, ["fjord"], now=NOW) == []
        assert mail_reports(project, ["fjord"], now=NOW) == []
        leave_report(project, edition=2)
        (folder / "report.pdf").write_bytes(b"a document")
        assert mail_reports(project, ["fjord"], now=NOW) == []
    first, second = (email.message_from_bytes(text.encode(), policy=email.policy.default) for text in post.mails)
    assert (first["Subject"], first["To"]) == ("Fjord: report of May 2026", TO)
    assert "In May 2026 Fjord used 8,585 GJ more than its best" in first.get_body().get_content().replace("\n", " ")
    assert [part.get_filename() for part in first.iter_attachments()] == ["fjord-2026-05.xlsx"]
    assert next(first.iter_attachments()).get_content() == b"a workbook"
    assert [part.get_filename() for part in second.iter_attachments()] == ["fjord-2026-05.pdf", "fjord-2026-05.xlsx"]
    assert first["Message-ID"] != second["Message-ID"]


def test_what_no_server_takes_is_said_and_sent_again(prepare: Prepare) -> None:
    with serve_post(Post()) as post:
        port = post.port
    project = set_up(prepare, port, [TO])
    leave_report(project)
    (said,) = mail_reports(project, ["fjord"], now=NOW)
    assert said.startswith("plant fjord: the report of 2026-05 was not mailed: ")
    assert said.endswith("It is sent again in the next run.")
    with serve_post(Post()) as post:
        project = set_up(prepare, post.port, [TO])
        assert mail_reports(project, ["fjord"], now=NOW) == []
    assert len(post.mails) == 1


@pytest.mark.parametrize("has_report", [True, False])
def test_nobody_is_mailed_who_did_not_ask_or_where_there_is_none(prepare: Prepare, has_report: bool) -> None:
    with serve_post(Post()) as post:
        project = set_up(prepare, post.port, [] if has_report else [TO])
        if has_report:
            leave_report(project)
        assert mail_reports(project, ["fjord"], now=NOW) == []
    assert post.mails == []
