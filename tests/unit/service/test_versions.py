"""Versions are swapped without a request noticing, and one that does not hold is never fully live."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from elc import curve
from elc.errors import ElcError
from elc.paths import Project
from elc.service.versions import Fleet, Lane, Loaded, Scored, ScoreError, SwapLog
from elc.service.versions import load as load_version
from elc.service.versions.assigned import find_assigned
from elc.service.versions.batch import Inputs
from elc.service.versions.history import find_path
from elc.service.versions.lane import Trial, build_stages, find_fault, measure_distance, replay
from elc.settings import Settings, SwapSettings, read_plant, read_tags
from tests.unit.service.conftest import Serve, wait
from tests.unit.service.packages import AIR, LOAD, ROW, find_energy, write_package

Load = Callable[..., Loaded]
PREDICT = "/plants/fjord/predict"
BEST = "best_gj_per_h"


@pytest.fixture
def load(place: Project, tmp_path: Path) -> Load:
    """Load a package without proving it: what is wrong with it shows only in its answers."""

    def open_one(version: str, **changes: Any) -> Loaded:
        folder = tmp_path / version
        write_package(folder, **changes)
        plant = read_plant(place, "fjord")
        tags = read_tags(place.tags("fjord"), "fjord")
        return Loaded("fjord", version, "prod", version, "tag", curve.read(folder), tags, plant)

    return open_one


@pytest.fixture
def swap(settings: Settings) -> SwapSettings:
    return settings.serve.swap


def build_rows(count: int) -> Inputs:
    random = np.random.default_rng(5)
    return np.column_stack([random.uniform(40, 60, count), random.uniform(-10, 30, count)]).astype(np.float32)


def read_events(project: Project) -> list[tuple[str, str]]:
    return [(one.plant, one.event) for one in SwapLog(find_path(project)).read()]


class Told(list[tuple[str, str, float]]):
    """What a lane told: events with version and share."""

    def __call__(self, event: str, version: Loaded, former: str, share: float, reason: str) -> None:
        del former, reason
        self.append((event, version.version, share))


def ask(lane: Lane, rows: Inputs) -> list[float]:
    """Ask a lane as a request does; the rows are answered together."""

    async def answer(loaded: Loaded) -> tuple[list[float], Scored]:
        scored = await loaded.batch.score(rows)
        return scored.energy[:, 0].tolist(), scored

    return asyncio.run(lane.answer(answer))


@pytest.mark.parametrize(
    ("policy", "shares"), [("all_at_once", [1.0]), ("canary", [0.1]), ("linear", [0.25, 0.5, 0.75, 1.0])]
)
def test_policy_goes_through_its_stages(load: Load, swap: SwapSettings, policy: str, shares: list[float]) -> None:
    old, new, told = load("v1"), load("v2", offset=1.0), Told()
    chosen = swap.model_copy(update={"policy": policy, "steps": 4, "bake_s": 0.0})
    lane = Lane(old, settings=chosen, tell=told)
    lane.start(Trial(new, build_stages(chosen)))
    for _ in range(5):
        lane.tick()
    assert [share for event, _, share in told if event == "shifted"] == shares
    assert told[0] == ("loaded", "v2", 0.0)
    assert told[-1] == ("live", "v2", 1.0)
    assert lane.current is new
    assert lane.coming is None


def test_share_goes_to_the_new_one_and_no_request_mixes(load: Load, swap: SwapSettings) -> None:
    chosen = swap.model_copy(update={"policy": "canary", "canary_frac": 0.3, "bake_s": 60.0})
    old, new = load("v1"), load("v2", offset=1.0)
    lane = Lane(old, settings=chosen, tell=Told())
    lane.start(Trial(new, build_stages(chosen)))
    rows = build_rows(40)
    answers = {"v1": old.score(rows).energy[:, 0].tolist(), "v2": new.score(rows).energy[:, 0].tolist()}
    found = [ask(lane, rows) for _ in range(400)]
    counts = {version: found.count(answer) for version, answer in answers.items()}
    assert sum(counts.values()) == 400
    assert 80 < counts["v2"] < 160
    lane.tick()
    assert lane.coming is new  # it bakes for a minute


def test_failing_answer_is_given_by_the_one_in_use_and_ends_the_swap(load: Load, swap: SwapSettings) -> None:
    told, chosen = Told(), swap.model_copy(update={"bake_s": 60.0})
    old, new = load("v1"), load("v2", nan_frac=0.01)
    lane = Lane(old, settings=chosen, tell=told)
    lane.start(Trial(new, build_stages(chosen)))
    for row in build_rows(2000):
        (best,) = ask(lane, row[None])
        assert best == pytest.approx(find_energy(*row.tolist())[0], rel=1e-6)
    assert told[-1] == ("fell_back", "v2", 0.0)
    assert (lane.current, lane.coming) == (old, None)


def test_fault_of_a_request_is_not_one_of_the_new_version(load: Load, swap: SwapSettings) -> None:
    chosen = swap.model_copy(update={"bake_s": 60.0})
    lane = Lane(load("v1"), settings=chosen, tell=Told())
    new = load("v2")
    lane.start(Trial(new, build_stages(chosen)))

    async def refuse(_: Loaded) -> tuple[float, Scored]:
        raise ValueError("the request is wrong")

    for _ in range(20):
        with pytest.raises(ValueError, match="the request is wrong"):
            asyncio.run(lane.answer(refuse))
    assert lane.coming is new


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"nan_frac": 0.01}, r"\d+ of 1000 answers failed, allowed is 0.0%"),
        ({"width": 2500}, r"it takes \d+\.\d times as long as the one in use, allowed is 3"),
        ({"offset": 300.0}, r"it is \d+\.\d% away from the one in use, allowed is 10.0%"),
    ],
)
def test_replay_finds_what_is_wrong(load: Load, swap: SwapSettings, changes: dict[str, Any], words: str) -> None:
    import re

    trial = replay(load("v2", **changes), load("v1"), build_rows(1000), swap)
    assert re.fullmatch(words, find_fault(trial, swap)), find_fault(trial, swap)


def test_distance_is_of_best_typical_and_high() -> None:
    old = np.array([[100.0, 200.0, 400.0, 1.0, 1.0]])
    assert measure_distance(old * 1.1, old) == pytest.approx(0.1)
    assert measure_distance(old + np.array([0, 0, 0, 9, 9]), old) == 0.0


def test_version_without_a_number_says_so(load: Load) -> None:
    with pytest.raises(ScoreError):
        load("v2", nan_frac=0.5).score(build_rows(100))


def test_replaced_package_is_live_while_requests_go_on(serve: Serve, place: Project) -> None:
    client = serve()
    stop, statuses, found = threading.Event(), [], set()

    def load_it() -> None:
        while not stop.wait(0.05):
            answer = client.post(PREDICT, json={"rows": [ROW, ROW]})
            statuses.append(answer.status_code)
            found.add(tuple(row[BEST] for row in answer.json()["rows"]))

    worker = threading.Thread(target=load_it)
    worker.start()
    for number in (1, 2):
        write_package(place.model("fjord"), offset=float(number))
        wait(lambda number=number: read_events(place).count(("fjord", "live")) == number)
        after = client.post(PREDICT, json={"rows": [ROW]}).json()["rows"][0][BEST]
        assert after == find_energy(50, 10, number)[0]
    stop.set()
    worker.join()
    assert set(statuses) == {200}
    assert found <= {(find_energy(50, 10, number)[0],) * 2 for number in range(3)}
    assert [event for plant, event in read_events(place) if plant == "fjord"] == [
        "started",
        *["loaded", "shifted", "live"] * 2,
    ]


@pytest.mark.usefixtures("look_here")
@pytest.mark.parametrize("fault", ["golden", "file", "plant", "slow", "gone"])
def test_package_that_does_not_hold_is_not_let_in(serve: Serve, place: Project, fault: str) -> None:
    client, folder = serve(), place.model("fjord")
    if fault == "golden":
        write_package(folder, offset=1.0)
        golden = json.loads((folder / "golden.json").read_text())
        golden["outputs"][0][0] += 50
        (folder / "golden.json").write_text(json.dumps(golden))
        reseal(folder)
    elif fault == "file":
        with (folder / "model.onnx").open("ab") as file:
            file.write(b"damage")
    elif fault == "plant":
        write_package(folder, plant="delta")
    elif fault == "slow":
        write_package(folder, offset=1.0, width=2500)
    else:
        (folder / "card.json").unlink()
    event = "refused" if fault == "slow" else "kept"
    wait(lambda: ("fjord", event) in read_events(place))
    assert client.post(PREDICT, json={"rows": [ROW]}).json()["rows"][0][BEST] == find_energy(50, 10)[0]
    (told,) = [one for one in client.get("/plants").json()["plants"] if one["plant"] == "fjord"]
    assert told["has_doubt"]
    write_package(folder, offset=2.0)
    wait(lambda: ("fjord", "live") in read_events(place))
    assert client.post(PREDICT, json={"rows": [ROW]}).json()["rows"][0][BEST] == find_energy(50, 10, 2)[0]


def reseal(folder: Path) -> None:
    """Write the hashes of a package anew, as its maker would."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    del card["sha256"]
    card["files"] = {name: curve.hash_file(folder / name) for name in card["files"]}
    curve.write_json(folder / "card.json", card | {"sha256": curve.hash_card(card)})


@pytest.mark.usefixtures("look_here")
def test_refused_package_is_not_tried_again(serve: Serve, place: Project) -> None:
    serve()
    write_package(place.model("fjord"), offset=300.0)
    wait(lambda: ("fjord", "refused") in read_events(place))
    (place.model("fjord") / "card.json").touch()
    write_package(place.model("delta"), plant="delta", offset=1.0)
    wait(lambda: ("delta", "live") in read_events(place))  # so both were looked at
    assert read_events(place).count(("fjord", "refused")) == 1


@pytest.mark.usefixtures("look_here")
def test_plant_whose_version_comes_later_is_taken_in(serve: Serve, place: Project) -> None:
    client = serve()
    place.tags("steppe").parent.mkdir(parents=True)
    place.tags("steppe").write_bytes(place.tags("fjord").read_bytes())
    write_package(place.model("steppe"), plant="steppe")
    wait(lambda: ("steppe", "started") in read_events(place))
    assert client.post("/plants/steppe/predict", json={"rows": [ROW]}).status_code == 200


def test_half_line_of_a_killed_worker_is_passed_over(tmp_path: Path) -> None:
    history = SwapLog(tmp_path / "swaps.jsonl")
    words = {"plant": "fjord", "environment": "prod", "former": "", "share": 1.0, "reason": "", "at": datetime.now(UTC)}
    history.add("live", name=("v1", "a", "b"), **words)
    with (tmp_path / "swaps.jsonl").open("a") as file:
        file.write('{"time": "2026')
    history.add("fell_back", name=("v2", "c", "d"), **words | {"reason": "it failed"})
    assert [one.event for one in history.read()] == ["live", "fell_back"]
    assert history.find_refusal("fjord", "c", "d") == "it failed"
    assert history.find_refusal("fjord", "c", "another tag") == ""
    assert history.find_last_good("fjord", "prod") == "v1"


def test_fleet_without_any_version_is_not_ready(place: Project, settings: Settings) -> None:
    for plant in ("fjord", "delta"):
        (place.model(plant) / "card.json").unlink()
    history = SwapLog(find_path(place))
    fleet = Fleet(
        place,
        environment="",
        settings=settings,
        history=history,
        find_rows=lambda _, columns: np.empty((0, len(columns)), np.float32),
    )
    fleet.start()
    fleet.close()
    assert not fleet.is_ready
    assert "card.json was not found" in fleet.doubts["fjord"]


@pytest.mark.usefixtures("look_here")
def test_a_ready_fleet_stays_so_while_a_further_plant_is_loaded_and_told_once_it_answers(
    place: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from elc.service.versions import fleet as fleets

    (place.model("fjord") / "card.json").unlink()
    history = SwapLog(find_path(place))
    fleet = Fleet(place, environment="", settings=settings, history=history, find_rows=lambda *_: build_rows(0))
    fleet.start()
    seen = [fleet.is_ready]

    def open_lane(*given: Any, **named: Any) -> Lane:
        seen.append(fleet.is_ready)
        return Lane(*given, **named)

    answering: list[bool] = []
    monkeypatch.setattr(fleets, "Lane", open_lane)
    monkeypatch.setattr(fleet.events, "put", lambda _: answering.append("fjord" in fleet.lanes))
    write_package(place.model("fjord"))
    fleet.look()
    fleet.close()
    assert (seen, answering) == ([True, True], [True])
    assert "fjord" in fleet.lanes
    assert "fjord" not in fleet.doubts


@pytest.mark.usefixtures("look_here")
def test_replay_takes_what_was_asked_first(place: Project, settings: Settings) -> None:
    asked: list[tuple[str, ...]] = []

    def find_rows(_: str, columns: tuple[str, ...]) -> Inputs:
        asked.append(columns)
        return build_rows(3)

    fleet = Fleet(place, environment="", settings=settings, history=SwapLog(find_path(place)), find_rows=find_rows)
    fleet.start()
    write_package(place.model("fjord"), offset=1.0)
    fleet.look()
    fleet.close()
    assert asked == [(LOAD, AIR)]
    assert fleet.lanes["fjord"].coming is not None


@pytest.mark.usefixtures("look_here")
def test_version_that_could_not_be_loaded_is_tried_again_by_itself(
    serve: Serve, place: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from elc.service.versions import fleet

    monkeypatch.setattr(fleet, "LEAST_WAIT_S", 0.3)
    client, real, faults = serve(), fleet.load, list[str]()

    def load_later(*given: Any) -> Loaded:
        if given[1] == "fjord" and len(faults) < 2:
            faults.append(given[1])
            raise OSError(28, "No space left on device")
        return real(*given)

    monkeypatch.setattr(fleet, "load", load_later)
    write_package(place.model("fjord"), offset=1.0)
    wait(lambda: ("fjord", "live") in read_events(place))
    assert faults == ["fjord", "fjord"]
    assert [event for plant, event in read_events(place) if plant == "fjord"].count("kept") == 1
    (told,) = [one for one in client.get("/plants").json()["plants"] if one["plant"] == "fjord"]
    assert not told["has_doubt"]


def test_look_that_fails_as_a_whole_leaves_all_plants_as_they_are(
    serve: Serve, place: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from elc.service.versions import assigned, fleet

    monkeypatch.setattr(fleet, "LEAST_WAIT_S", 0.3)
    client = serve()
    monkeypatch.setattr(assigned, "RUN", "import sys; sys.exit('no memory')")
    write_package(place.model("fjord"), offset=1.0)
    wait(lambda: ("fjord", "kept") in read_events(place))
    assert client.post(PREDICT, json={"rows": [ROW]}).status_code == 200
    (kept,) = [one for one in SwapLog(find_path(place)).read() if one.event == "kept"]
    assert kept.reason == "plant fjord: the assigned version could not be looked up; see the log."
    monkeypatch.undo()
    wait(lambda: ("fjord", "live") in read_events(place))


def test_a_package_swapped_after_its_proof_is_not_loaded(place: Project) -> None:
    """What is loaded is what was proved, also where another package, whole in itself, lies there by then."""
    assigned = find_assigned(place, "", ["fjord"])["fjord"]
    assert assigned.fault == ""
    write_package(place.model("fjord"), offset=100.0)
    with pytest.raises(ElcError, match=r"it has been replaced or changed in the meantime\. Run it again"):
        load_version(place, "fjord", assigned)
    again = find_assigned(place, "", ["fjord"])["fjord"]
    assert load_version(place, "fjord", again).digest == again.digest != assigned.digest


def test_a_package_swapped_between_look_up_and_proof_is_not_proved(
    place: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove = curve.prove

    def swap(folder: Path, tests: Sequence[str], **options: Any) -> list[curve.Proof]:
        write_package(folder, offset=100.0)
        return prove(folder, tests, **options)

    monkeypatch.setattr(curve, "prove", swap)
    assigned = find_assigned(place, "", ["fjord"])["fjord"]
    assert "has been replaced or changed in the meantime" in assigned.fault
