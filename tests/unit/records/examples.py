"""One example of each record, as its file holds it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from elc.records.alerts import Alert, AlertState, LoggedMessage, Message, Told, Unsent
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
    "condition_frac": 0.018,
    "condition_low_frac": 0.016,
    "condition_high_frac": 0.02,
    "condition_since": "2024-04-20T00:00:00+00:00",
    "operators_gap_gj_per_h": 4.5,
    "size_gj_per_h": 1700.0,
    "currency": "EUR",
    "no_gap_reason": "",
    "version": "candidate, not approved",
    "status": "Completed",
    "action": "none",
    "recommendation": "Nothing to do.",
    "language": "en",
    "energy_unit": "GJ",
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
ERRORS: dict[str, Any] = {
    "rmse_gj_per_h": 10.9,
    "cv_rmse_frac": 0.0066,
    "bias_gj_per_h": -0.4,
    "nmbe_frac": -0.0002,
    "mae_gj_per_h": 8.7,
}
GROUP: dict[str, Any] = {"intervals": 672, "bias_frac": 4e-05, "cv_rmse_frac": 0.0066, **QUANTILES}
METRICS: dict[str, Any] = {
    "plant": "fjord",
    "rows": 3357,
    "unscored_rows": 0,
    "first": "2025-10-28T14:00:00+00:00",
    "last": "2026-03-31T23:00:00+00:00",
    "features": ["load_t_per_h"],
    "parameters": 2,
    "typical": {**ERRORS, "cv_rmse_low_frac": 0.0061},
    "line_on_load": ERRORS,
    "quantiles": QUANTILES,
    "load_bands": {"band_1": {**GROUP, "load_low": 45.5, "load_high": 54.2}},
    "months": {"2025-11": GROUP},
    "drift": {"offset_frac": 0.0002},
    "findings": ["The plant uses 0.5 % more than typical, from 5 °C on."],
}
LEVEL: dict[str, Any] = {
    "mean": 0.0006,
    "hour_sd": 0.0064,
    "day_sd": 0.0035,
    "day_lag": 0.08,
    "slow_sd": 0.0011,
    "days": 358,
}
QUALITY: dict[str, Any] = {
    "version": 1,
    "models": {
        "typical": {
            "n": 8085,
            "metrics": {
                "rmse": {"value": 10.4, "standard_deviation": 0.05},
                "r2": {"value": 0.996, "standard_deviation": None},
            },
            "residual_sd_gj_per_h": 10.4,
            "residual_sd_frac": 0.0064,
            "residual_lag": 0.84,
            "coverage_best_frac": None,
            "levels": {"error": LEVEL, "square": None},
        },
        "response": None,
    },
    "setpoints": {"flue_o2_pct": {"median": 1.9, "cost": LEVEL}, "steam_to_carbon_ratio": None},
    "distances": {"window_h": 168.0, "columns": {"load_t_per_h": {"high": 0.3, "most": 0.35}, "air_temp_degc": None}},
    "tags": {"flue_o2_pct": "FJ1.AIC132"},
    "energy": {"feed_gas_energy_gj_per_h": "gas"},
    "columns": ["energy_gj_per_h", "flue_o2_pct", "load_t_per_h"],
}
SIDE: dict[str, Any] = {
    "label": "candidate",
    "sha256": SHA256,
    "trained_on": {
        "train": {
            "rows": 8085,
            "first": "2024-06-20T04:00:00+00:00",
            "last": "2025-07-23T01:00:00+00:00",
            "sha256": SHA256[:12],
        }
    },
    "features": {"load_t_per_h": [36.9, 65.7]},
    "setpoints": {"flue_o2_pct": [1.2, 5.0]},
}
COMPARISON: dict[str, Any] = {
    "plant": "fjord",
    "verdict": "few",
    "throughput": "load_t_per_h",
    "hours": {
        "intervals": 100,
        "width_h": 1,
        "after": "2024-03-03T23:00:00+00:00",
        "later": 101,
        "left_out": {"not steady": 1},
        "first": "2024-03-04T00:00:00+00:00",
        "last": "2024-03-08T03:00:00+00:00",
    },
    "limits": {"min_hours": 168, "min_blocks": 6, "block_days": 7.0, "max_p": 0.05},
    "sides": {"left": SIDE, "right": {**SIDE, "label": "v1.0.0 in prod"}},
    "changes": [{"name": "train.seed", "left": "8", "right": "none"}],
    "blocks": 1,
    "metrics": {"left": {"pinball_best_gj_per_h": 1.7}, "right": {"pinball_best_gj_per_h": 1.6}},
    "test": {"difference_gj_per_h": 0.1, "is_exact": True},
    "bands": [
        {
            "load_low": 42.0,
            "load_high": 50.0,
            "intervals": 100,
            "difference_gj_per_h": 8.0,
            "difference_frac": 0.0174,
        }
    ],
    "attribution": {"intervals": 100, "shares_gj_per_h": {"left": {"load_t_per_h": 50.1}}},
}
AMOUNT: dict[str, Any] = {"energy_gj": 8585.1, "money": 90144.0, "co2_t": None}
SPAN: dict[str, Any] = {
    "name": "2026-05",
    "start": "2026-04-30T22:00:00+00:00",
    "end": "2026-05-31T22:00:00+00:00",
    "intervals": 744,
    "judged": 717,
    "known": 728,
    "energy_gj": 1213704.9,
    "production": 43650.5,
    "sec_gj": 28.41,
    "judged_gj": 1196230.0,
    "judged_production": 42101.8,
    "best_gj": 1187644.9,
    "typical_gj": 1196439.0,
    "gap": AMOUNT,
    "gap_low": AMOUNT,
    "gap_high": None,
    "gap_frac": 0.0072,
    "savings": {
        "intervals": 717,
        "actual_gj": 1196230.0,
        "baseline_gj": 1159026.6,
        "routine_gj": 38041.7,
        "non_routine_gj": 0.0,
        "adjusted_gj": 1197068.3,
        "avoided": AMOUNT,
        "error": AMOUNT,
        "frac": 0.0007,
        "is_sure": False,
    },
}
REPORT: dict[str, Any] = {
    "plant": "fjord",
    "name": "Fjord",
    "product": "ammonia",
    "period": "2026-05",
    "data_until": "2026-06-21T00:00:00+00:00",
    "judged_by": "v1.2.0 in prod",
    "width_h": 1.0,
    "currency": "EUR",
    "production_unit": "t",
    "energy_unit": "GJ",
    "gap_interval_frac": 0.8,
    "savings_interval_frac": 0.9,
    "size_gj_per_h": 1637.2,
    "remarks": [{"name": "partial", "values": {"until": "2026-05-21T00:00:00+00:00", "intervals": 744, "share": 0.5}}],
    "whole": SPAN,
    "year_to_date": SPAN | {"name": "2026", "savings": None},
    "year_before": None,
    "months": [SPAN],
    "bookings": [{"kind": "judged", "intervals": 717, "energy_gj": 1196230.0, "production": 42101.8}],
    "stops": 0,
    "carriers": [{"carrier": "gas", "is_export": False, "amount": AMOUNT}],
    "baseline": {
        "start": "2024-06-30T22:00:00+00:00",
        "end": "2025-06-30T22:00:00+00:00",
        "intervals": 7371,
        "ratio": 1.0005,
        "mean_gj_per_h": 1616.5,
        "cv_rmse_frac": 0.0064,
        "nmbe_frac": 0.0,
        "lag": 0.85,
        "effective": 600.3,
    },
    "explained": 717,
    "shares": [{"name": "flue_o2_pct", "energy_gj": 2284.1}],
    "advice": {
        "cases": 44,
        "followed": 19,
        "open": 1,
        "saved_gj": 11.0,
        "low_gj": -376.0,
        "high_gj": None,
        "is_shown": True,
        "since": "2026-05-24T00:00:00+00:00",
    },
    "alerts": [{"kind": "gap", "column": "", "times": 2, "hours": 0.0}],
    "findings": [{"kind": "frozen", "column": "chiller_temp_degc", "times": 1, "hours": 22.0}],
    "bias_frac": -0.0002,
    "versions": [{"version": "v1.2.0", "start": "2026-04-02T08:00:00+00:00", "end": None}],
    "edition": 2,
    "replaced": [
        {
            "edition": 1,
            "data_until": "2026-06-01T22:00:00+00:00",
            "judged_by": "v1.1.0 in prod",
            "energy_gj": 1213704.9,
            "gap_gj": 8585.1,
            "avoided_gj": None,
        }
    ],
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
    Quality: QUALITY,
    TrainingAttribution: {
        "background": {"features": ["load_t_per_h", "air_temp_degc"], "rows": [[58.3, 13.2], [59.4, -17.3]]},
        "drivers": {"load_t_per_h": 50.1, "air_temp_degc": 4.2},
        "setpoints": {"flue_o2_pct": 3.5},
        "hours": 256,
    },
    Comparison: COMPARISON,
    Report: REPORT,
    Mailed: {"edition": 2, "recipients": ["manager@example.org"]},
    Stamp: {"stamp": SHA256},
    Holder: {"pid": 4711, "since": "10:00:01"},
    FetchStatus: {
        "plant": "fjord",
        "time": NOW,
        "tags": {"FT101": {"asked_from": "2024-06-20T00:00:00+00:00", "asked_until": NOW, "last": NOW}},
        "sources": {"sql": {"last_answer": NOW, "fault": None, "new": 60, "corrected": 1, "outside": 0}},
    },
    FetchFaults: {
        "plant": "fjord",
        "faults": [
            {
                "source": "sql",
                "kind": "text",
                "tag": "FT101",
                "since": NOW,
                "until": NOW,
                "example": "I/O Timeout",
            }
        ],
    },
    Published: {
        "place": "broker.example.org:1883 elc/{plant}/hour",
        "since": NOW,
        "hours": {NOW: "0123456789abcdef"},
        "written": 1,
    },
    Backup: {"made": NOW, "release": "0.1.0", "files": {"operation/prod/data/alerts/fjord/alerts.jsonl": SHA256}},
}
