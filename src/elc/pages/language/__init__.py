"""The language of pages: English sentences stand in the code, each other language in one file beside this one.

A page speaks one language, chosen once in its process by `choose`, as gettext does it. `say` translates a sentence and
fills its places: `say("{plant} runs at its best.", plant="Fjord")`. What has no translation stays English.
"""

from elc.pages.language.catalog import choose, get_language, say, say_count, translate
from elc.pages.language.markdown import escape, escape_marked, join_lines, write_code
from elc.pages.language.numbers import (
    MISSING,
    NBSP,
    choose_sum,
    convert_energy,
    find_digits,
    find_level_digits,
    find_short_digits,
    format_co2,
    format_date_alone,
    format_energies,
    format_energy,
    format_money,
    format_number,
    format_plain,
    format_rate,
    format_share,
    format_short_day,
    format_short_energy,
    format_short_time,
    format_sum,
    format_time,
    localise,
    name_zone,
)
from elc.pages.language.plant import UNITS, choose_plant, find_unit, get_unit, sign_level
from elc.pages.language.words import say_health, say_list, say_number, say_state, say_version, start
from elc.settings.languages import ENGLISH, find_languages

__all__ = [
    "ENGLISH",
    "MISSING",
    "NBSP",
    "UNITS",
    "choose",
    "choose_plant",
    "choose_sum",
    "convert_energy",
    "escape",
    "escape_marked",
    "find_digits",
    "find_languages",
    "find_level_digits",
    "find_short_digits",
    "find_unit",
    "format_co2",
    "format_date_alone",
    "format_energies",
    "format_energy",
    "format_money",
    "format_number",
    "format_plain",
    "format_rate",
    "format_share",
    "format_short_day",
    "format_short_energy",
    "format_short_time",
    "format_sum",
    "format_time",
    "get_language",
    "get_unit",
    "join_lines",
    "localise",
    "name_zone",
    "say",
    "say_count",
    "say_health",
    "say_list",
    "say_number",
    "say_state",
    "say_version",
    "sign_level",
    "start",
    "translate",
    "write_code",
]
