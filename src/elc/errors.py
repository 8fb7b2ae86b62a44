"""The one exception of the package, and the collector that raises every fault at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ElcError(Exception):
    """Say where a fault is, what was found, what was expected and what to do."""


def build_error(where: str, faults: Iterable[str]) -> ElcError:
    """Build one error from all faults of one place."""
    found = list(faults)
    if len(found) == 1:
        return ElcError(f"{where}: {found[0]}")
    lines = "\n".join(f"  - {fault}" for fault in found)
    return ElcError(f"{where}: {len(found)} faults\n{lines}")


def check_faults(where: str, faults: Iterable[str]) -> None:
    """Raise one error if there is any fault.

    Raises:
        ElcError: with every fault, in the order found.
    """
    found = list(faults)
    if found:
        raise build_error(where, found)


def build_nearest(word: str, valid: Iterable[str]) -> str:
    """Build the half sentence that names the nearest valid word."""
    names = sorted(valid)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"expected one of {', '.join(names)}"


def list_unknown(kind: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    """List the faults of names that are not known, each with the nearest that is; `kind` is what they name."""
    valid = list(known)
    return [f"{kind} {name} is unknown: {build_nearest(name, valid)}" for name in names if name not in valid]


def check_known(kind: str, name: str, known: Iterable[str], *, where: str = "params.yaml") -> None:
    """Check that a name is known, such as that of a plant.

    Raises:
        ElcError: it is not; the nearest that is known is named.
    """
    check_faults(where, list_unknown(kind, [name], known))
