"""The loop that writes what has arrived: first the files, then what sources must remember, then the receipts."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from elc.errors import ElcError
from elc.files import is_locked
from elc.files.days import BrokenError
from elc.listen.intake import Intake
from elc.listen.keeper import Keeper, Pending
from elc.listen.log import write_log, write_log_seldom
from elc.listen.model import SHOWN_CHARACTERS, Delivery, reject_whole
from elc.listen.rejected import fold, write_rejects
from elc.listen.source import LiveSource
from elc.listen.status import build_status, write_state, write_status
from elc.paths import Project
from elc.settings import ListenSettings
from elc.watchdog import give_sign

TOLD_S = 60.0  # between two lines of counts
MERGED_S = 600.0  # between two looks for days that are over
RETRY_S = 5.0  # after a file could not be written


class Listening:
    """All sources of a project, and the files of their plants."""

    def __init__(
        self,
        project: Project,
        settings: ListenSettings,
        intake: Intake,
        *,
        sources: Sequence[LiveSource],
        keepers: Mapping[str, Keeper],
    ) -> None:
        self._project, self._settings, self._intake = project, settings, intake
        self._sources, self._keepers = sources, keepers
        self._stopping = threading.Event()
        self._fault = ""
        self._strange = 0
        self._told = self._merged = time.monotonic()

    def stop(self, *_: object) -> None:
        """Ask the loop to write what it has, and end; a signal handler may call it."""
        self._stopping.set()
        self._intake.wake()

    def run(self) -> None:
        """Listen until stopped.

        Raises:
            ElcError: at the end, what was still there could not be written; the broker keeps it.
        """
        for source in self._sources:
            source.start()
        try:
            while not self._stopping.is_set():
                self._intake.wait(self._settings.flush_s)
                self._flush()
                self._look_after()
            self._flush()
        finally:
            for source in self._sources:
                source.stop()
        self._flush()  # what came while the sources stopped; its receipts come too late, so it will come again
        self._tell()
        write_log("info", "stopped")

    def _flush(self) -> None:
        """Write what has arrived, and try again for as long as the disk is full."""
        deliveries = self._intake.take()
        if deliveries:
            prepared = self._prepare(deliveries)
            while not self._write(prepared, deliveries):
                if self._stopping.is_set():
                    raise ElcError(
                        f"listen: what has arrived cannot be written: {self._fault}. Brokers keep what was not "
                        "acknowledged. Make room, then start it again."
                    )
                self._look_after()
                self._stopping.wait(RETRY_S)
            for delivery in deliveries:
                if delivery.confirm is not None:
                    delivery.confirm()
        self._write_status()

    def _prepare(self, deliveries: Sequence[Delivery]) -> dict[str, Pending]:
        by_plant: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            by_plant.setdefault(delivery.plant, []).append(delivery)
        strange = [reject for delivery in by_plant.pop("", []) for reject in delivery.rejects]
        self._strange += sum(reject.count for reject in strange)
        prepared = {plant: self._prepare_plant(plant, arrived) for plant, arrived in by_plant.items()}
        return prepared | ({"": Pending([], fold(strange))} if strange else {})

    def _prepare_plant(self, plant: str, deliveries: Sequence[Delivery]) -> Pending:
        """Sort what has arrived for a plant; a message that cannot be is rejected whole, and stops no other."""
        keeper = self._keepers[plant]
        try:
            return keeper.prepare(deliveries)
        except Exception as error:  # otherwise it would be sent again for ever
            write_log_seldom("error", "unwritable", plant=plant, fault=repr(error)[:SHOWN_CHARACTERS])
            return keeper.prepare(
                [delivery if keeper.can_take(delivery) else reject_whole(delivery) for delivery in deliveries]
            )

    def _write(self, prepared: dict[str, Pending], deliveries: Sequence[Delivery]) -> bool:
        """Write all that is pending; where it cannot be, say so once, and leave the rest pending."""
        try:
            for plant, pending in prepared.items():
                if plant:
                    self._keepers[plant].write(pending)
                else:
                    limit = self._settings.max_rejected_mib
                    write_rejects(self._project.listen(""), pending.rejects, max_mib=limit)
                    pending.rejects.clear()
            states = {delivery.state_name: delivery.state for delivery in deliveries if delivery.state is not None}
            for name, build in states.items():
                write_state(self._project, name, build())
        except (OSError, ElcError) as error:
            if not self._fault:
                write_log("error", "cannot_write", fault=str(error))
            self._fault = str(error)
            return False
        if self._fault:
            write_log("info", "can_write_again")
        self._fault = ""
        return True

    def _look_after(self) -> None:
        give_sign()
        now = time.monotonic()
        if now - self._told >= TOLD_S:
            self._told = now
            self._tell()
        if now - self._merged >= MERGED_S and not self._fault:
            self._merged = now
            self.merge()
        if self._fault:
            self._write_status()

    def merge(self) -> None:
        """Make one file of each day that is over, unless an hourly run is reading the export just now."""
        if _is_hourly_running(self._project):
            return
        for plant, keeper in self._keepers.items():
            try:
                days = keeper.merge()
            except (OSError, ElcError, BrokenError) as error:
                write_log("error", "cannot_merge", plant=plant, fault=str(error))
                continue
            if days:
                write_log("info", "merged", plant=plant, days=[day.isoformat() for day in days])

    def _tell(self) -> None:
        for plant, keeper in self._keepers.items():
            counts = keeper.counts
            lost = {
                source.name: source.outage.since
                for source in self._sources
                if plant in source.plants and source.outage.since
            }
            write_log(
                "warning" if lost or self._fault else "info",
                "counts",
                plant=plant,
                readings=counts.readings,
                doubled=counts.doubled,
                rejected=counts.rejected,
                rejected_whole=counts.rejected_whole,
                unknown_tags=len(counts.unknown_tags),
                sequence_gaps=counts.sequence_gaps,
                lost=self._intake.lost,
                lost_since=lost,
            )
        if self._strange:
            write_log("warning", "strange_messages", rejected=self._strange, file=str(self._project.listen("")))

    def _write_status(self) -> None:
        for keeper in self._keepers.values():
            status = build_status(
                keeper, self._sources, lost=self._intake.lost, strange=self._strange, fault=self._fault
            )
            try:
                write_status(self._project, status)
            except (OSError, ElcError) as error:
                write_log("error", "no_status", plant=keeper.plant, fault=str(error))


def _is_hourly_running(project: Project) -> bool:
    """Tell whether an hourly run of any environment is on: no file may go that it has just listed."""
    locks = [project.scratch / "hourly.lock", *project.root.glob("operation/*/hourly.lock")]
    return any(_is_held(path) for path in locks if path.exists())


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_locked(file)
    except OSError as error:  # of another user: assume that it is running
        write_log("error", "cannot_merge", file=str(path), fault=str(error))
        return True
