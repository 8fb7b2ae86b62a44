"""What happens in a life, and when: each event is a function of the world, at a share of the hours that are lived."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import threading
from collections.abc import Callable

import httpx
import pandas as pd
from ruamel.yaml import YAML

from elc.paths import Project
from tests.conftest import git, run
from tests.life.world import ADDED, ENVIRONMENT, RENAMED, World, kill_hour
from tests.pipeline.clones import read_tree
from tests.pipeline.registry_project import retrain

Event = Callable[[World, httpx.Client], None]
THROWN = (
    "git checkout -- dvc.lock",
    "git stash --include-untracked",
    "git reset --hard",
    "git clean -ffd",
    "dvc checkout",
)
CYCLE = 72  # hours in which all of the story happens; a longer life has it again


def change_values(tag: str, change: Callable[[pd.Series], pd.Series]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Change the values of a tag on their way."""

    def apply(readings: pd.DataFrame) -> pd.DataFrame:
        return readings.assign(value=readings["value"].where(readings["tag"] != tag, change(readings["value"])))

    return apply


def find_tag(world: World, plant: str, **wanted: str) -> str:
    tags = pd.read_csv(world.project.tags(plant))
    for column, value in wanted.items():
        tags = tags[tags[column] == value]
    return str(tags["tag"].iloc[0])


def kill_a_meter(world: World, _: httpx.Client) -> None:
    """An energy meter goes to zero."""
    plant = world.plants[0]
    world.changes[plant] = change_values(find_tag(world, plant, role="energy"), lambda values: values * 0)


def trip(world: World, _: httpx.Client) -> None:
    """The plant trips: no load, little energy."""
    plant = world.plants[-1]
    tag = find_tag(world, plant, role="throughput")
    world.changes[plant] = change_values(tag, lambda values: values * 0)


def change_a_unit(world: World, _: httpx.Client) -> None:
    """The historian sends a temperature in kelvin."""
    plant = world.plants[0]
    tag = find_tag(world, plant, column="cooling_water_temp_degc")
    world.changes[plant] = change_values(tag, lambda values: values + 273.15)


def lose_a_tag(world: World, _: httpx.Client) -> None:
    """A set-point's tag vanishes."""
    plant = world.plants[0]
    tag = find_tag(world, plant, role="setpoint")
    world.changes[plant] = lambda readings: readings[readings["tag"] != tag]


def mend(world: World, _: httpx.Client) -> None:
    """All is well again."""
    world.changes.clear()


def swap_a_version(world: World, _: httpx.Client) -> None:
    """A version that was trained again in this checkout is promoted; the service swaps it in."""
    plant = world.plants[0]
    retrain(world.project, plant, 0.995)
    git(world.project.root, "push", "--quiet")
    world.memory["swapped"] = world.register(world.project, plant, "trained again")
    world.elc("deploy", "--env", ENVIRONMENT)
    world.late.add(plant)


def reject_what_is_used(world: World, _: httpx.Client) -> None:
    """The version in use is rejected: its plant fails until somebody rolls back."""
    plant = world.plants[0]
    world.elc("reject", plant, world.memory["swapped"], "--reason", "a meter was wrong")
    world.expected[plant] = "version"


def roll_back(world: World, _: httpx.Client) -> None:
    plant = world.plants[0]
    world.elc("rollback", plant, "--env", ENVIRONMENT, "--reason", "back to what is approved")
    world.expected.clear()
    world.late.add(plant)


def pull_a_version(world: World, _: httpx.Client) -> None:
    """A colleague trains a version in another clone; this machine pulls it and deploys it."""
    plant, colleague = world.plants[-1], world.colleague
    git(colleague.root, "pull", "--quiet", "--rebase")
    git(colleague.root, "fetch", "--quiet", "--tags")
    retrain(colleague, plant, 1.002 if world.hour % 2 else 0.998)
    git(colleague.root, "push", "--quiet")
    version = world.register(colleague, plant, "trained elsewhere")
    done = run(world.project.root, "git", "pull", "--quiet", "--ff-only", "--tags")
    if done.returncode:
        world.accuse(f"git pull: {done.stderr[-300:]}")
    world.elc("deploy", "--env", ENVIRONMENT)
    card = json.loads((world.project.deployed(ENVIRONMENT, plant) / "card.json").read_text(encoding="utf-8"))
    if not version or git(world.project.root, "status", "--porcelain"):
        world.accuse(f"{plant}: after the pull of {version}: {git(world.project.root, 'status', '--porcelain')} {card}")
    world.late.add(plant)


def throw_away(world: World, _: httpx.Client) -> None:
    """Somebody throws away what Git and DVC do not know; what this machine alone knows is as it was."""
    root, before = world.project.root, read_tree(world.operated.place)
    (root / "dvc.lock").write_text("altered", encoding="utf-8")
    (root / "untracked.txt").write_text("new", encoding="utf-8")
    for line in THROWN:
        run(root, *line.split())  # dvc checkout tells of packages that are elsewhere
    if read_tree(world.operated.place) != before:
        world.accuse(f"{', '.join(THROWN)}: the state of the operation is another")


def back_up(world: World, _: httpx.Client) -> None:
    """The state is backed up, while the service runs, and brought to a fresh clone."""
    root = world.project.root
    file, spare = root.with_name("elc.tar.gz"), Project(root.with_name("spare"), ENVIRONMENT)
    shutil.rmtree(spare.root, ignore_errors=True)
    git(root.parent, "clone", "--quiet", str(root.with_name("origin.git")), str(spare.root))
    world.elc("backup", str(file))
    world.elc("restore", str(file), project=spare)
    wanted, found = (
        {name: it for name, it in read_tree(place).items() if not name.startswith(("data/cache/", "hourly.lock"))}
        for place in (world.operated.place, spare.place)
    )
    if found != wanted:
        world.accuse(f"a restored operation is another: {sorted(found.keys() ^ wanted.keys())[:3]}")


def add_a_plant(world: World, _: httpx.Client) -> None:
    """A plant is added, from the export of another; it has no version, so the hour skips it."""
    root, model = world.project.root, world.plants[-1]
    editor = YAML()
    entry = root.parent / "entry.yaml"
    editor.dump(editor.load(world.project.params)["plants"][model], entry)
    export, tags = world.project.raw(model), world.project.tags(model)
    world.elc("plant", "add", ADDED, "--from", str(export), "--tags", str(tags), "--entry", str(entry))
    git(root, "add", "--all")
    world.commit("a plant")


def rename_it(world: World, _: httpx.Client) -> None:
    """The plant that was added gets another id, its readings with it."""
    world.elc("plant", "rename", ADDED, RENAMED, "--yes")
    git(world.project.root, "add", "--all")
    world.commit("another name")
    if left := [str(path) for path in world.project.root.glob(f"*/**/{ADDED}*") if ".git" not in path.parts]:
        world.accuse(f"a renamed plant left {', '.join(left[:5])}")


def remove_it(world: World, _: httpx.Client) -> None:
    world.elc("plant", "remove", RENAMED, "--yes")
    git(world.project.root, "add", "--all")
    world.commit("without it")


def change_a_price(world: World, _: httpx.Client) -> None:
    """Gas gets dearer from today on."""
    plant = world.plants[0]
    editor = YAML()
    params = editor.load(world.project.params)
    carrier = params["plants"][plant]["carriers"][params["plants"][plant]["gap_carrier"]]
    known = carrier["price_per_gj"]
    prices = dict(known) if isinstance(known, dict) else {"2020-01-01": float(known)}
    carrier["price_per_gj"] = {**prices, f"{world.now:%Y-%m-%d}": max(prices.values()) + 0.5}
    editor.dump(params, world.project.params)
    world.commit("price")


def answer(world: World, client: httpx.Client) -> None:
    """An operator answers to the first move, where there is one."""
    for plant in world.plants:
        now = client.get(f"/plants/{plant}/now").json()
        if now.get("moves"):
            body = {"hour": now["hour"], "setpoint": now["moves"][0]["setpoint"], "answer": "followed", "why": ""}
            done = client.post(f"/plants/{plant}/answers", json=body)
            if done.status_code != 201:
                world.accuse(f"{plant}: an answer was refused: {done.status_code} {done.text[:200]}")
            return


def work_beside(world: World, _: httpx.Client) -> None:
    """A scientist runs a stage while the hour runs."""
    thread = threading.Thread(
        target=run, args=(world.project.root, "dvc", "repro", "--single-item", f"monitor@{world.plants[0]}")
    )
    thread.start()
    world.memory["beside"] = thread


def run_two(world: World, _: httpx.Client) -> None:
    """Two runs at once: one of them is refused in words, or finds that the other was done."""
    command = ["elc", "hourly", "--env", ENVIRONMENT]
    first = subprocess.Popen(
        command, cwd=world.project.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    second = run(world.project.root, *command)
    codes, said = [0, second.returncode], [first.communicate()[1], second.stderr]
    codes[0] = first.returncode
    wrong = [words for code, words in zip(codes, said, strict=True) if code and "has not finished" not in words]
    if wrong or all(codes):
        world.accuse(f"two runs at once: exit codes {codes}: {' '.join(wrong)[-300:]}")


def kill_runs(world: World, _: httpx.Client) -> None:
    """Three runs are killed at different moments."""
    for seconds in (1.0, 3.0, 5.0):
        kill_hour(world, seconds)


def fill_the_disk(world: World, _: httpx.Client) -> None:
    """A run cannot write; what it had stays, and the next one goes on."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        ["elc", "hourly", "--env", ENVIRONMENT],
        cwd=world.project.root,
        preexec_fn=bound,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0 and "Nothing new" not in done.stdout:
        world.accuse("a full disk: the run says that it succeeded")


def lose_permission(world: World, _: httpx.Client) -> None:
    """A status that nobody may write; it is replaced, not written into."""
    path = world.operated.operation("monitor", world.plants[0]) / "status.json"
    path.chmod(0o400)


def ask_elsewhere(world: World, _: httpx.Client) -> None:
    """Commands with and without --env after each other mean what they say."""
    world.elc("deploy", "--env", "dev")
    for arguments in (["alerts"], ["models"], ["hourly"], ["hourly", "--env", "dev", "--plant", world.plants[0]]):
        world.elc(*arguments)
    content = json.loads(run(world.project.root, "elc", "alerts", "--json").stdout)
    if not isinstance(content, list):
        world.accuse("elc alerts --json is no list")


EVENTS: tuple[tuple[float, Event], ...] = (
    (0.05, answer),
    (0.08, add_a_plant),
    (0.10, kill_a_meter),
    (0.18, mend),
    (0.20, rename_it),
    (0.22, swap_a_version),
    (0.25, remove_it),
    (0.28, work_beside),
    (0.33, trip),
    (0.38, mend),
    (0.42, reject_what_is_used),
    (0.47, roll_back),
    (0.50, ask_elsewhere),
    (0.55, run_two),
    (0.58, pull_a_version),
    (0.60, kill_runs),
    (0.61, throw_away),
    (0.62, back_up),
    (0.64, change_a_unit),
    (0.70, mend),
    (0.74, change_a_price),
    (0.78, fill_the_disk),
    (0.82, lose_permission),
    (0.86, lose_a_tag),
    (0.94, mend),
    (0.96, answer),
)
PULLS: tuple[tuple[float, Event], ...] = ((0.0, throw_away), (0.0, pull_a_version), (0.0, answer))
STORIES = {"all": (EVENTS, CYCLE), "pulls": (PULLS, 1)}


def find_events(story: str, hour: int, hours: int) -> list[Event]:
    """Find what happens in an hour of a life of so many; the story begins again where its cycle ends."""
    events, cycle = STORIES[story]
    length = min(hours, cycle)
    return [event for share, event in events if int(share * length) == hour % length]


def deliver(world: World) -> None:
    """Bring the next hour of each plant: as a growing day file, a new one, twice, late, out of order, or none."""
    for number, plant in enumerate(world.plants):
        readings = world.read_next(plant)
        way = (world.hour + number) % 11
        if way == 3:  # stays away for now
            world.waiting[plant].append(readings)
            continue
        held = world.waiting.pop(plant, [])
        if held and way == 4:  # comes late, before the present one
            world.bring(plant, pd.concat(held, ignore_index=True), name=f"late-{world.hour:04d}")
            world.late.add(plant)
        if way == 6:
            world.bring(plant, readings, name=f"extra-{world.hour:04d}")
        elif way == 8:
            world.bring(plant, readings)
            world.bring(plant, readings, name=f"twice-{world.hour:04d}")
        else:
            world.bring(plant, readings, is_last_first=way == 9)
