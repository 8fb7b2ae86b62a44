"""What goes wrong in a historian, at the rates of params.yaml; every fault is written down with its place and size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from elc.settings import FaultRates
from elc.simulate.historian import ANALYSERS, REGULAR, Readings

HOUR_S = 3600
DAY_S = 86400
UNCERTAIN, BAD = 1, 2
# A unit mix-up multiplies by one of these: kg/cm2 for bar, higher for lower heating value, normal for standard m3,
# Gcal for GJ, short tons for tonnes.
MIXUPS = {
    "feed_pressure_bar": 1 / 0.980665,
    "loop_pressure_bar": 1 / 0.980665,
    "fuel_gas_energy_gj_per_h": 1.105,
    "feed_gas_energy_gj_per_h": 288.15 / 273.15,
    "feed_lhv_mj_per_nm3": 1.108,
    "steam_export_energy_gj_per_h": 1 / 4.1868,
    "load_t_per_h": 1 / 0.90718474,
}
# A failed transmitter sends 3.6 or 21 mA (NAMUR NE 43): this much of its span below or above its scale.
FAILED_LOW_FRAC, FAILED_HIGH_FRAC = 0.025, 0.0625


@dataclass
class Lasting:
    """What the faults of one span leave to the next: tags that send no more, and how far totalisers were set back."""

    vanished: set[str] = field(default_factory=set)
    set_back: dict[str, float] = field(default_factory=dict)


@dataclass
class FaultInjector:
    """Spoil the readings of one plant in place and keep a list of what was done."""

    readings: list[Readings]
    rates: FaultRates
    rng: np.random.Generator
    lasting: Lasting = field(default_factory=Lasting)
    faults: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = min(int(reading.seconds[0]) for reading in self.readings)
        self.end = max(int(reading.seconds[-1]) for reading in self.readings)

    def inject(self) -> pd.DataFrame:
        """Inject every kind of fault; return one row each: kind, tag, start, end (UTC), size.

        Test gas, zero crossings, Uncertain and doubled readings stand in the readings alone: they have no spell.
        """
        self._drift()
        self._mix_units()
        self._clip()
        self._freeze()
        self._fail()
        self._spike()
        self._calibrate()
        self._reset_totalisers()
        self._cross_zero()
        self._shift_clock()
        self._rename()
        self._lose_server()
        self._mark_uncertain()
        self._double()
        frame = pd.DataFrame(self.faults, columns=["kind", "tag", "start", "end", "size"])
        for column in ("start", "end"):
            frame[column] = pd.to_datetime(frame[column].astype("int64"), unit="s", utc=True)
        return frame.sort_values(["start", "kind", "tag"], kind="stable", ignore_index=True)

    def _book(self, kind: str, reading: Readings, start: int, end: int, size: float) -> None:
        self.faults.append({"kind": kind, "tag": reading.tag.tag, "start": start, "end": end, "size": float(size)})

    def _choose(self, readings: Iterable[Readings]) -> Readings:
        found = list(readings)
        return found[int(self.rng.integers(len(found)))]

    def _choose_span(self, low_s: float, high_s: float) -> tuple[int, int]:
        length = int(self.rng.uniform(low_s, high_s))
        start = int(self.rng.integers(self.start, max(self.end - length, self.start + 1)))
        return start, start + length

    def _drift(self) -> None:
        """Flow meters drift until they are calibrated again, every half year."""
        if not self.rates.drift_frac_per_year:
            return
        for reading in self.readings:
            if reading.tag.column == "fuel_gas_energy_gj_per_h":
                years = ((reading.seconds - self.start) % (182 * DAY_S)) / (365.25 * DAY_S)
                reading.values *= 1 + self.rates.drift_frac_per_year * years
                for begin in range(self.start, self.end, 182 * DAY_S):
                    self._book(
                        "drift", reading, begin, min(begin + 182 * DAY_S, self.end), self.rates.drift_frac_per_year
                    )

    def _mix_units(self) -> None:
        for _ in range(self.rates.unit_mixups):
            reading = self._choose(r for r in self.readings if r.tag.column in MIXUPS)
            start, end = self._choose_span(DAY_S, 4 * DAY_S)
            ratio = MIXUPS[reading.tag.column]
            reading.values[(reading.seconds >= start) & (reading.seconds < end)] *= ratio
            self._book("unit", reading, start, end, ratio)

    def _clip(self) -> None:
        for _ in range(self.rates.clipped_tags):
            reading = self._choose(r for r in self.readings if r.tag.role == "driver")
            start, end = self._choose_span(10 * DAY_S, 30 * DAY_S)
            inside = (reading.seconds >= start) & (reading.seconds < end)
            if inside.any():
                top = float(np.quantile(reading.values[inside], 0.9))
                reading.values[inside] = np.minimum(reading.values[inside], top)
                self._book("clipped", reading, start, end, top)

    def _freeze(self) -> None:
        months = (self.end - self.start) / (30.4 * DAY_S)
        for _ in range(self.rng.poisson(self.rates.frozen_per_month * months)):
            reading = self._choose(r for r in self.readings if r.tag.role in ("driver", "setpoint", "state"))
            start, end = self._choose_span(8 * HOUR_S, 3 * DAY_S)
            inside = np.flatnonzero((reading.seconds >= start) & (reading.seconds < end))
            if len(inside):
                reading.values[inside] = reading.values[inside[0]]
                self._book("frozen", reading, start, end, reading.values[inside[0]])

    def _fail(self) -> None:
        """A transmitter fails to one end of its scale for hours, quality still Good."""
        for _ in range(self.rates.failed_transmitters):
            reading = self._choose(r for r in self.readings if r.tag.low is not None and r.tag.high is not None)
            start, end = self._choose_span(2 * HOUR_S, DAY_S)
            inside = (reading.seconds >= start) & (reading.seconds < end)
            low, high = float(reading.tag.low or 0), float(reading.tag.high or 0)
            is_low = self.rng.random() < 0.5
            end_of_scale = low - FAILED_LOW_FRAC * (high - low) if is_low else high + FAILED_HIGH_FRAC * (high - low)
            if inside.any():
                reading.values[inside] = (end_of_scale - reading.tag.offset) / reading.tag.factor
                self._book("range", reading, start, end, end_of_scale)

    def _spike(self) -> None:
        for reading in self.readings:
            if reading.tag.role == "ignore":
                continue
            hit = np.flatnonzero(self.rng.random(len(reading.values)) < self.rates.spike_frac)
            factor = self.rng.uniform(1.3, 3.0, len(hit)) * self.rng.choice([-1, 1], len(hit))
            reading.values[hit] *= factor
            for index in hit:
                at = int(reading.seconds[index])
                self._book("spike", reading, at, at + 60, reading.values[index])

    def _calibrate(self) -> None:
        """Analysers read their test gas once a day, flagged Uncertain."""
        length = int(self.rates.calibration_min_per_day * 60)
        for reading in self.readings:
            if length and reading.tag.column in ANALYSERS:
                begin = int(self.rng.integers(6, 10)) * HOUR_S
                inside = (reading.seconds - begin) % DAY_S < length
                reading.values[inside] *= 0.1
                reading.quality[inside] = UNCERTAIN

    def _reset_totalisers(self) -> None:
        for reading in self.readings:
            if reading.tag.column.startswith("product_total"):
                set_back = self.lasting.set_back.get(reading.tag.tag, 0.0)
                reading.values -= set_back
                for _ in range(self.rates.totaliser_resets):
                    start, _end = self._choose_span(0, 1)
                    after = reading.seconds >= start
                    if after.any():
                        first = float(reading.values[after][0])
                        reading.values[after] -= first
                        set_back += first
                        self._book("totaliser_reset", reading, start, self.end, 0.0)
                self.lasting.set_back[reading.tag.tag] = set_back

    def _cross_zero(self) -> None:
        """A flow meter at rest shows a little less than nothing."""
        if not self.rates.negative_zero:
            return
        for reading in self.readings:
            if reading.tag.column.endswith(REGULAR):
                top = float(np.max(np.abs(reading.values)))
                rest = np.abs(reading.values) < 0.001 * top
                reading.values[rest] = -0.002 * top

    def _shift_clock(self) -> None:
        for _ in range(self.rates.clock_shifts):
            reading = self._choose(r for r in self.readings if r.tag.role == "driver")
            start, end = self._choose_span(5 * DAY_S, 20 * DAY_S)
            reading.seconds = np.where(
                (reading.seconds >= start) & (reading.seconds < end), reading.seconds + HOUR_S, reading.seconds
            )
            self._book("clock", reading, start, end, HOUR_S)

    def _rename(self) -> None:
        """A tag gets another name, which nobody listed: the old one sends no more, in this span and later ones."""
        for reading in self.readings:
            if reading.tag.tag in self.lasting.vanished:
                self._silence(reading, self.start)
        here = [r for r in self.readings if r.tag.role == "state" and r.tag.tag not in self.lasting.vanished]
        for _ in range(self.rates.renamed_tags if here else 0):
            reading = self._choose(here)
            self._silence(reading, int(self.start + 0.7 * (self.end - self.start)))
            self.lasting.vanished.add(reading.tag.tag)

    def _silence(self, reading: Readings, start: int) -> None:
        reading.keep(reading.seconds < start)
        self._book("vanished", reading, start, self.end, 0.0)

    def _lose_server(self) -> None:
        """One of two data servers is down for a while: all its tags stop together, and send again when it is back."""
        lost, goal = 0, self.rates.gap_frac * (self.end - self.start)
        while lost < goal:
            start, end = self._choose_span(1 * HOUR_S, 14 * HOUR_S)
            lost += end - start
            half = int(self.rng.integers(2))
            for reading in self.readings[half::2]:
                inside = (reading.seconds >= start) & (reading.seconds < end)
                if not inside.any():
                    continue
                last = np.flatnonzero(inside)[-1]
                reading.seconds[last] = end
                inside[last] = False
                first = np.flatnonzero(inside)[:1]
                reading.seconds[first], reading.quality[first] = start, BAD
                inside[first] = False
                reading.keep(~inside)
                self._book("gap", reading, start, end, 0.0)

    def _mark_uncertain(self) -> None:
        for reading in self.readings:
            hit = self.rng.random(len(reading.values)) < self.rates.uncertain_frac
            reading.quality[hit] = np.maximum(reading.quality[hit], UNCERTAIN)

    def _double(self) -> None:
        """Some readings arrive twice, one time in three with another quality."""
        for reading in self.readings:
            hit = np.flatnonzero(self.rng.random(len(reading.values)) < self.rates.duplicate_frac)
            quality = np.where(self.rng.random(len(hit)) < 0.33, UNCERTAIN, reading.quality[hit])
            reading.seconds = np.r_[reading.seconds, reading.seconds[hit]]
            reading.values = np.r_[reading.values, reading.values[hit]]
            reading.quality = np.r_[reading.quality, quality].astype(np.int8)
