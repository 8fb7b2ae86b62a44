"""Build the page of all plants: the answer as a sentence, the table, and what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from elc.fields import read_currency
from elc.render.status import Status

_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_MILLION = 1_000_000
_MISSING = "—"
_NBSP = "\u00a0"
_SPECIAL = re.compile(r"([\\`*_\[\]{}<>|#@$~^\"'!])")


def build_index(statuses: Sequence[Status], links: Mapping[str, str], currency: str, max_gap_frac: float) -> str:
    """Build index.qmd; `links` holds each plant's notebook, `max_gap_frac` is the gap that calls for action."""
    ordered = sorted(statuses, key=_build_rank)
    sign = read_currency(currency)
    parts = [
        "---\ntitle: All plants\n---",
        f"::: {{.answer}}\n{_build_answer(ordered, sign, max_gap_frac)}\n:::",
        *_build_remark(ordered),
        f"::: {{.table-scroll}}\n{_build_table(ordered, links, sign, max_gap_frac)}\n:::",
        "## What to do",
        *(_build_advice(status, links) for status in ordered),
        "::: {.small}\nSorted by money lost an hour. Gap: energy above the least that the plant has shown at this load "
        "and weather.\n:::",
        "[Models](models.qmd): which version runs where, since when, and who approved it.",
    ]
    return "\n\n".join(parts) + "\n"


def build_number(value: float | None) -> str:
    """Build a number of two or three sensible digits, with a true minus; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return _MISSING
    decimals = 1 if abs(value) < 9.95 else 0
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def _build_rank(status: Status) -> tuple[bool, float, str]:
    money = status.money_per_h
    return (money is None, 0.0 if money is None else -money, status.plant)


def escape(text: str) -> str:
    """Put a text into one line in which Markdown finds nothing to do."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def build_count(count: int) -> str:
    """Build a count, up to twelve in a word."""
    return _WORDS[count] if count < len(_WORDS) else str(count)


def _build_percent(frac: float | None) -> str:
    if frac is None:
        return _MISSING
    return f"{frac * 100:.1f}{_NBSP}%".replace("-", "−")


def _build_total(statuses: Iterable[Status], sign: str, mark: str) -> str:
    """Build the money that some plants lose an hour; nothing where none has a price or the sum is a saving."""
    money = [status.money_per_h for status in statuses if status.money_per_h is not None]
    return f": [{build_number(sum(money))}{_NBSP}{sign} an hour]{{.{mark}}}" if money and sum(money) > 0 else ""


def _build_answer(statuses: Sequence[Status], sign: str, max_gap_frac: float) -> str:
    judged = [status for status in statuses if status.gap_frac is not None]
    losing = [status for status in judged if (status.gap_frac or 0.0) > max_gap_frac]
    limit = f"more than {max_gap_frac * 100:g}{_NBSP}% now"
    count = len(statuses)
    if not judged:
        return "No plant can be judged now: the table says why."
    if not losing:
        subject = escape(judged[0].name) + " does not lose" if count == 1 else "No plant loses"
        total = _build_total(judged, sign, "good")
        return f"{subject} {limit}{total}{' in all' if total and count > 1 else ''}."
    total = _build_total(losing, sign, "cost")
    if len(losing) == 1:
        name = escape(losing[0].name)
        subject = name if count == 1 else f"One of {build_count(count)} plants, {name},"
        return f"{subject} loses {limit}{total}."
    subject = f"{build_count(len(losing)).capitalize()} of {build_count(count)} plants"
    if len(losing) == count:
        subject = "Both plants" if count == 2 else f"All {build_count(count)} plants"
    return f"{subject} lose {limit}{total}{' in all' if total else ''}."


def _build_remark(statuses: Sequence[Status]) -> list[str]:
    missing = [status for status in statuses if status.gap_frac is None]
    if not missing or len(missing) == len(statuses):
        return []
    verb = "has" if len(missing) == 1 else "have"
    names = " and ".join(", ".join(escape(status.name) for status in missing).rsplit(", ", 1))
    return [f"::: {{.small}}\n{names} {verb} no gap now: the table says why.\n:::"]


def _build_table(statuses: Sequence[Status], links: Mapping[str, str], sign: str, max_gap_frac: float) -> str:
    header = (
        "plant", "state", "gap, GJ/h", "share of best", f"{escape(sign)}/h", f"{escape(sign)} this month", "CO₂, t/h",
        "data", "model", "version", "last hour",
    )  # fmt: skip
    align = (":--", ":--", "--:", "--:", "--:", "--:", "--:", ":--", ":--", ":--", ":--")
    rows = [_build_row(status, links, max_gap_frac) for status in statuses]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, align, *rows))


def _build_row(status: Status, links: Mapping[str, str], max_gap_frac: float) -> tuple[str, ...]:
    gap, share = build_number(status.gap_gj_per_h), _build_percent(status.gap_frac)
    state = escape(status.state)
    if status.gap_frac is None:
        state += f" [no gap: {escape(status.no_gap_reason) or 'no reason given'}]{{.small}}"
    elif status.gap_frac > max_gap_frac:
        share = f"[{share}]{{.cost}}"
    return (
        f"**[{escape(status.name)}]({links[status.plant]})**",
        state,
        gap,
        share,
        build_number(status.money_per_h),
        _build_month(status.money_month),
        build_number(status.co2_t_per_h),
        _build_health(status.data_health, "sound"),
        _build_health(status.model_health, "ok"),
        escape(status.version),
        escape(status.last_hour),
    )


def _build_month(money: float | None) -> str:
    """Build a month's money in four digits, or in millions."""
    if money is None or abs(money) < 1000:
        return build_number(money)
    if abs(money) >= _MILLION:
        return f"{money / _MILLION:.2f}{_NBSP}M".replace("-", "−")
    return build_number(float(f"{money:.4g}"))


def _build_health(text: str, good: str) -> str:
    return f"[{escape(text)}]{{.{'good' if text == good else 'look'}}}"


def _build_advice(status: Status, links: Mapping[str, str]) -> str:
    sentence = " ".join(status.advice.split()) or "no advice now."
    return f"**[{escape(status.name)}]({links[status.plant]}):** {sentence}"
