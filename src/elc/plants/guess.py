"""Guess a first line of a tag list for each tag of an export, from its name, its unit and its values.

What is a guess is one to correct: units are never guessed, roles are, from words; and an energy beside a larger one
is left out, for a part counted beside its whole would be counted twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from elc.errors import ElcError
from elc.settings.tag_units import Scale, read_scale
from elc.units import is_unit

Array = NDArray[np.float64]

SUFFIXES = ("gj_per_h", "t_per_h", "knm3_per_h", "m3_per_h", "degc", "bar", "pct", "mj_per_nm3", "hz", "m_per_s")
FLOWS = ("t_per_h", "knm3_per_h", "m3_per_h")
RISING_FRAC = 0.98  # ASSUME: of a counter's steps; a reset or a misread one falls
WIDER_FRAC = 0.2  # of what was seen, to either side: what is believed is more than what was
ENDS = (0.001, 0.999)
LATE = 1.2  # times the usual step between readings: so long the value of a rare tag holds
FEWEST = 48  # intervals in common, below which a correlation tells nothing
BRACKET = re.compile(r"[(\[]([^()\[\]]+)[)\]]\s*$")
# Words of a name, each from its beginning; short ones whole.
DRIVER = re.compile(
    r"\b(ambient|amb\b|air temp|outdoor|outside|wet bulb|humid|dew|baro|cooling water|cw|sea water|weather|wind\b)"
)
SETPOINT = re.compile(r"\b(sp\b|set ?point|o2\b|h2 n2\b|n2 h2\b|steam to carbon|inerts|purge|recycle|igv\b|excess air)")
THROUGHPUT = re.compile(r"\b(nh3\b|ammonia|prod\b|product|throughput|load\b|output|tonnage|feed|charge)")
ELECTRIC = re.compile(r"W$|Wh$|W/|Wh/", re.IGNORECASE)


@dataclass(frozen=True)
class SeenTag:
    """What an export shows of a tag: the unit that it names (or none), its mean in each interval and how often it is
    read.
    """

    tag: str
    unit: str
    values: Array
    step_h: float


@dataclass(frozen=True)
class Guess:
    """One line of a tag list; `why` says what was guessed, and from what."""

    tag: str
    column: str
    unit: str
    role: str
    carrier: str = ""
    low: str = ""
    high: str = ""
    max_hold_h: str = ""
    why: str = ""


@dataclass(frozen=True)
class _Known:
    """A tag beside what its unit makes of it: rates in the unit of its column (empty without)."""

    seen: SeenTag
    suffix: str
    unit: str
    rates: Array

    @property
    def words(self) -> str:
        return " ".join(_find_words(self.seen.tag))

    @property
    def mean(self) -> float:
        return float(np.nanmean(self.rates)) if np.isfinite(self.rates).any() else 0.0


def guess_tags(seen: Sequence[SeenTag], *, usual_hold_h: float, interval_h: float) -> list[Guess]:
    """Guess a line for each tag, in their order."""
    tags = [_read(tag, interval_h) for tag in seen]
    energies = _choose_energies(tags)
    throughput = _choose_throughput(tags, energies)
    columns = _name_columns(tags)
    return [
        _build(tag, column, _guess_role(tag, energies, throughput), usual_hold_h)
        for tag, column in zip(tags, columns, strict=True)
    ]


def find_unit(tag: str, told: str) -> str:
    """Find the unit of a tag: what the export says of it, or what stands at the end of its name; empty without."""
    bracket = BRACKET.search(tag)
    last = re.split(r"[\s_-]+", tag.strip())[-1]
    named = [bracket[1].strip()] if bracket else [last] if last != tag and (len(last) > 1 or last == "%") else []
    return next((unit for unit in (told, *named) if unit and is_unit(unit) and _find_scales(unit)), "")


def _find_scales(unit: str) -> Iterator[tuple[str, Scale]]:
    for suffix in SUFFIXES if unit else ():
        try:
            yield suffix, read_scale(unit, f"x_{suffix}")
        except ElcError:
            continue


def _read(seen: SeenTag, interval_h: float) -> _Known:
    suffix, scale = next(_find_scales(seen.unit), ("raw", Scale()))
    unit = seen.unit if suffix != "raw" else "-"
    rates = seen.values * scale.factor + scale.offset
    if scale.is_totaliser:
        steps = np.diff(seen.values[~np.isnan(seen.values)])
        if len(steps) and np.mean(steps >= 0) >= RISING_FRAC:
            rates = np.diff(seen.values, prepend=np.nan) * scale.factor / interval_h
        else:
            unit = f"{unit}/interval"
            rates = seen.values * scale.factor / (seen.step_h or interval_h)
    return _Known(seen, suffix, unit, rates)


def _choose_energies(tags: Sequence[_Known]) -> dict[str, str]:
    """Choose the largest energy of each carrier, and say of which it is."""
    largest: dict[str, _Known] = {}
    for tag in tags:
        if tag.suffix == "gj_per_h":
            carrier = "electricity" if ELECTRIC.search(tag.seen.unit) else "gas"
            if carrier not in largest or tag.mean > largest[carrier].mean:
                largest[carrier] = tag
    return {tag.seen.tag: carrier for carrier, tag in largest.items()}


def _choose_throughput(tags: Sequence[_Known], energies: dict[str, str]) -> str:
    """Choose the flow that is called so, or else the one that goes with energy; a name without a unit comes last."""
    flows = [tag for tag in tags if tag.suffix in FLOWS]
    named = [tag for tag in flows if THROUGHPUT.search(tag.words)]
    bare = [tag for tag in tags if tag.suffix == "raw" and THROUGHPUT.search(tag.words) and not _is_still(tag)]
    total = [tag.rates for tag in tags if tag.seen.tag in energies]
    energy = np.sum(total, axis=0) if total else np.array([])
    candidates = named or flows or bare
    best = max(candidates, key=lambda tag: (_correlate(tag.rates, energy), tag.mean), default=None)
    return best.seen.tag if best else ""


def _is_still(one: _Known) -> bool:
    return not np.nanstd(one.rates) > 0 if np.isfinite(one.rates).any() else True


def _correlate(first: Array, second: Array) -> float:
    if len(first) != len(second):
        return 0.0
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < FEWEST or not (np.std(first[both]) > 0 and np.std(second[both]) > 0):
        return 0.0
    return float(np.corrcoef(first[both], second[both])[0, 1])


def _guess_role(one: _Known, energies: dict[str, str], throughput: str) -> Guess:
    """Guess the role, and say why."""
    tag, named = one.seen.tag, Guess(one.seen.tag, "", one.unit, "ignore")
    if tag in energies:
        return replace(named, role="energy", carrier=energies[tag], why="the largest of its carrier")
    if tag == throughput:
        return replace(named, role="throughput", why="by its name, or because it follows energy")
    if one.suffix == "gj_per_h":
        return replace(named, why="also energy: use role energy if it is not part of the other")
    if DRIVER.search(one.words):
        return replace(named, role="driver", why="by its name")
    if SETPOINT.search(one.words):
        return replace(named, role="setpoint", why="by its name")
    if one.suffix == "raw":
        return replace(named, why="no unit in the export: add it, end the column name in it, choose a role")
    return replace(named, role="state", why="driver if nobody can change it, setpoint if operators can")


def _build(one: _Known, column: str, guess: Guess, usual_hold_h: float) -> Guess:
    low, high = propose_limits(one.rates, guess.role)
    hold = "" if one.unit.endswith("/interval") else propose_hold(one.seen.step_h, usual_hold_h)
    return replace(guess, column=column, low=low, high=high, max_hold_h=hold)


def find_step(readings: Array, interval_h: float) -> float:
    """Find how far apart (h) readings usually are, from how many each interval has; 0 for fewer than two."""
    rows = np.flatnonzero(readings)
    if not len(rows) or readings.sum() < 2:
        return 0.0
    apart_h = float(np.median(np.diff(rows))) * interval_h if len(rows) > 1 else interval_h
    return apart_h / float(np.median(readings[rows]))


def propose_hold(step_h: float, hold_h: float) -> str:
    """Propose how long (h) a value holds whose readings are usually so far apart; empty where `hold_h` will do."""
    return f"{math.ceil(step_h * LATE)}" if hold_h < step_h * LATE else ""


def propose_limits(rates: Array, role: str) -> tuple[str, str]:
    """Propose low and high: what was seen, and a little more; of a set-point no more, for they bound its advice."""
    finite = rates[np.isfinite(rates)]
    if not len(finite):
        return "", ""
    low, high = np.quantile(finite, ENDS)
    wider = 0.0 if role == "setpoint" else WIDER_FRAC * (high - low)
    is_positive = low >= 0
    low, high = low - wider, high + wider
    if role in ("energy", "throughput") or (is_positive and low < 0):
        low = min(low, 0.0) if not is_positive else 0.0
    step = 10.0 ** math.floor(math.log10((high - low) or abs(high) or 1.0)) / 10
    return _write(math.floor(low / step) * step), _write(math.ceil(high / step) * step)


def _write(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:.6g}"


def _name_columns(tags: Sequence[_Known]) -> list[str]:
    """Name the columns after the tags, each once."""
    taken: set[str] = set()
    columns = []
    for tag in tags:
        words = _find_words(BRACKET.sub("", tag.seen.tag)) or ["tag"]
        units = {word for part in _find_words(tag.seen.unit) for word in (part, part.rstrip("s"))}
        kept = [word for word in words if word not in units] or words
        stem = "_".join([*kept, "energy"] if tag.suffix == "gj_per_h" and "energy" not in kept else kept)[:90]
        stem = stem if stem[0].isalpha() else f"tag_{stem}"
        column = next(name for name in _number(f"{stem}_{{}}{tag.suffix}") if name not in taken)
        taken.add(column)
        columns.append(column)
    return columns


def _number(name: str) -> Iterable[str]:
    yield name.format("")
    yield from (name.format(f"{number}_") for number in range(2, 10_000))


def _find_words(text: str) -> list[str]:
    """Part a name into small words of letters and digits: `AmbientTemp_PV` gives ambient, temp, pv."""
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return re.findall(r"[a-z0-9]+", parted.lower())
