"""The sources to listen to: those in params.yaml, for the named plants or for all."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Iterator, Mapping, Sequence

from elc.errors import ElcError, check_faults, list_unknown
from elc.files import try_lock
from elc.listen.identity import find_identity
from elc.listen.intake import Intake, IntakeLimits
from elc.listen.keeper import Keeper
from elc.listen.log import write_log
from elc.listen.loop import Listening
from elc.listen.reader import Tries
from elc.listen.source import LiveSource
from elc.listen.status import read_state
from elc.paths import Project
from elc.settings import ListenSettings, MqttSource, OpcUaSource, Settings, read_settings, read_tags

MESSAGES = 20_000
EXAMPLE = """
listen:
  mqtt:
    site: {host: broker.example.org, plant: fjord, topics: ["fjord/#"]}"""


def listen(project: Project, plants: Sequence[str]) -> None:
    """Listen to the sources of some plants, of all where none is named, until SIGTERM or SIGINT.

    Raises:
        ElcError: there are no sources, they name unknown plants, or another process listens to them.
    """
    settings = read_settings(project)
    sources = choose_sources(settings, plants)
    with _hold_locks(project, [*sources.mqtt, *sources.opcua]):
        listening = build_listening(project, settings, sources, plants)
        with _catch_signals(listening):
            write_log("info", "started", sources=[*sources.mqtt, *sources.opcua])
            listening.merge()
            listening.run()


def choose_sources(settings: Settings, plants: Sequence[str]) -> ListenSettings:
    """Choose the sources that bring readings of some plants; of all where none is named.

    Raises:
        ElcError: there are none, or a plant or the name of a source is not valid; every fault is named.
    """
    section = settings.listen
    if not section.mqtt and not section.opcua:
        raise ElcError(f"params.yaml: listen: contains no source. Add one under mqtt or opcua, as in{EXAMPLE}")
    check_faults("params.yaml", _find_faults(settings, plants))
    mqtt = {name: source for name, source in section.mqtt.items() if not plants or source.plant in (None, *plants)}
    opcua = {name: source for name, source in section.opcua.items() if not plants or source.plant in plants}
    if not mqtt and not opcua:
        raise ElcError(f"params.yaml: listen: no source has readings of {', '.join(plants)}. Add one.")
    return section.model_copy(update={"mqtt": mqtt, "opcua": opcua})


def _find_faults(settings: Settings, plants: Sequence[str]) -> list[str]:
    section, known = settings.listen, settings.plants
    faults = list_unknown("plant", plants, known)
    sources: dict[str, MqttSource | OpcUaSource] = {**section.mqtt, **section.opcua}
    faults += [
        f"listen: source {name}: {fault}"
        for name, source in sources.items()
        if source.plant is not None
        for fault in list_unknown("plant", [source.plant], known)
    ]
    faults += [f"listen: source {name} is under both mqtt and opcua." for name in section.mqtt.keys() & section.opcua]
    faults += [
        f"listen: source {name}: a name consists of lowercase letters, digits and _, and starts with a letter."
        for name in sources
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name)
    ]
    return faults


def build_listening(project: Project, settings: Settings, section: ListenSettings, plants: Sequence[str]) -> Listening:
    """Build the sources, and a keeper for each plant that they may bring readings of."""
    most = min([MESSAGES, *(max(1, one.max_unacknowledged // 2) for one in section.mqtt.values())])
    intake = Intake(IntakeLimits(section.max_rows, most))
    wanted = tuple(plants) or tuple(settings.plants)
    sources: list[LiveSource] = []
    for name, mqtt in section.mqtt.items():
        sources.append(_build_mqtt(project, name, mqtt, intake, wanted, is_part=bool(plants)))
    for name, opcua in section.opcua.items():
        sources.append(_build_opcua(project, name, opcua, intake))
    named = dict.fromkeys(plant for source in sources for plant in source.plants)
    keepers: Mapping[str, Keeper] = {plant: Keeper(project, plant, section) for plant in named}
    return Listening(project, section, intake, sources=sources, keepers=keepers)


def _build_mqtt(
    project: Project, name: str, settings: MqttSource, intake: Intake, plants: Sequence[str], *, is_part: bool
) -> LiveSource:
    """Build one broker; a part of the plants has a session of its own, so that it takes nothing from the others."""
    from elc.listen.mqtt import MqttListener

    identity = settings.client_id or find_identity(project, name)
    if is_part and settings.plant is None:
        identity = "-".join([identity, *sorted(plants)])
    state, tries = read_state(project, name), Tries(project.listen("") / f"source.{name}.trying")
    return MqttListener(
        name, settings, intake, plants=plants, is_part=is_part, state=state, identity=identity, tries=tries
    )


def _build_opcua(project: Project, name: str, settings: OpcUaSource, intake: Intake) -> LiveSource:
    from elc.listen.opcua import OpcUaListener

    tags = [tag.tag for tag in read_tags(project.tags(settings.plant), settings.plant).read]
    return OpcUaListener(name, settings, intake, tags=tags, state=read_state(project, name))


@contextlib.contextmanager
def _hold_locks(project: Project, names: Sequence[str]) -> Iterator[None]:
    """Keep two processes from one source: with one client id the broker would throw out each in turn."""
    folder = project.listen("")
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        for name in names:
            file = stack.enter_context((folder / f"source.{name}.lock").open("a"))
            if not try_lock(file, wait_s=0):
                raise ElcError(f"listen: another process already listens to {name}. Stop it first.")
        yield


@contextlib.contextmanager
def _catch_signals(listening: Listening) -> Iterator[None]:
    former = {number: signal.signal(number, listening.stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
