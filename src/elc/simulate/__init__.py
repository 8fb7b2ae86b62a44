"""Simulated ammonia plants: what their historians export, with faults, and the truth kept beside."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from elc.errors import ElcError, build_nearest
from elc.paths import Project, replace_folder
from elc.settings import read_settings, read_tags
from elc.simulate.faults import FaultInjector
from elc.simulate.historian import build_readings, write_export
from elc.simulate.operation import build_history
from elc.simulate.truth import build_truth, read_truth, write_truth

__all__ = ["read_truth", "simulate_plant"]


def simulate_plant(project: Project, plant: str) -> None:
    """Write a simulated plant's export to `data/raw` and its truth to `data/truth`.

    The same params.yaml and tag list give the same bytes.

    Raises:
        ElcError: the plant is not under `simulate.plants` in params.yaml.
    """
    settings = read_settings(project)
    if plant not in settings.simulate.plants:
        valid = build_nearest(plant, settings.simulate.plants)
        raise ElcError(f"params.yaml: plant {plant} is not simulated: {valid}")
    spec, entry = settings.simulate.plants[plant], settings.plants[plant]
    history = build_history(spec, settings.simulate.start, settings.simulate.days)
    rng = np.random.default_rng([spec.seed, 2])
    tags = [tag for tag in read_tags(project.tags(plant), plant).tags if not tag.is_computed]
    readings = [
        build_readings(history.hours, tag, settings.simulate.step_min, rng)
        for tag in tqdm(tags, desc=f"simulate {plant}", unit="tag")
    ]
    faults = FaultInjector(readings, spec.faults, rng).inject()
    with replace_folder(project.raw(plant)) as folder:
        write_export(folder, readings, entry)
    with replace_folder(project.truth(plant)) as folder:
        write_truth(folder, build_truth(history), faults)
