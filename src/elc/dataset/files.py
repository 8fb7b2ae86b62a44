"""The files of the dataset stage, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from elc.dataset.baseline import write_baseline
from elc.dataset.soundness import check_sound
from elc.dataset.split import PARTS, Split
from elc.files import replace_folder
from elc.findings import join, write_findings
from elc.records import read_record, write_record
from elc.records.split import FILE, Rating
from elc.settings import TagList


def write_dataset(
    folder: Path, split: Split, tags: TagList, *, stops: pd.DataFrame, insufficient: pd.DataFrame, unsound: pd.DataFrame
) -> None:
    """Write the split, its baseline, the stops and the findings about sufficiency and soundness, all or none.

    Files: train, valid, test and stops as Parquet, findings.parquet, split.json, statistics.json, constraints.json.

    Raises:
        ElcError: no curve can be trained on the split (see `check_sound`).
    """
    check_sound(split, tags)
    with replace_folder(folder) as fresh:
        write_split(fresh, split)
        write_baseline(fresh, split.train, tags)
        stops.to_parquet(fresh / "stops.parquet", index=False)
        write_findings(fresh / "findings.parquet", join(insufficient, unsound))


def write_split(folder: Path, split: Split) -> None:
    """Write train, valid, test and `split.json`, all or none."""
    with replace_folder(folder) as fresh:
        for part in PARTS:
            getattr(split, part).to_parquet(fresh / f"{part}.parquet", index=False)
        write_record(fresh / FILE, Rating(rated_load=split.rated_load))


def read_split(folder: Path) -> Split:
    """Read what `write_split` wrote.

    Raises:
        RecordError: there is no split, or its `split.json` is none.
    """
    rating = read_record(folder / FILE, Rating, cure="Run the stage dataset again.")
    return Split(rating.rated_load, *(pd.read_parquet(folder / f"{part}.parquet") for part in PARTS))
