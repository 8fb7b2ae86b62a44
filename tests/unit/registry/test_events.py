"""Events: one for each tag of the grammar, in the order in which they count, with what is wrong with it."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elc.errors import ElcError
from elc.registry import events, git
from elc.registry.events import Event, build_message, read_events
from tests.unit.registry.keys import configure_signing, make_key, make_repository, run, sign_tag, write_tag

ANY = settings(max_examples=50, derandomize=True, database=None)
TIME = 1_780_000_000
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


def tag(root: Path, name: str, message: str = "A tag.", *, second: int = 0, target: str = "HEAD") -> str:
    """Make an annotated tag as it is given, and return the id of its object."""
    command = ("tag", "--annotate", "--cleanup=verbatim", "--message", message, name, target)
    run(root, *command, GIT_COMMITTER_DATE=f"{TIME + second} +0000", GIT_COMMITTER_NAME="Ann Ödegård")
    return run(root, "rev-parse", f"refs/tags/{name}").strip()


def read(root: Path) -> dict[str, Event]:
    return {event.tag: event for event in read_events(root)}


def test_a_sound_tag(root: Path) -> None:
    fields = {"version": "v1.2.0", "metrics": {"rows": 3346, "cv_rmse_frac": 0.0066}, "reason": "better"}
    oid = tag(root, "fjord#prod#7", build_message("Put fjord v1.2.0 into prod", fields))
    assert read_events(root) == [
        Event(
            tag="fjord#prod#7",
            oid=oid,
            plant="fjord",
            action="assign",
            version="",
            stage="prod",
            number=7,
            commit=run(root, "rev-parse", "HEAD").strip(),
            time=TIME,
            who="Ann Ödegård <test@example.org>",
            sentence="Put fjord v1.2.0 into prod",
            fields=fields,
            fault="",
            is_signed=False,
        )
    ]


def test_other_tags_are_left_out(root: Path) -> None:
    for name in ("v1.0.0", "release-3", "Fjord@v1.0.0", "a/fjord@v1.0.0", "fjord@v1.0"):
        tag(root, name)
    assert read_events(root) == []


def test_branches_and_remote_tags_are_no_tags(root: Path) -> None:
    run(root, "branch", "fjord@v1.0.0")
    run(root, "update-ref", "refs/remotes/origin/tags/fjord@v1.1.0", "HEAD")
    assert read_events(root) == []


def test_no_tag_at_all(root: Path) -> None:
    assert read_events(root) == []


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=r"git for-each-ref failed in .*not a git repository"):
        read_events(tmp_path)


@pytest.mark.parametrize("oid", ["1" * 40, "0" * 39 + "1"])
def test_tag_of_what_is_missing_is_said_by_its_name(root: Path, oid: str) -> None:
    tag(root, "fjord@v1.0.0")
    (root / ".git" / "refs" / "tags" / "fjord#prod#1").write_text(f"{oid}\n")
    with pytest.raises(ElcError) as caught:
        read_events(root)
    assert str(caught.value) == (
        "tag fjord#prod#1 points at an object that is not in this repository, so no tag can be read. Fetch it: git "
        "fetch --tags --force. If nobody has it, delete the tag: git update-ref -d 'refs/tags/fjord#prod#1'."
    )


def test_lightweight_tag_is_a_fault(root: Path) -> None:
    run(root, "tag", "fjord@v1.0.0")
    event = read(root)["fjord@v1.0.0"]
    assert event.fault == "is a lightweight tag, which records neither author nor reason; expected an annotated one"
    assert event.commit == run(root, "rev-parse", "HEAD").strip()
    assert (event.time, event.who, event.fields) == (0, "", {})


def test_moved_tag_is_a_fault(root: Path) -> None:
    oid = tag(root, "fjord@v1.0.0")
    run(root, "update-ref", "refs/tags/fjord@v1.1.0", oid)
    run(root, "update-ref", "refs/tags/fjord#prod#1", oid)
    found = read(root)
    assert found["fjord@v1.0.0"].fault == ""
    assert found["fjord@v1.1.0"].fault == found["fjord#prod#1"].fault == "was moved: the name inside it is fjord@v1.0.0"


@pytest.mark.parametrize("kind", ["tag", "blob", "tree"])
def test_tag_of_what_is_no_commit_is_a_fault(root: Path, kind: str) -> None:
    oid = tag(root, "inner")
    if kind == "blob":
        (root / "file").write_text("x")
        oid = run(root, "hash-object", "-w", "file").strip()
    if kind == "tree":
        oid = "HEAD^{tree}"
    tag(root, "fjord@v1.0.0", target=oid)
    assert read(root)["fjord@v1.0.0"].fault == f"points at {kind}, expected a commit"


def test_lightweight_tag_of_a_blob_is_a_fault(root: Path) -> None:
    (root / "file").write_text("x")
    run(root, "tag", "fjord@v1.0.0", run(root, "hash-object", "-w", "file").strip())
    assert "is a lightweight tag" in read(root)["fjord@v1.0.0"].fault


def test_tag_without_a_tagger_is_at_the_beginning_of_time(root: Path) -> None:
    head = run(root, "rev-parse", "HEAD").strip()
    oid = write_tag(root, f"object {head}\ntype commit\ntag fjord@v1.0.0\n\nA tag.\n".encode())
    run(root, "update-ref", "refs/tags/fjord@v1.0.0", oid)
    event = read(root)["fjord@v1.0.0"]
    assert (event.time, event.who, event.fault) == (0, "", "")


def test_order_is_by_time_then_by_number(root: Path) -> None:
    expected = [("fjord@v1.0.0", 0), ("fjord#prod#9", 5), ("fjord#prod#10", 5), ("delta#dev#11", 5), ("fjord#dev#2", 6)]
    shuffled = expected.copy()
    random.Random(3).shuffle(shuffled)
    for name, second in shuffled:
        tag(root, name, second=second)
    assert [event.tag for event in read_events(root)] == [name for name, _ in expected]


def test_packed_tags_are_read_as_loose_ones(root: Path) -> None:
    tag(root, "fjord@v1.0.0")
    loose = read_events(root)
    run(root, "pack-refs", "--all")
    assert read_events(root) == loose


def test_git_is_called_once_however_many_tags(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 30):
        tag(root, f"fjord#dev#{number}")
    calls: list[tuple[str, ...]] = []

    def try_git(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        calls.append(arguments)
        return git.try_git(where, *arguments)

    monkeypatch.setattr(events, "try_git", try_git)
    assert len(read_events(root)) == 29
    assert [arguments[0] for arguments in calls] == ["for-each-ref"]


def test_signature_is_no_part_of_the_fields(root: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "keys", "ann")
    configure_signing(root, key)
    fields = {"version": "v1.0.0", "reason": "better"}
    sign_tag(root, "fjord#approved#1", key, message=build_message("Approve fjord v1.0.0", fields))
    event = read(root)["fjord#approved#1"]
    assert "BEGIN SSH SIGNATURE" in run(root, "cat-file", "tag", "fjord#approved#1")
    assert (event.sentence, event.fields, event.fault) == ("Approve fjord v1.0.0", fields, "")


def test_what_is_no_json_stays_a_text(root: Path) -> None:
    body = [
        "Put it there",
        "",
        "version: v1.0.0",
        "rows: 12",
        'reason: "open',
        "list: [1, 2",
        "Package: 3",
        "no field",
        "",
    ]
    tag(root, "fjord#prod#1", "\n".join(body))
    fields = {"version": "v1.0.0", "rows": 12, "reason": '"open', "list": "[1, 2"}
    assert read(root)["fjord#prod#1"].fields == fields


def test_message_without_fields(root: Path) -> None:
    tag(root, "fjord#prod#1", "Assigning stage prod to artifact fjord version v1.0.0\n")
    event = read(root)["fjord#prod#1"]
    assert (event.sentence, event.fields) == ("Assigning stage prod to artifact fjord version v1.0.0", {})


@pytest.mark.parametrize(
    "reason",
    [
        "he said \"go\", then 'stop'",
        'two\nlines\n\nversion: "v9.9.9"',
        "Ødegård – 25 °C ✓ 漢字",
        "back\\slash \\n \t tab",
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----",
        "sha256: 0",
        "%00%01 %(refname)",
        "",
    ],
)
def test_reason_comes_back_as_it_was_given(root: Path, reason: str) -> None:
    fields = {"version": "v1.0.0", "reason": reason}
    tag(root, "fjord#approved#1", build_message("Approve", fields))
    tag(root, "fjord#approved#2", "the next one", second=1)
    found = read(root)
    assert found["fjord#approved#1"].fields == fields
    assert found["fjord#approved#2"].fields == {}


def test_sentence_is_one_line() -> None:
    assert build_message("Register\n\nfjord:\tit", {}) == "Register fjord: it\n\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose one tag is written anew for each message."""
    return make_repository(tmp_path_factory.mktemp("shared") / "repository")


@ANY
@given(st.dictionaries(st.from_regex("[a-z][a-z0-9_]{0,6}", fullmatch=True), VALUE, max_size=4))
@example({"a": "x\u2028b: 1", "c": "\x85d: 2", "e": "\r\nf: 3"})
def test_fields_are_read_as_they_were_built(shared: Path, fields: dict[str, object]) -> None:
    head = f"object {run(shared, 'rev-parse', 'HEAD')}type commit\ntag a@v1.0.0\ntagger A <a@b> {TIME} +0000\n\n"
    oid = write_tag(shared, f"{head}{build_message('A sentence', fields)}".encode())
    run(shared, "update-ref", "refs/tags/a@v1.0.0", oid)
    (event,) = read_events(shared)
    assert (event.fields, event.sentence, event.fault) == (fields, "A sentence", "")
