"""The report of a month by mail: with its workbook, once an edition, and again where the server did not take it."""

from __future__ import annotations

import email
import email.policy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from elc.alerts import is_fleet_wanted, mail_fleet_report, mail_reports
from elc.paths import Project
from elc.records import parse_record
from elc.records.report import FLEET, Report, write_report
from tests.unit.alerts.conftest import NOW, Prepare
from tests.unit.alerts.receivers import Post, serve_post
from tests.unit.records.examples import REPORT

TO = "manager@example.org"


def leave_report(project: Project, **changes: Any) -> Path:
    """Leave a report and a workbook as the stage does."""
    content = REPORT | {"remarks": [], "edition": 1, "replaced": []} | changes
    report = parse_record(json.dumps(content), Report, name="report", cure="")
    folder = project.report(report.plant, report.period)
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


def leave_fleet(project: Project) -> Path:
    """Leave the report of all plants of a month as the hour does."""
    for plant in ("fjord", "delta"):
        folder = leave_report(
            project, plant=plant, name=f"{plant.title()} #1", remarks=[{"name": "down", "values": {}}]
        )
    folder = project.report(FLEET, "2026-05")
    folder.mkdir(parents=True)
    (folder / "report.pdf").write_bytes(b"a document")
    (folder / "report.xlsx").write_bytes(b"a workbook")
    return folder


def test_the_report_of_all_plants_is_mailed_once_to_whom_the_site_names(prepare: Prepare) -> None:
    with serve_post(Post()) as post:
        project = set_up(prepare, post.port, [TO, "auditor@example.org"])
        content = yaml.safe_load(project.params.read_text(encoding="utf-8"))
        content["plants"]["delta"]["report"] = {"email": ["delta@example.org"]}
        project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        folder = leave_fleet(project)
        assert is_fleet_wanted(project, "2026-05")
        assert mail_fleet_report(project, "2026-05", now=NOW) == []
        assert not is_fleet_wanted(project, "2026-05")
        (folder / "report.pdf").write_bytes(b"a document of a plant that came later")
        assert not is_fleet_wanted(project, "2026-05")
    (mail,) = (email.message_from_bytes(text.encode(), policy=email.policy.default) for text in post.mails)
    assert post.recipients == [TO, "auditor@example.org"]
    assert mail["Subject"] == "All plants: report of May 2026"
    text = mail.get_body().get_content().replace("=\n", "").replace("\n", " ")
    assert "2 plants used 17,170 GJ more than their best" in text
    assert "- Delta #1: The plant did not run" in text
    assert [part.get_filename() for part in mail.iter_attachments()] == [
        "all-plants-2026-05.pdf", "all-plants-2026-05.xlsx"
    ]  # fmt: skip
    assert next(mail.iter_attachments()).get_content() == b"a document"


def test_the_report_of_all_plants_is_sent_again_until_it_is_taken(prepare: Prepare) -> None:
    with serve_post(Post()) as post:
        port = post.port
    project = set_up(prepare, port, [TO])
    leave_fleet(project)
    (said,) = mail_fleet_report(project, "2026-05", now=NOW)
    assert said.startswith("the report of all plants for 2026-05 was not mailed: ")
    assert said.endswith("It is sent again in the next run.")
    assert is_fleet_wanted(project, "2026-05")
    with serve_post(Post(refused=(TO,))) as post:
        project = set_up(prepare, post.port, [TO])
        assert "was not mailed" in mail_fleet_report(project, "2026-05", now=NOW)[0]
        assert post.mails == []
    with serve_post(Post()) as post:
        project = set_up(prepare, post.port, [TO])
        assert mail_fleet_report(project, "2026-05", now=NOW) == []
    assert len(post.mails) == 1
    assert not is_fleet_wanted(project, "2026-05")


def test_one_plant_alone_and_a_site_that_names_nobody_want_no_report_of_all(prepare: Prepare) -> None:
    project = set_up(prepare, 25, [])
    assert not is_fleet_wanted(project, "2026-05")
    project = set_up(prepare, 25, [TO])
    assert is_fleet_wanted(project, "2026-05")
    content = yaml.safe_load(project.params.read_text(encoding="utf-8"))
    content["plants"] = {"fjord": content["plants"]["fjord"]}
    content["simulate"]["plants"] = {}
    project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    assert not is_fleet_wanted(project, "2026-05")
