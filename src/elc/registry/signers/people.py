"""Who may sign, by which key, for what, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

FILE = "models/allowed_signers"
SEAL = "models/sealed_tags"
Act = Literal["approve", "promote", "register"]


@dataclass(frozen=True)
class Rights:
    """The plants and environments that a signer may act on: `("*",)` is all of them, `()` none.

    The plants of `regions` are among `plants`.
    """

    plants: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def cover(self, plant: str, environment: str) -> bool:
        """Tell whether a plant in an environment is among them."""
        pairs = ((plant, self.plants), (environment, self.environments))
        return all(names == ("*",) or name in names for name, names in pairs)

    def include(self, plant: str, region: str | None) -> Rights:
        """Give the rights where a plant belongs to a region, whose plants did not have it among them."""
        return replace(self, plants=(*self.plants, plant)) if region in self.regions else self


@dataclass(frozen=True)
class Signer:
    """One key and its rights; `entry` is its line as OpenSSH reads it, `is_dated` that the key starts or ends.

    `ends` is the second since 1970 from which the key counts no longer, 0 for never.
    """

    principal: str
    fingerprint: str
    approve: Rights
    promote: Rights
    entry: str
    is_dated: bool
    register: Rights = Rights()
    ends: int = 0

    def may(self, act: Act, plant: str, environment: str) -> bool:
        """Tell whether the signer may do something with a plant's versions for an environment.

        Who may approve or promote there may register, too.
        """
        given: Rights = getattr(self, act)
        others = (self.approve, self.promote) if act == "register" else ()
        return any(rights.cover(plant, environment) for rights in (given, *others))


@dataclass(frozen=True)
class Signers:
    """All keys that count, in the order of the file; rights go by the key, not by the name beside it.

    `sealed` are the tags, with their objects, that were signed when a key ended: of what such a key signed, they alone
    count. `now` is the second since 1970 at which is asked whether a key has ended.
    """

    signers: tuple[Signer, ...]
    sealed: Mapping[str, str] = field(default_factory=dict)
    now: int = field(default=0, compare=False)

    @cached_property
    def _found(self) -> dict[str, Signer]:
        return {signer.fingerprint: signer for signer in self.signers}

    def find(self, fingerprint: str) -> Signer | None:
        """Find the signer of a key by its fingerprint, `SHA256:...`; None where the key does not count."""
        return self._found.get(fingerprint)

    def include(self, plant: str, region: str | None) -> Signers:
        """Give the signers where a plant belongs to a region that did not have it."""
        acts: tuple[Act, ...] = get_args(Act)
        rights = ({act: getattr(signer, act).include(plant, region) for act in acts} for signer in self.signers)
        return replace(self, signers=tuple(map(lambda one, own: replace(one, **own), self.signers, rights)))

    def is_over(self, signer: Signer, tag: str, oid: str) -> bool:
        """Tell whether a signer's key has ended, and a tag of it was not sealed then."""
        return 0 < signer.ends <= self.now and self.sealed.get(tag) != oid
