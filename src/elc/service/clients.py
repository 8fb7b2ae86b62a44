"""The client of a request, with the plants and rights of its key."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from elc.service.problems import ProblemError

READ, ACKNOWLEDGE = "read", "acknowledge"
RIGHTS = (READ, ACKNOWLEDGE)
ALL_PLANTS = "all"
CLIENT = "elc.client"  # where the guard leaves it in the scope
NO_PLANT = "There is no such plant, or this key may not see it. GET /plants lists those that it may."


@dataclass(frozen=True)
class Client:
    """A client. `plants` contains ids, or only `all`."""

    name: str
    plants: tuple[str, ...]
    rights: tuple[str, ...]

    def may_see(self, plant: str) -> bool:
        return READ in self.rights and (self.plants == (ALL_PLANTS,) or plant in self.plants)


LOCAL = Client("local", (ALL_PLANTS,), RIGHTS)  # anyone at this machine, where no keys are required


def read_client(connection: HTTPConnection) -> Client:
    """Read the client that the guard found."""
    client: Client = connection.scope[CLIENT]
    return client


def check_plant(connection: HTTPConnection, plant: str, plants: object) -> None:
    """Check that a plant is served, and that the client may see it; the same answer for both, so that names cannot be
    guessed.

    Raises:
        ProblemError: 404.
    """
    if plant not in plants or not read_client(connection).may_see(plant):  # type: ignore[operator]
        raise ProblemError(404, NO_PLANT)
