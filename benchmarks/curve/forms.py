"""Plants whose energy is not of the curve's own form (`energies`), by the product's own stages dataset and train."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from benchmarks.curve.compare import Result, compare
from benchmarks.curve.energies import FORMS
from benchmarks.curve.hours import LOAD, TRUTH, Form, build_hours
from benchmarks.curve.project import build_entry, open_project, read_params, train_split
from elc import dataset, settings
from elc.fields import AGE, read_unit

PLANT, CARRIER, METER = "form", "energy", "total_energy_gj_per_h"
CASES = tuple(FORMS)
HEADER = "tag,column,unit,factor,offset,role,carrier,low,high,monotone,description"


def measure(seeds: Sequence[int]) -> Iterator[Result]:
    """Compare every form with every seed, as many at once as there are processors."""
    cases = [(name, seed) for name in CASES for seed in seeds]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda case: run_case(*case), cases)
        yield from tqdm(results, desc="other forms of energy", unit="case", total=len(cases))


def run_case(name: str, more: int) -> Result:
    """Simulate a form with a seed added to that of the plant it is like, train, and compare on the test hours."""
    form, params = FORMS[name], read_params()
    simulate = params["simulate"]
    spec = simulate["plants"][form.like]
    spec["seed"] += more
    hours = build_hours(form, spec, start=simulate["start"], days=simulate["days"])
    simulate["plants"], params["plants"] = {}, {PLANT: build_entry([CARRIER]) | {"dataset": form.dataset}}
    with open_project(PLANT, params, write_tags(form)) as project:
        chosen, tags = settings.read_plant(project, PLANT), settings.read_tags(project.tags(PLANT), PLANT)
        rated_load = dataset.find_rated_load(hours, LOAD)
        marked = dataset.mark_states(hours, LOAD, rated_load, chosen)
        split = dataset.build_split(dataset.drop_unsteady(marked, tags), rated_load, chosen, marked)
        truth = split.test[TRUTH].to_numpy(float)
        package = train_split(project, PLANT, split)
        return compare(f"{name}, {spec['seed']}", split, package, chosen.evaluate, truth=truth, group=name)


def write_tags(form: Form) -> str:
    """Write the tag list of a form: its energy, its load and its drivers, in the units that their names end in."""
    roles = {METER: "energy", LOAD: "throughput"} | dict.fromkeys(form.drivers, "driver")
    rows = [
        f"{column},{column},{read_unit(column).sign or '-'},,,{role},{CARRIER if role == 'energy' else ''},,,"
        f"{'up' if column == AGE else ''},"
        for column, role in roles.items()
    ]
    return "\n".join([HEADER, *rows]) + "\n"
