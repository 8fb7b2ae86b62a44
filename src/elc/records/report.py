"""The report of a plant for a month, quarter or year: `data/report/<plant>/<period>/report.json`.

Energies are in GJ, whatever unit pages and tables have; production is in the unit that `production_unit` names, shares
are fractions. A number that is null is
one that the report cannot stand behind; its remarks say why.
"""

from __future__ import annotations

from pathlib import Path

from elc.records.record import Moment, Record, read_record, write_record
from elc.records.spans import Booking, CarrierSum, SpanSum

FILE = "report.json"
FLEET = "_fleet"  # whose folder is that of all plants; no plant's id begins so


class BaselineModel(Record):
    """The model of the baseline: the typical curve, calibrated to the judged intervals of the baseline period."""

    start: Moment
    """Start of the baseline period (UTC)."""
    end: Moment
    """Its end (UTC)."""
    intervals: int
    """Its judged intervals."""
    ratio: float
    """Actual over typical: typical times this is the model."""
    mean_gj_per_h: float
    """Mean energy of its judged intervals (GJ/h)."""
    cv_rmse_frac: float
    """CV(RMSE) of the model in them."""
    nmbe_frac: float
    """NMBE of the model in them: zero, as it is calibrated."""
    lag: float
    """Autocorrelation of its errors from one interval to the next."""
    effective: float
    """Number of independent intervals that they amount to."""


class Share(Record):
    """What a set-point, the condition of the plant or nothing known made of the gap."""

    name: str
    """Column or group of the set-point, or `condition`, `good_hours`, `unexplained`."""
    energy_gj: float
    """Share (GJ); all of them add up to the gap of the explained intervals."""


class AdviceSum(Record):
    """What was advised in the period, and what came of it."""

    cases: int
    """Cases that are closed."""
    followed: int
    """Those that were followed."""
    open: int
    """Cases that are still open."""
    saved_gj: float | None
    """What those followed saved (GJ); null where none could be judged."""
    low_gj: float | None
    """Low end of its interval."""
    high_gj: float | None
    """High end of its interval."""
    is_shown: bool
    """Whether anybody was shown the advice."""
    since: Moment | None
    """Since when there is a log, if that is after the start of the period."""


class Count(Record):
    """How often something was found."""

    kind: str
    """Kind of alert, or check and column of a finding."""
    column: str
    """Column; empty for an alert."""
    times: int
    """How often."""
    hours: float
    """Hours within the period; 0 for an alert."""


class Ran(Record):
    """A version that was in use in the period."""

    version: str
    """The version."""
    start: Moment
    """Since when (UTC)."""
    end: Moment | None
    """Until when (UTC); null where it still is."""


class Remark(Record):
    """What a reader must know before the numbers, as data: `elc.pages.report` says it."""

    name: str
    """Which sentence."""
    values: dict[str, float | int | str]
    """What it is made of."""


class Replaced(Record):
    """An edition of the report that another took the place of."""

    edition: int
    """Its number."""
    data_until: Moment
    """End of the data that it knew (UTC)."""
    judged_by: str
    """The version that judged."""
    energy_gj: float
    """Its energy (GJ)."""
    gap_gj: float | None
    """Its energy above best (GJ)."""
    avoided_gj: float | None
    """Its avoided energy (GJ)."""


class Report(Record):
    """The report of a plant for a period."""

    plant: str
    """Plant id."""
    name: str
    """Name of the plant."""
    product: str
    """What it makes."""
    period: str
    """`2026-05`, `2026-Q2` or `2026`."""
    data_until: Moment
    """End of the data that were known (UTC)."""
    judged_by: str
    """The version that judged every interval."""
    width_h: float
    """Length of an interval, in hours."""
    currency: str
    """Of all money."""
    production_unit: str
    """Of production."""
    energy_unit: str = "GJ"
    """Of energy on the page and in the tables, such as `GJ` or `MWh`."""
    gap_interval_frac: float | None
    """Probability of the interval of the gap; null where the package does not say."""
    savings_interval_frac: float
    """Probability of the interval of savings."""
    size_gj_per_h: float | None
    """What the plant usually takes (GJ/h), by which numbers get their digits."""
    remarks: tuple[Remark, ...]
    """What a reader must know before the numbers."""
    whole: SpanSum
    """The period."""
    year_to_date: SpanSum
    """From the start of its year to its end."""
    year_before: SpanSum | None
    """The same period a year before; null where the data begin later."""
    months: tuple[SpanSum, ...]
    """Each month from the same period a year before on."""
    bookings: tuple[Booking, ...]
    """The intervals of the period by kind."""
    stops: int
    """Stops and start-ups that began in the period."""
    carriers: tuple[CarrierSum, ...]
    """Energy of the period by carrier."""
    baseline: BaselineModel | None
    """The model that savings are counted from; null where there is none."""
    explained: int
    """Judged intervals whose gap could be shared out."""
    shares: tuple[Share, ...]
    """What made the gap of the period, the largest first."""
    advice: AdviceSum | None
    """What was advised; null where nothing was."""
    alerts: tuple[Count, ...]
    """Alerts that were opened in the period."""
    findings: tuple[Count, ...]
    """Doubtful data in the period."""
    bias_frac: float | None
    """Actual over typical less 1, in judged intervals after the training of the curve; null without any."""
    versions: tuple[Ran, ...]
    """Versions that were in use in the period."""
    edition: int
    """1, and one more for each time that it was made again with another result."""
    replaced: tuple[Replaced, ...]
    """The editions before, the earliest first."""


class FleetReport(Record):
    """The reports of all plants for a period, side by side; it is no file of its own."""

    period: str
    """`2026-05`, `2026-Q2` or `2026`."""
    plants: tuple[Report, ...]
    """The report of each plant that has one."""
    missing: tuple[str, ...]
    """Plants that have none."""


class Mailed(Record):
    """That a report was mailed: `data/report/<plant>/<period>/mailed.json`; `_fleet` is the plant of that of all."""

    edition: int
    """Which edition; 1 of that of all plants."""
    recipients: tuple[str, ...]
    """To whom."""


def read_report(folder: Path, *, root: Path | None = None) -> Report:
    """Read the report that was kept in a folder.

    Raises:
        RecordError: there is none, or it cannot be read.
    """
    cure = f"Make it again: elc report {folder.parent.name}."
    return read_record(folder / FILE, Report, cure=cure, root=root)


def write_report(folder: Path, report: Report) -> None:
    """Write a report, whole or not at all."""
    write_record(folder / FILE, report)
