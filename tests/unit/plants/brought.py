"""What an integrator brings to add a plant, and what a project holds before and after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from elc.paths import Project
from elc.plants.add import add_plant
from tests.conftest import git

TAGS = """tag,column,unit,factor,offset,role,carrier,low,high,description
G1,gas_energy_gj_per_h,GJ/h,,,energy,gas,0,3000,Gas
L1,load_t_per_h,t/h,,,throughput,,0,80,Load
T1,air_temp_degc,degC,,,driver,,-40,50,Air
S1,flue_o2_pct,%,,,setpoint,,1,6,Flue gas
"""
ENTRY = """# A plant made by hand.
name: Mill
product: ammonia
time_zone: Europe/Oslo
interval: 1h                # as the meters are read
train_until: null
battery_limit: gas
gap_carrier: gas
export:
  time_zone: UTC
carriers:
  gas: {price_per_gj: 10.5, co2_kg_per_gj: 56.1}
dataset:
  min_load_frac: 0.4        # it runs low
"""
EXPORT = "time,G1,L1,T1,S1\n" + "".join(f"2024-01-01T{hour:02d}:00:00Z,1700,60,5,2\n" for hour in range(24))


@dataclass(frozen=True)
class Given:
    """A project, and what an integrator brings, in a folder outside it."""

    project: Project
    export: Path
    tags: Path
    entry: Path

    def add(self, plant: str = "mill") -> None:
        add_plant(self.project, plant, self.export, self.tags, self.entry)


def snapshot(project: Project) -> tuple[str, dict[str, str]]:
    """What Git sees, and the hash of every file that is not Git's own."""
    files = (path for path in sorted(project.root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    hashes = {str(path.relative_to(project.root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return git(project.root, "status", "--short", "--untracked-files=all"), hashes
