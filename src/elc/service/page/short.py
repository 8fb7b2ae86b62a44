"""The present hour of a plant as a line in the list of all, in the language of the site."""

from __future__ import annotations

from typing import Any

import pandas as pd

from elc.pages import language
from elc.pages.amounts import write_span
from elc.pages.language import say, say_state, say_version
from elc.service.page.now import build_health

Content = dict[str, Any]
SHORT = (
    *("plant", "name", "has_hour", "answer", "answer_phrase", "answer_kind", "state_text", "hour", "hour_end"),
    *("hour_text", "gap_gj_per_h", "gap_low_gj_per_h", "gap_high_gj_per_h", "gap_frac", "money_per_h", "currency"),
    *(
        "no_gap_reason",
        "version_text",
        "health",
        "interval_h",
        "time_zone",
        "age_s",
        "energy_digits",
        "energy_unit",
        "is_simulated",
    ),
    *("rate_unit", "gj_per_unit", "region", "money_month", "spark", "max_gap_frac"),
)


def shorten(content: Content, *, site_language: str) -> Content:
    """Build the line of a plant in the list of all, in the site's language, from what `read_now` answered.

    A sentence that an hour holds in another language is not said; its plant's page says it.
    """
    short = {key: content.get(key) for key in SHORT}
    if not content["has_hour"] or content["language"] == site_language:
        return short
    language.choose(site_language)
    start, width = pd.Timestamp(content["hour"]), pd.Timedelta(content["interval_h"], "h")
    return short | {
        "answer": "",
        "answer_phrase": "",
        "state_text": say_state(content["state"]),
        "hour_text": write_span(start, width, content["time_zone"]),
        "version_text": say_version(content["version"]),
        "health": {name: build_health(health["is"]) for name, health in content["health"].items()},
        "no_gap_reason": say("its page says why") if content["no_gap_reason"] else "",
    }
