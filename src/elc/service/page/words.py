"""The texts of the page in a language; places in braces are filled by the page."""

from __future__ import annotations

from typing import Any

from elc.pages import language
from elc.pages.language import translate


def build_words(code: str) -> dict[str, Any]:
    """Build what GET /words.json answers: the language, and each text by the key under which the page asks for it."""
    language.choose(code)
    return {
        "language": code,
        "texts": _say_frame() | _say_refusals() | _say_hour() | _say_moves() | _say_charts() | _say_what_if(),
    }


def _say_frame() -> dict[str, str]:
    return {
        "title": translate("Operator page"),
        "skip": translate("Skip to the content"),
        "plants": translate("plants"),
        "all_plants": translate("All plants"),
        "live": translate("live"),
        "not_live": translate("not live since {time}"),
        "problem": translate("That did not work"),
        "try_again": translate("Try again"),
        "sign_in": translate("Sign in"),
        "sign_in_why": translate("The service asks for the key that you were given."),
        "key": translate("Key"),
        "wrong_key": translate("This key is not known, or not valid any more."),
        "no_plants": translate("There is no plant that you may see."),
        "none_loses": translate("No plant is clearly above its best now."),
        "one_loses": translate("{plant} uses more than its best now:"),
        "some_lose": translate("{count} plants use more than their best now:"),
        "none_lost": translate("In its last hour no plant was clearly above its best."),
        "one_lost": translate("In its last hour {plant} used more than its best:"),
        "some_lost": translate("In their last hours {count} plants used more than their best:"),
        "money_an_hour": translate("{money} an hour"),
        "money_of_month": translate("{money} this month"),
        "search": translate("Search"),
        "region": translate("Region"),
        "all": translate("all"),
        "other_plants": translate("Other plants"),
        "sort_by": translate("Sort by"),
        "by_money": translate("money lost an hour"),
        "by_gap": translate("share of best"),
        "by_month": translate("money lost this month"),
        "by_name": translate("name"),
        "by_hour": translate("last hour"),
        "only_wrong": translate("Only what is wrong ({count})"),
        "shown_of": translate("{shown} of {count} plants"),
        "in_region": translate("{count} plants, {losing} above their best"),
        "spark_said": translate("Gap of the last seven days: {mean} of best on the mean."),
        "data": translate("data"),
        "model": translate("model"),
        "version": translate("model: {version}"),
    }


def _say_refusals() -> dict[str, str]:
    return {
        "no_answer": translate("The service does not answer. Try again."),
        "may_not": translate("Your key may not do that. Ask for one that may."),
        "no_plant": translate("There is no such plant, or your key may not see it."),
        "other_hour": translate("Not saved: the advice is for a later hour now. Reload the page."),
        "not_usable": translate("The service cannot use what was given. Check the values, and try again."),
        "too_often": translate("The service was asked too often. Wait a little, and try again."),
        "not_now": translate("The service cannot do that now. Try again in a minute."),
        "disk_full": translate("Not saved: the disk is full. Tell whoever runs the service."),
        "refused": translate("The service refused that, with status {status}. Tell whoever runs it."),
    }


def _say_hour() -> dict[str, str]:
    return {
        "late": translate("This is not the present hour: it ended {age} ago. Since then nothing new has been judged."),
        "late_short": translate("ended {age} ago"),
        "simulated": translate("This is a simulated plant, whose time stands at this hour; elc live moves it on."),
        "no_gap": translate("No gap to judge: {reason}."),
        "causes": translate("Where the gap comes from"),
        "no_causes": translate("No set-point explains this gap."),
        "condition": translate("condition"),
        "good_hours": translate("good hours"),
        "unexplained": translate("unexplained"),
        "now_and_best": translate("now {now}, best practice {best}"),
        "more": translate("{count} smaller ones"),
        "one_more": translate("one smaller one"),
        "causes_what": translate(
            "{rate_unit} of the gap of {gap}. Plus costs energy against best practice under like conditions, minus "
            "saves it. Good hours: what the best hours lost themselves. Condition: what the plant takes beyond what "
            "load, drivers and set-points explain, where that is sure."
        ),
        "facts": translate("This hour and this month"),
        "takes": translate("energy now"),
        "best": translate("best"),
        "typical": translate("typical"),
        "gap_day": translate("above best, last 24 hours"),
        "money_month": translate("cost above best, this month"),
    }


def _say_moves() -> dict[str, str]:
    return {
        "to_do": translate("What to do"),
        "raise": translate("raise {setpoint} from {start} to {end}"),
        "lower": translate("lower {setpoint} from {start} to {end}"),
        "saves": translate("saves {saving} {rate_unit} ({low} to {high})"),
        "moves_along": translate("moves along with the one above"),
        "near": translate("Watch its limit of {limit}."),
        "together": translate("Together they save {saving} {rate_unit} ({low} to {high}), {money} an hour."),
        "precedents": translate("It rests on the {count} best earlier hours most like this one."),
        "may_not_answer": translate("Your key may read, and not answer to advice."),
        "followed": translate("Followed"),
        "not_possible": translate("Not possible"),
        "answered": translate("{answer}, answered for {time}"),
        "change": translate("Change the answer"),
        "why": translate("Why? A word is enough."),
        "save": translate("Save"),
        "cancel": translate("Cancel"),
    }


def _say_charts() -> dict[str, str]:
    return {
        "curve": translate("Specific energy against load"),
        "curve_what": translate(
            "Lines: best, shaded as far as it is known, and typical, under the conditions of the hour or as set "
            "under what if. Where there is no line, the model was trained on no such hours."
        ),
        "curve_said": translate(
            "At {load} the plant takes {now} {unit}; best is {best}. The table below gives the values of the lines."
        ),
        "as_table": translate("Values as a table"),
        "between": translate("best lies between"),
        "unknown": translate("not known"),
        "now": translate("now"),
        "gap": translate("gap"),
        "week": translate("Gap of the last seven days"),
        "week_what": translate(
            "Red: clearly above best. Grey: within what is known of best. Shaded: not judged, such as ramps and stops."
        ),
        "no_week": translate("No hour of the last seven days was judged."),
        "day": translate("day"),
        "mean_gap": translate("mean gap, {rate_unit}"),
        "gap_gj": translate("gap, {energy_unit}"),
        "judged": translate("hours judged"),
    }


def _say_what_if() -> dict[str, str]:
    return {
        "what_if": translate("What if"),
        "drivers": translate("Conditions beside load"),
        "now_value": translate("now {value}"),
        "now_unknown": translate("no reading now; the middle stands for it"),
        "learnt_range": translate("learnt from {low} to {high}"),
        "back_to_now": translate("Back to now"),
        "outside": translate(
            "The model does not know such conditions: it was trained on no hours like these, so it says nothing."
        ),
        "energy": translate("energy"),
        "energy_what": translate("What if: energy now, and what the model says that the change makes."),
        "energy_alone": translate("What if: as the model expects it. This hour was not judged."),
        "cost_an_hour": translate("cost of the gap, an hour"),
        "move_a_slider": translate("Move a slider to see what load or a set-point would change."),
        "what_if_only": translate("This hour was not judged, so there is nothing to compare with."),
        "no_change": translate("That would change next to nothing."),
        "takes_less": translate("That would take {size} {rate_unit} less than now: {money} less an hour."),
        "takes_more": translate("That would take {size} {rate_unit} more than now: {money} more an hour."),
        "at_load": translate(
            "At {load} the plant would take {energy} {rate_unit}, {level} {unit}. Its gap would be {gap} {rate_unit}, "
            "{money} an hour."
        ),
    }
