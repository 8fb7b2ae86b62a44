"""How a plant does, as monitor left it: `data/monitor/<plant>/status.json`, for pages, the service and commands."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from elc.records.record import Moment, Record, read_record, write_record

FILE = "status.json"


Outcome = Literal["Completed", "CompletedWithViolations", "Failed"]
Action = Literal["none", "look", "retrain", "recalibrate"]


class Status(Record):
    """The last interval of one plant; a number that is null was not to be had."""

    plant: str
    """The plant's id."""
    name: str
    """The plant's name."""
    product: str
    """What the plant makes."""
    state: str
    """What the plant does: `run`, `start`, `trip`, `ramp` or `unknown`."""
    state_since: str
    """Since when it does (ISO 8601, in site time)."""
    hour: Moment | None = None
    """Start of the interval (UTC); a former release did not say it."""
    last_hour: str
    """The interval in site time, as pages write it."""
    gap_gj_per_h: float | None
    """Energy above best, in GJ/h."""
    gap_low_gj_per_h: float | None = None
    """Lower end of the interval of the gap, in GJ/h."""
    gap_high_gj_per_h: float | None = None
    """Upper end of the interval of the gap, in GJ/h."""
    gap_frac: float | None
    """The gap as a share of best."""
    money_per_h: float | None
    """What the gap costs, in `currency` an hour."""
    co2_t_per_h: float | None
    """What the gap emits, in t of CO2 an hour."""
    money_month: float | None
    """What the gap of the month cost so far, in `currency`."""
    gap_gj_24h: float | None
    """Energy above best over the last 24 hours, in GJ."""
    condition_frac: float | None = None
    """What the plant takes beyond load, drivers and set-points, as a share of best; a former release did not say it."""
    condition_low_frac: float | None = None
    """Lower end of its 80 % interval."""
    condition_high_frac: float | None = None
    """Upper end of its 80 % interval."""
    condition_since: Moment | None = None
    """About when it began (UTC); null where it is not sure enough to be named."""
    operators_gap_gj_per_h: float | None = None
    """The gap without a named condition, in GJ/h."""
    size_gj_per_h: float | None = None
    """What the plant usually takes, in GJ/h: energies get their digits by it. A former release did not say it."""
    currency: str
    """Currency of money, as `site.currency` names it."""
    no_gap_reason: str
    """Why there is no gap; empty where there is one."""
    version: str
    """The version that judged, and where it is in use."""
    status: Outcome
    """How the check ended, as SageMaker Model Monitor names it."""
    action: Action
    """What to do about data or model."""
    recommendation: str
    """The same as a sentence."""
    language: str = ""
    """Language of the sentences, such as `en`; a former release did not say it."""
    energy_unit: str = ""
    """Unit of energy of the sentences, such as `GJ` or `MWh`; a former release did not say it."""
    answer: str
    """The first sentence of the page (Markdown)."""
    advice: str
    """What to do at the plant (Markdown); empty where nothing is advised."""
    data_health: str
    """Whether the data of the last day can be believed: `sound`, or so many findings."""
    model_health: str
    """Whether the model can be believed: `ok`, `look` or `not judged`."""


def read_status(folder: Path, *, cure: str = "", root: Path | None = None) -> Status:
    """Read the status that monitor left in a plant's folder.

    Raises:
        RecordError: there is none, or it cannot be read; `cure` says what to do, `root` see `read_record`.
    """
    return read_record(folder / FILE, Status, cure=cure or f"Run elc run monitor {folder.name}.", root=root)


def write_status(folder: Path, status: Status) -> None:
    """Write `status.json`, whole or not at all."""
    write_record(folder / FILE, status)
