"""Which file holds which record, who writes it, and who reads it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from elc.records.alerts import Alerts, AlertState, LoggedMessage
from elc.records.answer import Answer
from elc.records.assignment import Assignment
from elc.records.attribution import TrainingAttribution
from elc.records.backup import Backup
from elc.records.card import Card
from elc.records.comparison import Comparison
from elc.records.failure import Failure
from elc.records.fetch import FetchFaults, FetchStatus
from elc.records.golden import Golden
from elc.records.hourly import Holder, Stamp
from elc.records.listener import ListenerStatus
from elc.records.loss import Loss
from elc.records.metrics import Metrics
from elc.records.published import Published
from elc.records.quality import Quality
from elc.records.receipt import Receipt
from elc.records.report import Mailed, Report
from elc.records.split import Rating
from elc.records.status import Status
from elc.records.swap import Swap


@dataclass(frozen=True)
class File:
    """A file below the place of results or the project, and what it holds; one of JSON lines holds many."""

    path: str
    kind: type[BaseModel]
    writer: str
    readers: str


FILES = (
    File("data/monitor/<plant>/status.json", Status, "monitor", "render, service, hourly, retrain-needed"),
    File("data/monitor/<plant>/alerts.json", Alerts, "monitor", "alerts, render, service"),
    File("data/alerts/<plant>/state.json", AlertState, "alerts", "alerts"),
    File("data/alerts/<plant>/alerts.jsonl", LoggedMessage, "alerts", "alerts, live"),
    File("reports/receipts/<plant>/<stage>.failed.json", Failure, "runner, hourly", "render, hourly, alerts"),
    File("reports/receipts/<plant>/<stage>.json", Receipt, "runner", "render"),
    File("data/processed/<plant>/split.json", Rating, "dataset", "train, evaluate"),
    File("models/<plant>/card.json", Card, "train", "curve, registry, quality"),
    File("models/<plant>/golden.json", Golden, "train", "curve, live"),
    File("models/<plant>/quality.json", Quality, "train", "monitor"),
    File("models/<plant>/attribution.json", TrainingAttribution, "train", "explain"),
    File("reports/metrics/<plant>.json", Metrics, "evaluate", "registry, monitor"),
    File("data/compare/<plant>/comparison.json", Comparison, "compare", "compare"),
    File("data/report/<plant>/<period>/report.json", Report, "report", "report, alerts"),
    File("data/report/<plant>/<period>/mailed.json", Mailed, "alerts", "alerts"),
    File("deployed/<environment>/<plant>/deployed.json", Assignment, "registry", "registry"),
    File("data/advice_notes/<plant>.jsonl", Answer, "service", "advise, service"),
    File("data/service/swaps.jsonl", Swap, "service", "service, swaps"),
    File("data/capture/outages.jsonl", Loss, "service", "monitor"),
    File("data/listen/<plant>/status.json", ListenerStatus, "listen", "service"),
    File("data/raw/<plant>/fetched/.status.json", FetchStatus, "fetch", "fetch"),
    File("data/fetch/<plant>/faults.json", FetchFaults, "fetch", "ingest"),
    File("data/publish/<plant>/<target>.json", Published, "publish", "publish"),
    File("operation/<environment>/state/<plant>/<stage>.json", Stamp, "hourly", "hourly"),
    File("operation/<environment>/hourly.lock", Holder, "hourly", "hourly"),
    File("backup.json", Backup, "backup", "restore"),
)
