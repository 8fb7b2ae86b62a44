"""One example of each record, as its file holds it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from elc.records.alerts import Alert, AlertState, LoggedMessage, Message, Told, Unsent
from elc.records.answer import Answer
from elc.records.assignment import Assignment
from elc.records.card import Card
from elc.records.failure import Failure
from elc.records.golden import Golden
from elc.records.hourly import Holder, Stamp
from elc.records.listener import ListenerStatus
from elc.records.loss import Loss
from elc.records.metrics import Metrics
from elc.records.receipt import Receipt
from elc.records.split import Rating
from elc.records.status import Status
from elc.records.swap import Swap

STATUS: dict[str, Any] = {
    "plant": "fjord",
    "name": "Fjord",
    "product": "ammonia",
    "state": "run",
    "state_since": "2026-06-30T21:00:00+02:00",
    "hour": "2026-06-30T21:00:00+00:00",
    "last_hour": "Tue 30 Jun 2026 23:00–24:00, Europe/Oslo",
    "gap_gj_per_h": 59.1,
    "gap_low_gj_per_h": 51.0,
    "gap_high_gj_per_h": 64.25,
    "gap_frac": 0.036,
    "money_per_h": 620.0,
    "co2_t_per_h": 3.3,
    "money_month": 124312.0,
    "gap_gj_24h": 1400.0,
    "size_gj_per_h": 1700.0,
    "currency": "EUR",
    "no_gap_reason": "",
    "version": "candidate, not approved",
    "status": "Completed",
    "action": "none",
    "recommendation": "Nothing to do.",
    "language": "en",
    "answer": "An answer.",
    "advice": "Lower flue-gas O₂ to 2.6 %.",
    "data_health": "sound",
    "model_health": "ok",
}
ALERT: dict[str, Any] = {
    "plant": "fjord",
    "kind": "gap",
    "subject": "energy",
    "sentence": "Fjord has used 31 GJ/h more than its best.",
    "since": "2026-06-21T03:00:00+00:00",
    "last": None,
    "values": {"gap_frac": 0.031},
    "id": "0123456789abcdef",
    "advice": "",
}
MESSAGE: dict[str, Any] = {
    "id": ALERT["id"],
    "message": f"{ALERT['id']}-1",
    "plant": "fjord",
    "kind": "gap",
    "subject": "energy",
    "state": "still open",
    "sentence": ALERT["sentence"],
    "advice": "",
    "text": f"Still so: {ALERT['sentence']}",
    "since": ALERT["since"],
    "until": None,
    "last": None,
    "runs": 3,
    "values": ALERT["values"],
    "url": None,
}
NOW = "2026-06-21T10:00:00+00:00"
TOLD: dict[str, Any] = {"alert": ALERT, "told": NOW, "messages": 2, "runs": 3}
UNSENT: dict[str, Any] = {"channel": "webhook", "message": MESSAGE, "queued": NOW}
SHA256 = "0" * 64
LOSS: dict[str, Any] = {
    "name": "fjord-20260621T100000-4711-00ff",
    "kind": "lost",
    "plant": "fjord",
    "start": "2026-06-21T10:00:00.000123+00:00",
    "end": NOW,
    "rows": 12,
    "is_over": True,
    "sentence": "The disk is full. Make room.",
}
LISTENING: dict[str, Any] = {
    "plant": "fjord",
    "time": NOW,
    "last_reading": "2026-06-21T09:59:59.500000+00:00",
    "readings": 100,
    "doubled": 1,
    "rejected": 0,
    "rejected_whole": 0,
    "strange_messages": 0,
    "sequence_gaps": 0,
    "lost": 0,
    "unknown_tags": {"FT-999": 3},
    "cannot_write": None,
    "sources": {
        "broker": {
            "lost_since": None,
            "fault": None,
            "last_lost": "2026-06-21T08:00:00+00:00",
            "last_fault": "nobody listens there",
        }
    },
}
CARD: dict[str, Any] = {
    "plant": "fjord",
    "product": "ammonia",
    "interval": "1h",
    "quantiles": {"best": 0.1, "typical": 0.5, "high": 0.9},
    "throughput": "load_t_per_h",
    "rated_load": 65.0,
    "features": [
        {
            "column": "load_t_per_h",
            "unit": "t/h",
            "low": 36.9,
            "high": 65.7,
            "median": 57.0,
            "group": "",
            "monotone": "up",
        }
    ],
    "setpoints": [{"column": "flue_o2_pct", "unit": "%", "low": 1.2, "high": 5.0, "median": 1.9, "group": "furnace"}],
    "learnt_until": "2026-04-01",
    "trained_on": {
        "train": {"rows": 8085, "first": "2024-06-20T04:00:00+00:00", "last": "2025-07-23T01:00:00+00:00"},
        "valid": {"rows": 2009, "first": "2025-07-23T14:00:00+00:00", "last": "2025-10-28T01:00:00+00:00"},
    },
    "settings": {"seed": 7, "interval_frac": 0.8},
    "files": {"model.onnx": SHA256},
    "sha256": SHA256,
}
QUANTILE: dict[str, Any] = {"pinball_gj_per_h": 1.7, "coverage_frac": 0.102175, "wanted_frac": 0.1}
QUANTILES: dict[str, Any] = {"best": QUANTILE, "typical": QUANTILE, "high": QUANTILE}
METRICS: dict[str, Any] = {
    "plant": "fjord",
    "rows": 3357,
    "unscored_rows": 0,
    "first": "2025-10-28T14:00:00+00:00",
    "last": "2026-03-31T23:00:00+00:00",
    "features": ["load_t_per_h"],
    "parameters": 2,
    "typical": {"cv_rmse_frac": 0.0066, "nmbe_frac": -0.0002},
    "quantiles": QUANTILES,
    "load_bands": {"band_1": {"intervals": 672, "bias_frac": 4e-05, **QUANTILES, "load_low": 45.5, "load_high": 54.2}},
    "months": {"2025-11": {"intervals": 646, **QUANTILES}},
    "drift": {"offset_frac": 0.0002},
    "findings": ["The plant uses 0.5 % more than typical, from 5 °C on."],
}
EXAMPLES: dict[type[BaseModel], dict[str, Any]] = {
    Status: STATUS,
    Alert: ALERT,
    Message: MESSAGE,
    LoggedMessage: {"at": NOW, **MESSAGE},
    Told: TOLD,
    Unsent: UNSENT,
    AlertState: {"open": [TOLD], "unsent": [UNSENT], "closed": {"fedcba9876543210": 2}},
    Failure: {
        "plant": "fjord",
        "stage": "monitor",
        "sentence": "No energy – at all.",
        "since": "2026-06-21T10:00+00:00",
    },
    Receipt: {"notebook": "reports/fjord/50_monitor.ipynb", "sha256": SHA256, "title": "Fjord: how it does"},
    Rating: {"rated_load": 65.2},
    Golden: {
        "features": ["load_t_per_h", "air_temp_degc"],
        "inputs": [[60.5, -3.25], [63.0, 11.5]],
        "outputs": [[1650.5, 1670.0, 1700.25, 1640.0, 1660.0], [1700.5, 1720.0, 1750.25, 1690.0, 1710.0]],
        "tolerance_frac": 1e-05,
    },
    Answer: {
        "hour": "2026-06-20T23:00:00Z",
        "setpoint": "flue_o2_pct",
        "answer": "not possible",
        "why": "analyser out",
        "by": "local",
        "at": "2026-06-21T00:12:00Z",
    },
    Assignment: {
        "plant": "fjord",
        "environment": "prod",
        "version": "v1.2.0",
        "commit": "1" * 40,
        "tag": "fjord#prod#1",
        "oid": "2" * 40,
        "package": "3" * 32 + ".dir",
        "sha256": SHA256,
    },
    Swap: {
        "time": "2026-06-21T10:00:00.123+00:00",
        "plant": "fjord",
        "environment": "prod",
        "event": "shifted",
        "version": "v1.2.0",
        "former": "v1.1.0",
        "digest": SHA256,
        "assigned": "fjord#prod#1",
        "share": 0.1,
        "reason": "",
        "worker": 4711,
    },
    Loss: LOSS,
    ListenerStatus: LISTENING,
    Metrics: METRICS,
    Card: CARD,
    Stamp: {"stamp": SHA256},
    Holder: {"pid": 4711, "since": "10:00:01"},
}
