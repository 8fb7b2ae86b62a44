"""The names that historians, loggers and spreadsheets give to the columns of a table of readings."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Compared without capitals, spaces, _, -, / and #. Names of one group are as good as each other: two of them in one
# table are two candidates. A group counts only where none before it has a column.
Groups = tuple[tuple[str, ...], ...]
TIME: Groups = (
    (
        *("time", "timestamp", "datetime", "eventtimestamp", "tstamp", "ts", "lastchanged", "timestring", "dt"),
        *("datetimestamp", "timeutc", "timestamputc", "utctime", "utctimestamp", "datetimeutc", "localtime"),
        *("zeit", "zeitstempel", "zeitpunkt", "datumzeit", "datumuhrzeit", "messdatum", "tidspunkt", "tidsstempel"),
        *("horodatage", "horodate", "dateheure", "fechahora", "datahora", "dataora", "tijdstip"),
    ),
    ("date", "datum", "dato", "fecha", "tid"),
    ("indexlevel0",),  # what pandas calls an index without a name
)
# A date in one column and the time of day in another.
DAY = ("date", "datum", "dato", "fecha", "day", "readingdate", "opdate")
CLOCK = ("time", "zeit", "uhrzeit", "klokkeslett", "tid", "hora", "heure", "ora", "hour", "stunde", "clock", "tijd")
TAG: Groups = (
    (
        *("tag", "tagname", "point", "pointname", "pointid", "series", "seriesname", "metric", "metricname", "varname"),
        *("entityid", "tagpath", "tagid", "variablename", "signalname", "sensorid", "itemid", "nodeid"),
    ),
    ("name", "variable", "signal", "sensor", "item"),
)
VALUE: Groups = (("value", "wert", "verdi", "valeur", "valor", "waarde", "varvalue"), ("state", "reading", "val"))
# Ignition keeps a value in one of several columns, by its type.
TYPED = ("floatvalue", "intvalue", "stringvalue")
# Of these the first tells all that the others do.
QUALITY: Groups = (
    ("opcquality",),
    ("qualitydetail",),
    (
        *("quality", "status", "isgood", "good", "validity", "qualitycode", "statuscode", "qualitystatus"),
        *("confidence", "percentgood", "dataintegrity", "qualityflag", "kvalitet", "qualität", "qualite", "qualité"),
        *("calidad", "qualidade", "gültigkeit", "gyldighet", "messwertstatus"),
    ),
)
UNIT: Groups = (
    ("unit", "units", "uom", "unitsabbreviation", "engunits", "engineeringunits", "unitofmeasurement", "eu"),
    ("einheit", "enhet", "unité", "unite", "unidad", "unidade"),
)
FLAGS = ("questionable", "substituted")
# What the name of a quality column says of its codes.
CODES = {
    "opcquality": "opc_da",
    "dataintegrity": "opc_da",
    "qualitydetail": "aveva_detail",
    "validity": "flag",
    "isgood": "flag",
    "good": "flag",
    "gültigkeit": "flag",
    "gyldighet": "flag",
    "confidence": "percent",
    "percentgood": "percent",
}
UNNAMED = "unnamed_time"

# AWS IoT SiteWise: records of the cold tier and of messages, the bulk import's columns, and its query views.
ALIAS: Groups = (("propertyalias", "alias"),)
SERIES: Groups = (("seriesid", "timeseriesid"),)
SECONDS: Groups = (("timeinseconds", "timestampseconds"),)
NANOS: Groups = (("offsetinnanos", "timestampnanooffset"),)
SITEWISE = ("doublevalue", "integervalue", "intvalue", "booleanvalue", "stringvalue")
# Structures whose parts go by their own names.
_PARTS = ("timestamp", "value", "propertyvalue")
_ZONE = re.compile(r"\s*[\[(]\s*([^\])]*?)\s*[\])]\s*$")


def simplify(name: str) -> str:
    """Write a name as the vocabulary does."""
    outer, _, inner = name.rpartition(".")
    plain = inner if outer.lower() in _PARTS else name
    return re.sub(r"[\s_/#-]", "", _ZONE.sub("", plain).lower())


def read_bracket(name: str) -> str:
    """Read what a name ends with in brackets, as UTC in `Time (UTC)`; empty without."""
    found = _ZONE.search(name)
    return found[1] if found else ""


def find_candidates(plain: Mapping[str, list[str]], groups: Groups) -> list[str]:
    """List the columns, by their simplified names, of the first group that has any."""
    for group in groups:
        found = [column for name in group for column in plain.get(name, [])]
        if found:
            return found
    return []


def is_time_name(name: str) -> bool:
    """Tell whether a column's name is one for times."""
    return any(simplify(name) in group for group in TIME)
