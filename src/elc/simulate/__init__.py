"""Simulated ammonia plants: what their historians export, with faults, and the truth kept beside.

More days never change earlier ones, so what a historian sends after the committed export simply goes on (`live`).
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd

from elc.fields import TIME
from elc.files import replace_folder
from elc.paths import Project
from elc.simulate.chance import count_blocks
from elc.simulate.historian import Readings, write_export
from elc.simulate.live import Historian, find_end, read_readings, read_until, write_live
from elc.simulate.operation import Order
from elc.simulate.simulation import Block, read_simulation
from elc.simulate.truth import read_truth, write_truth

__all__ = [
    "Historian",
    "Order",
    "find_end",
    "read_readings",
    "read_truth",
    "read_until",
    "simulate_plant",
    "write_live",
]


def simulate_plant(project: Project, plant: str) -> None:
    """Write a simulated plant's export to `data/raw` and its truth to `data/truth`.

    The same params.yaml and tag list give the same bytes on every processor, and more days only add to them.

    Raises:
        ElcError: the plant is not under `simulate.plants` in params.yaml.
    """
    simulation = read_simulation(project, plant)
    blocks = list(islice(simulation.build_blocks(), count_blocks(simulation.settings.days)))
    truth = pd.concat([block.truth for block in blocks], ignore_index=True)
    faults = pd.concat([block.faults for block in blocks], ignore_index=True)
    with replace_folder(project.raw(plant)) as folder:
        write_export(folder, _join_readings(blocks, simulation.end), simulation.entry)
    with replace_folder(project.truth(plant)) as folder:
        write_truth(folder, truth[truth[TIME] < simulation.end], faults[faults["start"] < simulation.end])


def _join_readings(blocks: list[Block], end: pd.Timestamp) -> list[Readings]:
    """Join each tag's readings of all blocks, up to an end."""
    joined = []
    for parts in zip(*(block.readings for block in blocks), strict=True):
        seconds, values, quality = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("seconds", "values", "quality")
        )
        readings = Readings(parts[0].tag, seconds, values, quality)
        readings.keep(seconds < int(end.timestamp()))
        joined.append(readings)
    return joined
