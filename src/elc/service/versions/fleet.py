"""The versions of all plants of an environment: loaded at the start, and swapped when another one is assigned."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from elc import registry
from elc.errors import ElcError
from elc.paths import Project
from elc.records.swap import Event
from elc.registry.deployed import find_folder
from elc.service.versions.assigned import Assigned, find_apart, find_assigned, open_former
from elc.service.versions.batch import Inputs
from elc.service.versions.history import KEPT, REFUSED, STARTED, SwapLog
from elc.service.versions.lane import Lane, find_fault, replay
from elc.service.versions.loaded import Loaded, load
from elc.service.versions.writer import EventWriter
from elc.settings import Settings

LOG = logging.getLogger("elc.service")
LEAST_WAIT_S, MOST_WAIT_S = 10.0, 600.0  # ASSUME: before what could not be loaded is tried again; it doubles
FindRows = Callable[[str, tuple[str, ...]], Inputs]


class Fleet:
    """A lane for each plant that has a version, and what to report about the others.

    `find_rows` gives rows that were asked before (see `capture.read_rows`), with which a new version is tried.
    """

    def __init__(
        self, project: Project, *, environment: str, settings: Settings, history: SwapLog, find_rows: FindRows
    ) -> None:
        target = settings.environments.get(environment)
        self.environment = environment
        self.plants = list(target.find_plants(settings.plants) if target else settings.plants)
        self.lanes: dict[str, Lane] = {}
        self.doubts: dict[str, str] = {}
        self._project, self._settings = project, settings
        self._history, self._find_rows = history, find_rows
        self._signs: dict[str, tuple[object, ...]] = {}
        self._waits: dict[str, tuple[float, float]] = {}  # of what could not be loaded: until when, and for how long
        self.events = EventWriter()

    @property
    def is_ready(self) -> bool:
        """Whether every plant that has a version has answered a warm prediction; one at least."""
        return bool(self.lanes) and not self.is_loading

    @property
    def is_loading(self) -> bool:
        """Whether there is still a plant of which nobody knows whether it can be used."""
        return bool(set(self.plants) - set(self.lanes) - set(self.doubts))

    def start(self) -> None:
        """Load every plant; one that cannot be used goes on with its last good version, or waits for one."""
        self._signs = {plant: self._sign(plant) for plant in self.plants}
        assigned = find_assigned(self._project, self.environment, self.plants)
        for plant in self.plants:
            try:
                loaded = self._load_first(plant, assigned[plant])
            except ElcError as error:
                self._doubt(plant, str(error))
                self._wait(plant)
                continue
            self.lanes[plant] = Lane(loaded, settings=self._settings.serve.swap, tell=self._tell)
            LOG.info("loaded", extra={"fields": {"plant": plant, "version": loaded.version}})

    def _load_first(self, plant: str, assigned: Assigned) -> Loaded:
        reason = self._history.find_refusal(plant, assigned.digest, assigned.tag)
        if reason:
            return self._load_last_good(plant, ElcError(f"{plant} {assigned.version} fell back before: {reason}"))
        try:
            loaded = self._load(plant, assigned)
        except ElcError as error:
            return self._load_last_good(plant, error)
        self._tell(STARTED, loaded, "", 1.0, "")
        return loaded

    def _load(self, plant: str, assigned: Assigned) -> Loaded:
        """Load what was found. Whatever is wrong with one plant must not end the watch over the others.

        Raises:
            ElcError: it cannot be loaded.
        """
        try:
            return load(self._project, plant, assigned)
        except ElcError:
            raise
        except Exception as error:
            LOG.exception("a version could not be loaded", extra={"fields": {"plant": plant}})
            raise ElcError(f"plant {plant}: the assigned version cannot be loaded ({error}).") from error

    def _load_last_good(self, plant: str, error: ElcError) -> Loaded:
        version = self._history.find_last_good(plant, self.environment)
        if not version or version == "candidate":
            raise error
        loaded = self._load(plant, open_former(self._project, self.environment, plant, version))
        self._doubt(plant, str(error))
        self._wait(plant)
        self._tell(KEPT, loaded, "", 1.0, str(error))
        return loaded

    def tick(self) -> None:
        """Go on with the swaps under way."""
        for lane in list(self.lanes.values()):
            lane.tick()

    def look(self) -> None:
        """Look for plants of which another version is assigned, or whose package changed; takes its time."""
        changed = [plant for plant in self.plants if self._is_changed(plant)]
        if changed:
            assigned = find_apart(self._project, self.environment, changed)
            for plant in changed:
                if assigned[plant].is_new:  # our own action is not a change
                    self._signs[plant] = (*self._sign_folders(plant), self._signs[plant][-1])
                self._renew(plant, assigned[plant])
        for plant, lane in list(self.lanes.items()):
            coming = lane.coming
            if coming and (reason := self._history.find_refusal(plant, coming.digest, coming.assigned)):
                lane.withdraw(f"another worker sent it back: {reason}")

    def _is_changed(self, plant: str) -> bool:
        """Whether something of a plant changed since the last look, or it is time to try it again."""
        sign = self._sign(plant)
        if sign == self._signs.get(plant):
            return plant in self._waits and time.monotonic() >= self._waits[plant][0]
        self._signs[plant] = sign
        self._waits.pop(plant, None)
        return True

    def _sign(self, plant: str) -> tuple[object, ...]:
        """What changes when another version is assigned or deployed, or a file of the package is touched."""
        return (*self._sign_folders(plant), _sign_refs(self._project.root))

    def _sign_folders(self, plant: str) -> tuple[object, ...]:
        if not self.environment:
            return (_sign_files(self._project.model(plant)),)
        return (_sign_files(find_folder(self._project.deployed(self.environment, plant))),)

    def _renew(self, plant: str, assigned: Assigned) -> None:
        """Try what is assigned now beside what is in use; where it cannot be used, what is in use goes on."""
        lane = self.lanes.get(plant)
        if lane and self._is_known(plant, lane, assigned):
            return
        try:
            loaded = self._load(plant, assigned)
        except ElcError as error:
            self._keep(plant, lane, str(error))
            return
        self._waits.pop(plant, None)
        if lane is None:
            self.lanes[plant] = Lane(loaded, settings=self._settings.serve.swap, tell=self._tell)
            self.doubts.pop(plant, None)  # not before it has a lane: without either, the service would not be ready
            self._tell(STARTED, loaded, "", 1.0, "")  # nor this: who reads it asks at once
            return
        self._let_in(plant, lane, loaded)

    def _is_known(self, plant: str, lane: Lane, assigned: Assigned) -> bool:
        """Whether there is nothing to load: it is in use, is being let in, or did not hold before."""
        if lane.coming is not None and lane.coming.name == assigned.name:
            return True
        if lane.coming is not None:
            lane.withdraw(assigned.fault or "another version has been assigned in the meantime")
        if assigned.fault:
            return False
        if lane.current.name == assigned.name:
            self._waits.pop(plant, None)
            self.doubts.pop(plant, None)
            return True
        reason = self._history.find_refusal(plant, assigned.digest, assigned.tag)
        if reason:
            self._waits.pop(plant, None)
            self._doubt(plant, f"{plant} {assigned.version} was not accepted: {reason}")
        return bool(reason)

    def _keep(self, plant: str, lane: Lane | None, sentence: str) -> None:
        """Go on with what is in use, say why, and try again later."""
        self._wait(plant)
        if lane and self.doubts.get(plant) != sentence:
            self._tell(KEPT, lane.current, "", 1.0, sentence)
        self._doubt(plant, sentence)

    def _wait(self, plant: str) -> None:
        """Try a plant again after a while, though nothing of it changes: the disk was full, or a remote was gone."""
        wait_s = min(2 * self._waits[plant][1], MOST_WAIT_S) if plant in self._waits else LEAST_WAIT_S
        self._waits[plant] = time.monotonic() + wait_s, wait_s

    def _let_in(self, plant: str, lane: Lane, loaded: Loaded) -> None:
        trial = replay(loaded, lane.current, self._build_rows(plant, loaded), self._settings.serve.swap)
        reason = find_fault(trial, self._settings.serve.swap)
        if reason:
            self._tell(REFUSED, loaded, lane.current.version, 0.0, reason)
            self._doubt(plant, f"{plant} {loaded.version} was not accepted: {reason}")
            return
        self.doubts.pop(plant, None)
        lane.start(trial)

    def _build_rows(self, plant: str, loaded: Loaded) -> Inputs:
        """Build the rows of a replay: those that were asked before, then what the plant did best."""
        count = self._settings.serve.swap.replay_rows
        asked = self._find_rows(plant, loaded.features)[-count:]
        precedents = loaded.package.precedents[list(loaded.features)].to_numpy(np.float32)
        precedents = precedents[np.isfinite(precedents).all(axis=1)]
        if len(asked) < count and len(precedents):
            precedents = precedents[np.arange(count - len(asked)) % len(precedents)]
            return np.concatenate([asked, precedents])
        return asked

    def close(self) -> None:
        """Wait until every event is written."""
        self.events.close()

    def _doubt(self, plant: str, sentence: str) -> None:
        if self.doubts.get(plant) != sentence:
            LOG.warning("doubt", extra={"fields": {"plant": plant, "sentence": sentence}})
        self.doubts[plant] = sentence

    def _tell(self, event: Event, version: Loaded, former: str, share: float, reason: str) -> None:
        """Note an event; it is written by a thread of its own, so that no request waits for the disk."""
        words = {"plant": version.plant, "environment": self.environment, "former": former}
        told = {**words, "what": event, "version": version.version, "share": share, "reason": reason}
        LOG.info("swap", extra={"fields": told})
        if event == "fell_back":
            self._doubt(version.plant, f"{version.plant} {version.version} fell back: {reason}")
        name, now = version.name, datetime.now(UTC)
        self.events.put(lambda: self._history.add(event, name=name, share=share, reason=reason, at=now, **words))


def _sign_files(folder: Path) -> tuple[object, ...]:
    try:
        return tuple(sorted((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in folder.iterdir()))
    except OSError:
        return ()


def _sign_refs(root: Path) -> tuple[object, ...]:
    """What changes when a tag comes, goes or moves: Git replaces the file of a ref, or the one of all packed refs."""
    git = registry.find_git_folder(root)
    if git is None:
        return ()
    folders = [git / "refs" / "tags", *(path for path in (git / "refs" / "tags").glob("*/") if path.is_dir())]
    paths = [git / "packed-refs", *folders]
    return tuple((str(path), path.stat().st_mtime_ns) for path in paths if path.exists())
