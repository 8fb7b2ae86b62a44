"""What ingest finds: doubtful files and readings, clocks, counters, and where an export ends."""

from __future__ import annotations

from collections.abc import Callable

from elc.findings import Finding
from elc.pages.findings.words import Sentences, name_tag, write, write_time
from elc.pages.language import say

_OF_FILES: dict[str, Callable[..., str]] = {
    "unknown_quality": lambda **of: say(
        "{count} readings of {file} carry the unknown quality {example}; not used.", **of
    ),
    "no_quality": lambda **of: say("{count} readings of {file} carry no quality, where others do; not used.", **of),
    "text_value": lambda **of: say("{count} readings of {file} are not numbers, as in {example}; not used.", **of),
    "large_value": lambda **of: say(
        "{count} readings of {file} are larger than any instrument shows, as in {example}; not used.", **of
    ),
    "passed_over": lambda **of: say("{count} lines of {file} are not rows of its table, as {example}; skipped.", **of),
    "no_tag": lambda **of: say("{count} readings of {file} carry no tag, as that of {example}; not used.", **of),
    "unknown_unit": lambda **of: say(
        "{count} readings of {file} carry the unit {example}, which is not understood; that of the tag list counts.",
        **of,
    ),
    "empty_cell": lambda **of: say(
        "{count} readings of {file} are empty cells, and end what was read before them; set export.empty_cells to held "
        "if a cell is empty where nothing new was read.",
        **of,
    ),
    "no_data": lambda **of: say(
        "{count} readings of {file} are a number of export.no_data, as {example}; not used.", **of
    ),
}


def _say_of_file(finding: Finding) -> str:
    values = finding.values
    whose = f"{name_tag(finding)}: " if finding.column else ""
    count = f"{values['readings']:.0f}"
    return whose + _OF_FILES[finding.check](count=count, file=values["file"], example=values["example"])


def _say_late(finding: Finding) -> str:
    return say(
        "{name} has {count} readings up to {time} UTC, more than {limit} hours later than the other tags end; they are "
        "not used. Check its clock.",
        name=name_tag(finding),
        count=f"{finding.values['readings']:.0f}",
        time=write_time(finding.values["last"]),
        limit=write(finding.values["limit_h"], "g"),
    )


def _say_part(finding: Finding) -> str:
    return say(
        "The last interval is read in part ({share}): it changes when the rest arrives, and is not judged where less "
        "than ingest.min_coverage_frac of it is read.",
        share=write(finding.values["read_frac"], ".0%"),
    )


def _say_ahead(finding: Finding) -> str:
    return say(
        "{name} has readings up to {time} UTC, later than most other tags; check its clock.",
        name=name_tag(finding),
        time=write_time(finding.end),
    )


def _say_silent(finding: Finding) -> str:
    return say(
        "{name} has sent no reading since {time} UTC, where others have. It is read all the time, so its last value "
        "stands for no interval without a reading.",
        name=name_tag(finding),
        time=write_time(finding.start),
    )


def _say_was_silent(finding: Finding) -> str:
    return say(
        "{name} sent no reading from {start} to {end} UTC, where others did. It is read all the time, so its last "
        "value stands for no interval without a reading.",
        name=name_tag(finding),
        start=write_time(finding.start),
        end=write_time(finding.end),
    )


def _say_missed(finding: Finding) -> str:
    return say(
        "The clock of {zone} went back, but no hour is shown twice: the export may be in standard time all year. Then "
        "its summers are {step} h off: set export.time_zone to {instead}.",
        zone=finding.values["zone"],
        step=write(finding.values["step_h"], "g"),
        instead=finding.values["instead"],
    )


def _say_undated(finding: Finding) -> str:
    return say(
        "The days since a turnaround ({tag}) are missing before {day}, the first under plants.{plant}.turnarounds in "
        "params.yaml. Add the turnaround before it.",
        tag=finding.values["tag"],
        day=finding.values["first"],
        plant=finding.plant,
    )


def _say_clash(finding: Finding) -> str:
    values = finding.values
    places = {
        "name": name_tag(finding),
        "count": f"{values['moments']:.0f}",
        "one": write(values["example_one"], "g"),
        "other": write(values["example_other"], "g"),
        "time": write_time(values["example_at"]),
    }
    if finding.check == "corrected":
        return say(
            "{name}: {count} moments have another value in a later file, as {one} and {other} at {time} UTC; by {most} "
            "at most, in the unit of the tag. The later one is used.",
            **places,
            most=write(values["most_apart"], "g"),
        )
    if finding.kind.name == "settled":
        return say(
            "{name}: {count} moments have several values inside one file, as {one} and {other} at {time} UTC; the "
            "{wins} is used, as export.conflicts says.",
            **places,
            wins=values["wins"],
        )
    return say(
        "{name}: {count} moments have several values inside one file, as {one} and {other} at {time} UTC; they are "
        "missing. Set export.conflicts to last, first or mean where one of them is right.",
        **places,
    )


def _say_marker(finding: Finding) -> str:
    return say(
        "{name} shows {numbers} in {count} intervals, far from all else that it shows, as if for no data; these are "
        "not used. Write export.no_data: [{numbers}], so that the other readings of these intervals count.",
        name=name_tag(finding),
        numbers=", ".join(f"{value:g}" for value in finding.values["markers"]),  # as params.yaml writes them
        count=f"{finding.values['intervals']:.0f}",
    )


def _say_replaced(finding: Finding) -> str:
    values = finding.values
    return say(
        "{name} was replaced or set: it shows {before} at {since} and {after} at {until} UTC; what it counted in "
        "between is lost, the interval is not used.",
        name=name_tag(finding),
        before=write(values["before"], ".10g"),
        since=write_time(values["since"]),
        after=write(values["after"], ".10g"),
        until=write_time(values["until"]),
    )


def _say_misread(finding: Finding) -> str:
    return say(
        "{name} falls, or jumps, and is back {count} times; what it shows in between is left out.",
        name=name_tag(finding),
        count=f"{finding.values['times']:.0f}",
    )


def _say_still(finding: Finding) -> str:
    return say(
        "{name} is read as a totaliser and never rises. Write kWh/15min or kWh/interval, as t/h or t/interval, where "
        "each reading is the amount of its interval; or the unit of a rate, as kW; or set its role to ignore.",
        name=name_tag(finding),
    )


def _say_amount(finding: Finding) -> str:
    return say(
        "{name} is said to be the amount of {said} min, and is read every {read} min: it looks like a rate, or the "
        "amount of another interval.",
        name=name_tag(finding),
        said=write(finding.values["said_h"] * 60, "g"),
        read=write(finding.values["read_h"] * 60, ".3g"),
    )


def _say_unfetched(finding: Finding) -> str:
    values = finding.values
    places = {"source": values["source"], "example": values["example"].removesuffix(".")}
    if finding.kind.name == "failed":
        return say(
            "The source {source} did not give all from {start} to {end} UTC ({example}).",
            **places,
            start=write_time(finding.start),
            end=write_time(finding.end),
        )
    if finding.kind.name == "ahead":
        return say(
            "The source {source} has readings ahead of this machine's clock, as of {example}; each is used once its "
            "time has come. Check both clocks.",
            **places,
        )
    name = name_tag(finding) if finding.column else values["tag"]
    return _OF_SOURCES[finding.kind.name](name=name, **places)


_OF_SOURCES: dict[str, Callable[..., str]] = {
    "unknown": lambda **of: say(
        "{name}: the source {source} has no such tag any more, or never had; if it was renamed there, write its name "
        "under tags of the source in params.yaml.",
        **of,
    ),
    "text": lambda **of: say("{name}: the source {source} gives text for numbers, as {example}; not used.", **of),
    "time": lambda **of: say(
        "{name}: the source {source} gives times that cannot be read, as that of the value {example}; not used.", **of
    ),
    "quality": lambda **of: say("{name}: the source {source} gives the unknown quality {example}; not used.", **of),
    "refused": lambda **of: say("{name}: the source {source} refuses this tag ({example}).", **of),
}


SENTENCES: Sentences = {
    **{(check, ""): _say_of_file for check in _OF_FILES},
    ("ahead", ""): _say_late,
    ("part", ""): _say_part,
    **{("fetch", name): _say_unfetched for name in ("failed", "ahead", *_OF_SOURCES)},
    ("silent", "ahead"): _say_ahead,
    ("silent", "now"): _say_silent,
    ("silent", "over"): _say_was_silent,
    ("clock_change", "doubled"): lambda _: say(
        "The clock went back: readings of the hour shown twice cannot be told apart and are not used."
    ),
    ("clock_change", "missed"): _say_missed,
    ("ageing", ""): _say_undated,
    ("conflict", "unsettled"): _say_clash,
    ("conflict", "settled"): _say_clash,
    ("corrected", ""): _say_clash,
    ("marker", ""): _say_marker,
    ("totaliser_reset", ""): lambda finding: say(
        "{name} was reset; what it counted before is lost, the interval is not used.", name=name_tag(finding)
    ),
    ("replaced", ""): _say_replaced,
    ("misread", ""): _say_misread,
    ("still", ""): _say_still,
    ("amount", ""): _say_amount,
    ("filled", ""): lambda finding: say("{name} was missing; filled by a straight line.", name=name_tag(finding)),
}
