"""Write a first tag list and entry from an export alone, for an engineer to correct."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from elc import fetch, ingest
from elc.errors import ElcError
from elc.files import replace_file
from elc.paths import Project
from elc.plants.guess import Guess, SeenTag, find_step, find_unit, guess_tags
from elc.settings import StageSettings, Tag, TagList, build_plant, check_entry, check_id, read_settings, read_yaml
from elc.settings.tags import COLUMNS

DAILY_H = 20.0  # ASSUME: an energy that is read less often is of a works that reports by the day
ENTRY = """\
name: {name}
product: product            # what throughput counts
time_zone: UTC              # of the site, as in Europe/Oslo
interval: {interval}
train_until: null           # a day, as in "2026-04-01": later data test the curve; null trains on all
battery_limit: write here what the energy includes, and what it leaves out
note: Drafted, not reviewed yet.
gap_carrier: {gap_carrier}  # what is bought less where a gap closes
export:
  time_zone: UTC            # of times without a zone; docs/plant.md lists the other keys
carriers:                   # price and CO2 per GJ of each: enter yours; null where unknown
"""
CARRIER = "  {}: {{price_per_gj: null, co2_kg_per_gj: null}}\n"


@dataclass(frozen=True)
class Draft:
    """What was written: the tag list and the entry, whether the entry is new, and each line's guess."""

    tags: Path
    entry: Path
    is_new: bool
    guesses: Sequence[Guess]


def draft_from_source(
    project: Project, plant: str, source: Path, folder: Path, *, pattern: str, since: datetime
) -> Draft:
    """Write the draft of a plant from what its sources have: `export/` with the readings since a moment, too.

    Args:
        project: it gives the settings that the draft is read by.
        plant: its id.
        source: the file with its sources, which go to the entry as they stand.
        folder: where the draft goes.
        pattern: which tags are wanted, with * and ?.
        since: from when on readings are looked at (aware).

    Raises:
        ElcError: as for `draft_plant`, or a source fails.
    """
    check_id(plant, f"plant {plant}")
    sources, export = fetch.read_sources(source), folder / "export"
    offer = fetch.fetch_offer(sources, plant, export, pattern=pattern, since=since)
    made = draft_plant(project, plant, export, folder, told={tag.name: tag for tag in offer.tags})
    if made.is_new:
        with made.entry.open("a", encoding="utf-8") as file:
            file.write(source.read_text(encoding="utf-8"))
    return made


def draft_plant(
    project: Project, plant: str, export: Path, folder: Path, *, told: Mapping[str, fetch.SourceTag] | None = None
) -> Draft:
    """Write `tags.csv` and, unless it is there, `plant.yaml` to a folder.

    An entry that is there says how the export is read, so that a draft can be made again once a key is set. `told` is
    what a source says of the tags: their units and descriptions.

    Raises:
        ElcError: the export cannot be read, or there is a tag list already; an entry is written even so.
    """
    where = f"plant {plant}"
    check_id(plant, where)
    tags, entry = folder / "tags.csv", folder / "plant.yaml"
    if not export.exists():
        raise ElcError(f"{where}: the export {export} was not found.")
    if tags.exists():
        raise ElcError(f"{where}: {tags} already exists, and may have been corrected. Move it away to draft another.")
    is_new = not entry.exists()
    if is_new:
        _write_entry(entry, plant, ["gas"], "1h")
    settings = read_settings(project)
    plant_settings = build_plant(settings, plant, check_entry(read_yaml(entry), plant, f"{where}: {entry}", settings))
    try:
        seen = _read_seen(export, plant, plant_settings, {name: tag.unit for name, tag in (told or {}).items()})
    except ElcError as error:
        raise ElcError(f"{error}\nAdd the keys of export: to {entry}, then draft again.") from None
    guesses = guess_tags(
        seen, usual_hold_h=plant_settings.ingest.max_hold_h, interval_h=plant_settings.plant.interval_h
    )
    if is_new:
        _write_entry(entry, plant, _find_carriers(guesses), _find_interval(seen, guesses))
    _write_tags(tags, guesses, {name: tag.description for name, tag in (told or {}).items()})
    return Draft(tags, entry, is_new, guesses)


def _read_seen(export: Path, plant: str, settings: StageSettings, units: Mapping[str, str]) -> list[SeenTag]:
    """Read every tag of the export as it stands."""
    with TemporaryDirectory(prefix="elc-draft-") as folder:
        names = ingest.read_inventory(export, TagList(plant, ()), settings, cache=Path(folder) / "names").names
        if not names:
            raise ElcError(f"plant {plant}: export {export}: contains no tags.")
        listed = TagList(plant, tuple(_build_tag(name, place) for place, name in enumerate(names)))
        cache = Path(folder) / "all"
        told = ingest.read_units(export, listed, settings, cache=cache) | dict(units)
        inventory = ingest.read_inventory(export, listed, settings, cache=cache)
    readings = {tag.tag: inventory.traces.readings[tag.column].to_numpy(float) for tag in inventory.tags}
    values = {tag.tag: inventory.hourly[tag.column].to_numpy(float) for tag in inventory.tags}
    empty = np.full(len(inventory.hourly), np.nan)
    return [
        SeenTag(
            name,
            find_unit(name, told.get(name, "")),
            values.get(name, empty),
            find_step(readings.get(name, np.array([])), settings.plant.interval_h),
        )
        for name in names
    ]


def _build_tag(name: str, place: int) -> Tag:
    return Tag(name, f"tag_{place}_raw", "state", "", 1.0, 0.0, None, None, "")


def _find_carriers(guesses: Iterable[Guess]) -> list[str]:
    return sorted({guess.carrier for guess in guesses if guess.carrier}, reverse=True) or ["gas"]


def _find_interval(seen: Iterable[SeenTag], guesses: Iterable[Guess]) -> str:
    energies = {guess.tag for guess in guesses if guess.role == "energy"}
    steps = [one.step_h for one in seen if one.tag in energies]
    return "1d" if steps and max(steps) >= DAILY_H else "1h"


def _write_entry(path: Path, plant: str, carriers: Sequence[str], interval: str) -> None:
    gap_carrier = "gas" if "gas" in carriers else carriers[0]
    text = ENTRY.format(name=plant.replace("_", " ").capitalize(), interval=interval, gap_carrier=gap_carrier)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as temporary:
        temporary.write_text(text + "".join(CARRIER.format(name) for name in carriers), encoding="utf-8")


def _write_tags(path: Path, guesses: Sequence[Guess], descriptions: Mapping[str, str]) -> None:
    names = [*COLUMNS, "max_hold_h"] if any(guess.max_hold_h for guess in guesses) else list(COLUMNS)
    with replace_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for guess in guesses:
            text = descriptions.get(guess.tag, "")
            drafted = f"{text}. Drafted ({guess.why})" if text else f"Drafted ({guess.why})"
            writer.writerow(vars(guess) | {"description": drafted})
