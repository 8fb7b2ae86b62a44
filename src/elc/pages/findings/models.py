"""What does not fit a model: columns of the hourly table, later hours, and the ranking of drivers and set-points."""

from __future__ import annotations

from math import nan

from elc.findings import Finding
from elc.pages.findings.words import Sentences, describe_column, write, write_day
from elc.pages.labels import say_name
from elc.pages.language import format_energy, say


def _say_lacking(finding: Finding) -> str:
    return say(
        "{name} is not in the hourly table, expected by the model. Map it in data/plants/{plant}/tags.csv, or use a "
        "version for this tag list.",
        name=describe_column(finding),
        plant=finding.plant,
    )


def _say_no_numbers(finding: Finding) -> str:
    values = finding.values
    return say(
        "{name} holds {type}, expected numbers; {lost} of {count} values are not numbers and count as missing. Check "
        "its unit and its export.",
        name=describe_column(finding),
        type=values["type"],
        lost=f"{values['lost']:.0f}",
        count=values["intervals"],
    )


def _say_drifted(finding: Finding) -> str:
    values = finding.values
    figures = {
        "low": "offset_low_frac",
        "high": "offset_high_frac",
        "slope": "slope_frac_per_year",
        "least": "slope_low_frac_per_year",
        "most": "slope_high_frac_per_year",
    }
    places = {
        "first": write_day(finding.start),
        "last": write_day(values["last"]),
        "share": write(abs(values["offset_frac"]), ".2%"),
        **{place: write(values.get(name, nan), "+z.2%") for place, name in figures.items()},  # JSON has no nan
        "advice": _say_cure(finding),
    }
    if values["offset_frac"] > 0:
        return say(
            "From {first} to {last} the plant uses {share} more than typical ({low} to {high}), and that moves by "
            "{slope} a year ({least} to {most}): {advice}.",
            **places,
        )
    return say(
        "From {first} to {last} the plant uses {share} less than typical ({low} to {high}), and that moves by {slope} "
        "a year ({least} to {most}): {advice}.",
        **places,
    )


def _say_cure(finding: Finding) -> str:
    if finding.values["has_age"]:
        return say(
            "ageing is among the drivers already, so look for a change of a meter or of the plant, or train on later "
            "hours"
        )
    return say(
        "declare its turnarounds (plants.{plant}.turnarounds in params.yaml) so that ageing becomes a driver, or look "
        "for a change of a meter or of the plant",
        plant=finding.plant,
    )


def _say_ranking(finding: Finding) -> str:
    values = finding.values
    size = values["size_gj_per_h"]
    places = {
        "days": values["days"],
        "ndcg": write(values["ndcg"], ".2f"),
        "least": write(values["min_ndcg"], ".2f"),
        "name": say_name(finding.column).capitalize(),
        "late": format_energy(values["late_gj_per_h"], size=size),
        "training": format_energy(values["training_gj_per_h"], size=size),
    }
    if finding.kind.name == "drivers":
        return say(
            "Over the last {days} days what drives consumption ranks differently than in training: nDCG {ndcg}, "
            "expected at least {least}. {name} rose most: {late} {rate_unit}, {training} {rate_unit} in training.",
            **places,
        )
    return say(
        "Over the last {days} days what drives the gap ranks differently than in training: nDCG {ndcg}, expected at "
        "least {least}. {name} rose most: {late} {rate_unit}, {training} {rate_unit} in training.",
        **places,
    )


SENTENCES: Sentences = {
    ("missing_column_check", ""): _say_lacking,
    ("data_type_check", ""): _say_no_numbers,
    ("drift_of_curve", ""): _say_drifted,
    ("feature_attribution_drift_check", "drivers"): _say_ranking,
    ("feature_attribution_drift_check", "setpoints"): _say_ranking,
}
