"""Plants of the forms of `benchmarks.curve.forms`, learnt from and left unchanged as the demo plants of `plants`."""

from __future__ import annotations

from benchmarks.curve.energies import FORMS
from benchmarks.curve.forms import CARRIER, METER, PLANT, write_tags
from benchmarks.curve.hours import build_hours
from benchmarks.curve.project import build_entry, open_project, read_params
from benchmarks.detection import plants
from benchmarks.detection.plants import Case, train_case
from elc import settings
from elc.fields import ENERGY
from elc.settings import SimulatedPlant


def build_form(name: str, seed: int) -> Case:
    """Simulate a form, and train on the first of its hours; they are as simulated, without an error of measurement."""
    form, params = FORMS[name], read_params()
    spec = params["simulate"]["plants"][form.like] | {"seed": seed}
    hours = build_hours(form, spec, start=plants.START, days=plants.DAYS).rename(columns={ENERGY: METER})
    params["simulate"]["plants"] = {}
    params["plants"] = {PLANT: build_entry([CARRIER]) | {"dataset": form.dataset}}
    with open_project(PLANT, params, write_tags(form)) as project:
        chosen, tags = settings.read_plant(project, PLANT), settings.read_tags(project.tags(PLANT), PLANT)
    return train_case(name, SimulatedPlant.model_validate(spec), chosen, tags, hours, plants.LEARNT_DAYS)
