"""The head of a report: how the period was in a sentence or three, and what to know before the numbers (Markdown)."""

from __future__ import annotations

from elc.pages.language import escape, format_share, say, say_version
from elc.pages.report.remarks import say_edition, say_remark
from elc.pages.report.words import (
    format_period,
    format_sec,
    name_period,
    say_named,
    sec_unit,
    write_cost,
    write_day,
    write_energy,
    write_last_day,
    write_production,
)
from elc.records.report import Report
from elc.settings import StageSettings


def write_head(report: Report, settings: StageSettings) -> str:
    """Write the head: what the report is of, the answer, and what a reader must know first."""
    line = [
        name_period(report.period),
        say("data until {day}", day=write_last_day(report.data_until, settings)),
        say("model: {version}", version=escape(say_version(report.judged_by))),
        *([say("edition {number}", number=report.edition)] if report.edition > 1 else []),
        *([say("simulated")] if settings.is_simulated else []),
    ]
    answer, rest = write_answer(report, settings)
    said = f"\n\n::: {{.advice}}\n{rest}\n:::" if rest else ""
    return (
        f"::: {{.small}}\n{' · '.join(line)}\n:::\n\n::: {{.answer}}\n{answer}\n:::{said}"
        f"{_write_warning(report, settings)}"
    )


def _write_warning(report: Report, settings: StageSettings) -> str:
    said = [say_edition(report, settings), *(say_remark(one, settings) for one in report.remarks)]
    points = [f"- {sentence}" for sentence in said if sentence]
    if not points:
        return ""
    title = say("Before you use these numbers")
    return f'\n\n::: {{.callout-warning title="{title}"}}\n' + "\n".join(points) + "\n:::"


def write_answer(report: Report, settings: StageSettings) -> tuple[str, str]:
    """Write how the plant did in the period against its best, and what it used and avoided; either may be empty."""
    use, gap, savings = _write_use(report), _write_gap(report, settings), _write_savings(report, settings)
    parts = [use, savings] if gap else [savings]
    return gap or use, " ".join(part for part in parts if part)


def _name(report: Report) -> dict[str, str]:
    return {"period": name_period(report.period), "plant": escape(report.name)}


def _write_use(report: Report) -> str:
    whole = report.whole
    places = {
        **_name(report),
        "energy": write_energy(whole.energy_gj, report),
        "production": write_production(whole.production, report),
        "product": say_named(report.product),
    }
    if whole.known == 0:
        return say("Nothing is known of the energy of {plant} in {period}.", **places)
    if whole.sec_gj is None:
        return say("In {period} {plant} used {energy} and made {production} of {product}.", **places)
    sec = f"{format_sec(whole.sec_gj, report)} {sec_unit(report)}"
    if whole.gap is not None:  # a sentence that names plant and period comes before
        return say("It used {energy} for {production} of {product}: {sec}.", sec=sec, **places)
    return say("In {period} {plant} used {energy} for {production} of {product}: {sec}.", sec=sec, **places)


def _write_gap(report: Report, settings: StageSettings) -> str:
    whole = report.whole
    if whole.gap is None or whole.gap_frac is None:
        return ""
    gap, low, high = whole.gap, whole.gap_low, whole.gap_high
    sign = -1 if gap.energy_gj < 0 else 1
    shown = write_energy(abs(gap.energy_gj), report)
    if low is not None and high is not None:
        ends = sorted(sign * end.energy_gj for end in (low, high))
        shown = say(
            "{value} ({low} to {high})",
            value=shown,
            low=format_period(ends[0], report),
            high=format_period(ends[1], report),
        )
    is_sure = low is None or high is None or low.energy_gj > 0 or high.energy_gj < 0
    places = {**_name(report), "size": shown, "share": format_share(abs(whole.gap_frac), 1)}
    if not is_sure and abs(whole.gap_frac) <= settings.monitor.max_gap_frac:
        return _write_near(places, sign)
    if sign < 0:
        return say(
            "In {period} {plant} used [{size} less]{{.good}} than its best under the conditions of each hour: {share}.",
            **places,
        )
    return say(
        "In {period} {plant} used [{size} more]{{.{kind}}} than its best under the conditions of each hour: {share}, "
        "{cost}.",
        kind="cost" if is_sure else "look",
        cost=write_cost(gap, settings),
        **places,
    )


def _write_near(places: dict[str, str], sign: int) -> str:
    """Write that a period cannot be told from best, as the monitoring page says it of an hour."""
    if sign < 0:
        return say(
            "In {period} {plant} ran [at its best]{{.good}} under the conditions of each hour, as far as that is "
            "known: {size} below it, {share}.",
            **places,
        )
    return say(
        "In {period} {plant} ran [at its best]{{.good}} under the conditions of each hour, as far as that is known: "
        "{size} above it, {share}.",
        **places,
    )


def _write_savings(report: Report, settings: StageSettings) -> str:
    savings, baseline = report.whole.savings, report.baseline
    if savings is None or baseline is None:
        return ""
    places = {
        "first": write_day(baseline.start, settings),
        "last": write_last_day(baseline.end, settings),
        "size": write_energy(abs(savings.avoided.energy_gj), report),
        "error": write_energy(savings.error.energy_gj, report),
        "share": format_share(abs(savings.frac), 1),
    }
    if not savings.is_sure:
        return say(
            "Against {first} to {last} no saving can be shown: the difference of {size} is within its uncertainty of "
            "{error}.",
            **places,
        )
    if savings.avoided.energy_gj < 0:
        return say(
            "Against {first} to {last} it used [{size} ± {error} more]{{.cost}} than it would have under these "
            "conditions then: {share}.",
            **places,
        )
    return say(
        "Against {first} to {last} it [avoided {size} ± {error}]{{.good}}: {share} of what it would have used under "
        "these conditions then, {cost}.",
        cost=write_cost(savings.avoided, settings),
        **places,
    )
