"""What rights may name: plants, all plants of a region as in `north/*`, and environments.

Which plants a region has counts as it is in Git's HEAD: who edits params.yaml moves no plant into a region of his own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elc.errors import ElcError
from elc.registry.objects import read_committed
from elc.registry.signers.people import FILE
from elc.settings import ALL_OF, parse_settings, spread_names


@dataclass(frozen=True)
class Names:
    """The names that rights may speak of, and the plants of each region."""

    plants: Collection[str]
    environments: Collection[str]
    regions: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def places(self) -> list[str]:
        """Plants, and regions as rights name them."""
        return [*self.plants, *(f"{region}{ALL_OF}" for region in self.regions)]

    def spread(self, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Put the plants of a region in the place of its name; give the regions that were named, too."""
        regions = {plant: region for region, plants in self.regions.items() for plant in plants}
        plants, _ = spread_names(names, regions, self.regions)
        return tuple(plants), tuple(name.removesuffix(ALL_OF) for name in names if name.endswith(ALL_OF))


def read_regions(root: Path) -> dict[str, tuple[str, ...]]:
    """Read the plants of each region from Git's HEAD.

    Raises:
        ElcError: params.yaml there has faults.
    """
    text = read_committed(root, "HEAD", "params.yaml")
    try:
        settings = None if text is None else parse_settings(text)
    except ElcError as error:
        raise ElcError(
            f"{FILE} in Git's HEAD names regions, and params.yaml there has faults. Commit one without.\n{error}"
        ) from None
    if settings is None:
        return {}
    return {
        region: tuple(name for name, plant in settings.plants.items() if plant.region == region)
        for region in settings.regions
    }
