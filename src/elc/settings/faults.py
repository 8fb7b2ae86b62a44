"""What is wrong with a section of params.yaml, in sentences: which key, what was found, what was expected."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ValidationError

from elc.errors import build_nearest


def read_faults(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Turn pydantic's faults into sentences: which key, what was found, what was expected."""
    faults = []
    for fault in error.errors():
        found = fault["input"]
        key = _name_place(fault["loc"], found)
        if fault["type"] == "extra_forbidden":
            name = str(fault["loc"][-1])
            faults.append(f"{key}: unknown key: {build_nearest(name, _find_keys(model, fault['loc'][:-1]))}")
        elif fault["type"] == "missing":
            faults.append(f"{key}: missing. Add it.")
        else:
            message = fault["msg"].removeprefix("Value error, ")
            if isinstance(found, date):
                found, message = found.isoformat(), f'write a date in quotes, as in "{found}"'
            faults.append(f"{key}: found {found!r}: {message}.")
    return faults


def _name_place(place: tuple[int | str, ...], found: object) -> str:
    """Name a place by its keys; what stands in brackets is pydantic's. A key at fault stands as it was found."""
    keys = (*place[:-2], str(found)) if place and place[-1] == "[key]" else place
    return ".".join(str(key) for key in keys if not str(key).startswith("[")) or "the file"


def _find_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> set[str]:
    """Find the valid keys at a place: walks sections, and mappings of sections, by their annotations."""
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None:  # the name of a plant or carrier inside a mapping: stay on its section
            continue
        inner = [*getattr(field.annotation, "__args__", ()), field.annotation]
        nested = [kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)]
        model = nested[0] if nested else model
    return {field.alias or name for name, field in model.model_fields.items()}
