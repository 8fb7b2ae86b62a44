"""Build the page of all plants: the answer as a sentence, what failed and alerts, the table, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from elc.failures import OF_HOUR
from elc.fields import read_currency
from elc.pages.language import (
    NBSP,
    escape,
    escape_marked,
    format_money,
    format_plain,
    format_time,
    say,
    say_count,
    say_list,
    say_number,
    start,
)
from elc.records.alerts import Alert
from elc.records.status import Status
from elc.render.failures import build_since
from elc.render.groups import MANY, build_region_losses
from elc.render.index_table import FleetPages, build_plants
from elc.render.sparks import build_losses
from elc.render.status import hide_gap
from elc.render.tools import build_tools

NAMED = 5  # of many plants, those that a sentence names


def build_index(fleet: FleetPages) -> str:
    """Build index.qmd."""
    ordered = sorted((_build_present(status, fleet) for status in fleet.statuses), key=_build_rank)
    sign = read_currency(fleet.currency)
    note = say(
        "Sorted by money lost an hour. Gap: energy above the least that the plant has shown under like conditions."
    )
    parts = [
        f"---\ntitle: {say('All plants')}\n---",
        f"::: {{.answer}}\n{_build_answer(ordered, sign, fleet.max_gap_frac)}\n:::",
        *_build_losses(ordered, fleet, sign),
        *_build_remark(ordered),
        *_build_origin(ordered, fleet),
        *_build_failures(fleet),
        *_build_alerts(fleet),
        f"```{{=html}}\n{_build_tools(ordered, fleet)}{build_plants(ordered, fleet, sign)}\n```",
        f"## {say('What to do')}",
        *_build_advices(ordered, fleet),
        f"::: {{.small}}\n{note}\n:::",
        *fleet.reports,
        say("[Models](models.qmd): which version runs where, since when, and who approved it."),
        say("[Method](method.qmd): how the numbers are made, and what they rest on."),
    ]
    return "\n\n".join(parts) + "\n"


def _build_present(status: Status, fleet: FleetPages) -> Status:
    """Build what is known of a plant now: an old gap does not count if the plant failed or its data stopped."""
    if any(failure.plant == status.plant and failure.stage in OF_HOUR for failure in fleet.failures):
        return hide_gap(status, say("the last run failed"))
    return hide_gap(status, say("no new data")) if status.plant in fleet.behind else status


def _build_rank(status: Status) -> tuple[bool, float, str]:
    money = status.money_per_h
    return (money is None, 0.0 if money is None else -money, status.plant)


def _build_total(statuses: Sequence[Status], sign: str, mark: str) -> str:
    """Build the money that some plants lose an hour; nothing where one has no price or the sum is a saving."""
    money = [status.money_per_h for status in statuses if status.money_per_h is not None]
    if len(money) < len(statuses) or sum(money) <= 0:
        return ""
    return f"[{say('{money} an hour', money=f'{format_money(sum(money))}{NBSP}{sign}')}]{{.{mark}}}"


def _build_answer(statuses: Sequence[Status], sign: str, max_gap_frac: float) -> str:
    judged = [status for status in statuses if status.gap_frac is not None]
    losing = [status for status in judged if (status.gap_frac or 0.0) > max_gap_frac]
    if not judged:
        return say("No plant can be judged now: the table says why.")
    limit = f"{format_plain(100 * max_gap_frac)}{NBSP}%"
    total = _build_total(losing or judged, sign, "cost" if losing else "good")
    subject = _build_subject(statuses, losing, judged[0], limit)
    if total and (len(losing) > 1 or (not losing and len(statuses) > 1)):
        return say("{loses}: {money} in all.", loses=subject, money=total)
    return say("{loses}: {money}.", loses=subject, money=total) if total else f"{subject}."


def _build_subject(statuses: Sequence[Status], losing: Sequence[Status], first: Status, limit: str) -> str:
    """Build the sentence's first half: who loses more than the limit."""
    count, name = len(statuses), escape((losing[0] if losing else first).name)
    number = say_number(count)
    if not losing:
        if count == 1:
            return say("{plant} does not lose more than {limit} now", plant=name, limit=limit)
        return say("No plant loses more than {limit} now", limit=limit)
    if len(losing) == 1 and count == 1:
        return say("{plant} loses more than {limit} now", plant=name, limit=limit)
    if len(losing) == 1:
        return say("One of {count} plants, {plant}, loses more than {limit} now", count=number, plant=name, limit=limit)
    if len(losing) < count:
        some = start(say_number(len(losing)))
        return say("{some} of {count} plants lose more than {limit} now", some=some, count=number, limit=limit)
    if count == 2:
        return say("Both plants lose more than {limit} now", limit=limit)
    return say("All {count} plants lose more than {limit} now", count=number, limit=limit)


def _build_remark(statuses: Sequence[Status]) -> list[str]:
    missing = [escape(status.name) for status in statuses if status.gap_frac is None]
    if not missing or len(missing) == len(statuses):
        return []
    names = _list_names(missing)
    if len(missing) == 1:
        said = say("{plant} has no gap now: the table says why.", plant=names)
    else:
        said = say("{plants} have no gap now: the table says why.", plants=names)
    return [f"::: {{.small}}\n{said}\n:::"]


def _build_origin(statuses: Sequence[Status], fleet: FleetPages) -> list[str]:
    """Name which plants are none, and that their last hour is the end of what was simulated."""
    played = [escape(status.name) for status in statuses if status.plant in fleet.simulated]
    if not played:
        return []
    if len(played) == 1:
        said = say("{plant} is a simulated plant; its data end with its last hour below.", plant=played[0])
    else:
        said = say(
            "{plants} are simulated plants; their data end with their last hours below.", plants=_list_names(played)
        )
    return [f"::: {{.small}}\n{said} {say('`elc live` plays them on.')}\n:::"]


def _list_names(names: Sequence[str]) -> str:
    """List the names of plants; of many, the first and how many more."""
    if len(names) <= MANY:
        return say_list(names)
    return say_list([*names[:NAMED], say("{count} more", count=say_number(len(names) - NAMED))])


def _build_losses(statuses: Sequence[Status], fleet: FleetPages, sign: str) -> list[str]:
    """Build the picture of what plants lose; of many, what regions lose, or the plants that lose most."""
    if fleet.is_large and fleet.regions:
        drawn = build_region_losses(fleet.find_groups(statuses), sign, fleet.max_gap_frac)
        what = say("What each region loses now; in colour the part of plants above the limit.")
        return [f"```{{=html}}\n{drawn}\n```", f"::: {{.small}}\n{what}\n:::"]
    shown = statuses[:NAMED] if fleet.is_large else statuses
    drawn = build_losses(shown, fleet.weeks, sign, fleet.max_gap_frac)
    what = say("Left: the gap of the last seven days, its limit dashed. Right: what each plant loses now.")
    if fleet.is_large:
        what += f" {say('Shown are the {count} plants that lose most.', count=say_number(len(shown)))}"
    return [f"```{{=html}}\n{drawn}\n```", f"::: {{.small}}\n{what}\n:::"] if drawn else []


def _build_tools(statuses: Sequence[Status], fleet: FleetPages) -> str:
    if not fleet.is_large:
        return ""
    regions = [group.name or say("Other plants") for group in fleet.find_groups(statuses)] if fleet.regions else []
    wrong = sum(fleet.is_wrong(status) for status in statuses) + len(fleet.pageless)
    return build_tools("table.plants", regions, wrong=wrong, is_grouped=bool(regions)) + "\n"


def _build_failures(fleet: FleetPages) -> list[str]:
    if not fleet.failures:
        return []
    reason = say("no reason was recorded.")
    points = [
        f"- **{escape(fleet.names.get(one.plant, one.plant))}, {escape(one.stage)}:** {escape(one.sentence) or reason}"
        f"{build_since(one)}"
        for one in fleet.failures
    ]
    title = say("A part of the last run failed")
    if any(one.stage in OF_HOUR for one in fleet.failures):
        title = say("The last run failed; pages of these plants are of an earlier one")
    return [f'::: {{.callout-important title="{title}"}}\n' + "\n".join(points) + "\n:::"]


def _build_alerts(fleet: FleetPages) -> list[str]:
    if not fleet.alerts:
        return []
    points = [_build_alert(alert, fleet.names) for alert in fleet.alerts]
    return [f'::: {{.callout-warning title="{say("Open alerts")}"}}\n' + "\n".join(points) + "\n:::"]


def _build_alert(alert: Alert, names: Mapping[str, str]) -> str:
    text = f"- **{escape(names.get(alert.plant, alert.plant))}:** {escape(alert.sentence)}"
    return f"{text} [{say('Since {time}.', time=escape(format_time(alert.since)))}]{{.small}}" if alert.since else text


def _build_advices(statuses: Sequence[Status], fleet: FleetPages) -> list[str]:
    """Build what to do at each plant; of many, that at sound ones below the limit can be opened."""
    first = [status for status in statuses if not fleet.is_large or fleet.is_wrong(status)]
    rest = [status for status in statuses if status not in first]
    parts = [_build_advice(status, fleet.links) for status in first]
    if rest:
        title = say_count("{count} other plant, below the limit", "{count} other plants, below the limit", len(rest))
        folded = "\n\n".join(_build_advice(status, fleet.links) for status in rest)
        parts.append(f'::: {{.callout-note collapse="true" title="{title}"}}\n{folded}\n:::')
    return parts


def _build_advice(status: Status, links: Mapping[str, str]) -> str:
    sentence = escape_marked(status.advice) or say("no advice now.")
    if status.action != "none":
        look = escape(status.recommendation)
        sentence += f" [{say('Data and model:')}]{{.look}} {look}"
    return f"**[{escape(status.name)}]({links[status.plant]}):** {sentence}"
