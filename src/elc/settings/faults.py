"""What is wrong with a section of params.yaml, in sentences: which key, what was found, what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from pydantic import BaseModel, ValidationError

from elc.errors import build_nearest

Place = tuple[int | str, ...]  # the keys that lead to a value
Find = Callable[[Place], Place]  # gives the place in a file of a place in a section

# Secrets in what was found, which are not repeated where that is: in a URL, as in //user:password@host or ?token=, and
# under a key that is called so.
_SECRETS = (
    re.compile(r"(://)[^\s/@'\"]*:[^\s@'\"]*(?=@)"),
    re.compile(r"([?&;](?:password|pwd|passwd|token|api_?key)=)[^&;'\"]*", re.IGNORECASE),
    re.compile(
        r"(['\"][\w-]*(?:authorization|cookie|token|secret|key|password)[\w-]*['\"]: ['\"])[^'\"]*", re.IGNORECASE
    ),
)


def put_below(*where: int | str) -> Find:
    """Give what finds the places of a section that stands at a place."""
    return lambda place: (*where, *place)


_AT_THE_TOP = put_below()


def read_faults(
    error: ValidationError,
    model: type[BaseModel],
    find: Find = _AT_THE_TOP,
    *,
    is_partial: bool = False,
) -> list[str]:
    """Turn pydantic's faults into sentences: which key, what was found, what was expected.

    Args:
        error: of pydantic.
        model: the section that was read.
        find: gives the place in the file of a place in the section.
        is_partial: what is missing is not a fault.
    """
    faults = []
    for fault in error.errors():
        found = fault["input"]
        key = _name_place(find(fault["loc"]), found)
        if is_partial and fault["type"] == "missing":
            continue
        if fault["type"] == "extra_forbidden":
            name = str(fault["loc"][-1])
            faults.append(f"{key}: unknown key: {build_nearest(name, _find_keys(model, fault['loc'][:-1]))}")
        elif fault["type"] == "missing":
            faults.append(f"{key}: missing. Add it.")
        else:
            message = fault["msg"].removeprefix("Value error, ")
            if isinstance(found, date):
                found, message = found.isoformat(), f'write a date in quotes, as in "{found}"'
            faults.append(f"{key}: found {_show(found)}: {message}.")
    return faults


def _show(found: object) -> str:
    text = repr(found)
    for secret in _SECRETS:
        text = secret.sub(r"\1...", text)
    return text


def _name_place(place: Place, found: object) -> str:
    """Name a place by its keys; what stands in brackets is pydantic's. A key at fault stands as it was found."""
    keys = (*place[:-2], str(found)) if place and place[-1] == "[key]" else place
    return ".".join(str(key) for key in keys if not str(key).startswith("[")) or "the file"


def _find_keys(model: type[BaseModel], path: Place) -> set[str]:
    """Find the valid keys at a place: walks sections, and mappings and lists of sections, by their annotations.

    Where a list may hold several kinds of section, the part of the path in brackets says which.
    """
    models = [model]
    for part in path:
        kinds = [one for one in models if part in _list_kinds(one)]
        field = models[0].model_fields.get(str(part))
        if kinds:
            models = kinds
        elif field is not None:  # else the name of a plant or carrier inside a mapping: stay on its section
            models = list(_list_models(field.annotation)) or models
    return {field.alias or name for one in models for name, field in one.model_fields.items()}


def _list_models(annotation: object) -> Iterator[type[BaseModel]]:
    """List the sections that an annotation names, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _list_models(inner)


def _list_kinds(model: type[BaseModel]) -> list[str]:
    field = model.model_fields.get("kind")
    return [f"[{kind}]" for kind in getattr(field.annotation, "__args__", ())] if field else []
