"""The colours of pictures, and the variable of the site's style sheet that each becomes on a page, light or dark."""

from __future__ import annotations

GOOD = "#0f766e"
COST = "#b3402e"
GREY = "#5b6868"
PALE = "#bcc7c7"
INK = "#1c2b30"
LINE = "#e0e4e1"
BAND = "#e3ebea"
INTERVAL = "#8fc4bd"
THIN = "#6aa9a2"

VARIABLES = {
    GOOD: "good",
    COST: "cost",
    GREY: "grey",
    PALE: "pale",
    INK: "ink",
    LINE: "line",
    BAND: "band",
    INTERVAL: "interval",
    THIN: "thin",
}
