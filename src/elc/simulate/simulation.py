"""A simulated plant as params.yaml and its tag list describe it, and its life: what happened, was read, went wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from elc.errors import ElcError, build_nearest
from elc.fields import TIME
from elc.paths import Project
from elc.settings import PlantSettings, SimulatedPlant, SimulateSettings, Tag, read_settings, read_tags
from elc.simulate.chance import BLOCK_H
from elc.simulate.faults import HOUR_S, FaultInjector, Lasting
from elc.simulate.historian import Readings, build_readings
from elc.simulate.operation import Order, build_blocks
from elc.simulate.truth import build_truth

# Processors differ in the sixteenth digit of exp, sin and their like. Rounded so, all give the same bytes.
DECIMALS = 6


@dataclass(frozen=True)
class Block:
    """What a block holds: the true hours, the readings of every tag, and the faults in them."""

    truth: pd.DataFrame
    readings: list[Readings]
    faults: pd.DataFrame


@dataclass(frozen=True)
class Simulation:
    """One simulated plant: what it is, how long its committed export is, and what its historian records."""

    plant: str
    spec: SimulatedPlant
    settings: SimulateSettings
    entry: PlantSettings
    tags: tuple[Tag, ...]
    orders: tuple[Order, ...] = ()

    @property
    def start(self) -> pd.Timestamp:
        """The first moment (UTC)."""
        return pd.Timestamp(self.settings.start, tz="UTC")

    @property
    def end(self) -> pd.Timestamp:
        """The end of the committed export (UTC): the first moment that is no longer in it."""
        return self.start + pd.Timedelta(days=self.settings.days)

    def build_blocks(self) -> Iterator[Block]:
        """Build the plant's life without an end; a block is the same whatever is asked of it and of later ones."""
        lasting = Lasting()
        for number, history in enumerate(build_blocks(self.spec, self.settings.start, self.orders)):
            rng = np.random.default_rng([self.spec.seed, 2, number])
            readings = [
                build_readings(history.hours, tag, self.settings.step_min, rng)
                for tag in tqdm(self.tags, desc=f"simulate {self.plant}", unit="tag", delay=1)
            ]
            faults = FaultInjector(readings, self.spec.faults, rng, lasting).inject()
            # A clock that is wrong can show the block's last hour as one of the next: that hour is lost.
            end = int(history.hours[TIME].iloc[0].timestamp()) + BLOCK_H * HOUR_S
            for reading in readings:
                reading.keep(reading.seconds < end)
                reading.values = np.round(reading.values, DECIMALS)
            yield Block(_round(build_truth(history)), readings, _round(faults))

    def build_purpose(self) -> str:
        """Say all that the readings depend on, as a hash; the end of the committed export is not part of it."""
        code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
        content = {
            "code": hashlib.sha256(b"".join(code)).hexdigest(),
            "export": self.entry.export.model_dump(),
            "plant": self.spec.model_dump(),
            "start": self.settings.start,
            "step_min": self.settings.step_min,
            "tags": [asdict(tag) for tag in self.tags],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]


def read_simulation(project: Project, plant: str) -> Simulation:
    """Read what params.yaml and the tag list say of a simulated plant.

    Raises:
        ElcError: the plant is not under `simulate.plants` in params.yaml.
    """
    settings = read_settings(project)
    if plant not in settings.simulate.plants:
        valid = build_nearest(plant, settings.simulate.plants)
        raise ElcError(f"params.yaml: plant {plant} is not simulated: {valid}")
    tags = tuple(tag for tag in read_tags(project.tags(plant), plant).read.tags if not tag.is_computed)
    return Simulation(plant, settings.simulate.plants[plant], settings.simulate, settings.plants[plant], tags)


def _round(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.round(dict.fromkeys(frame.select_dtypes("float"), DECIMALS))
