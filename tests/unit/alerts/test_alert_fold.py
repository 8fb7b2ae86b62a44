"""What is told of what is open: once, again after a while, and its end."""

from __future__ import annotations

from datetime import datetime, timedelta

from elc.alerts import Alert, build_alert
from elc.alerts.fold import Folded, fold
from tests.unit.alerts.conftest import GAP_SENTENCE, NOW, build_gap

EMPTY = Folded({}, [], {})
HOUR = timedelta(hours=1)


def go_on(
    before: Folded, *alerts: Alert, now: datetime = NOW, repeat_h: float = 24, known: tuple[str, ...] = ("gap",)
) -> Folded:
    return fold(before.open, alerts, before.closed, known=known, now=now, repeat_h=repeat_h)


def test_new_alert_is_told_with_all_that_a_receiver_needs() -> None:
    alert = build_gap().model_copy(update={"advice": "Look at the furnace."})
    (message,) = go_on(EMPTY, alert).messages
    assert message.model_dump(mode="json") == {
        "id": alert.id,
        "message": f"{alert.id}-1",
        "plant": "fjord",
        "kind": "gap",
        "subject": "energy",
        "state": "open",
        "sentence": GAP_SENTENCE,
        "advice": "Look at the furnace.",
        "text": f"{GAP_SENTENCE} Look at the furnace.",
        "since": "2026-06-21T03:00:00+00:00",
        "until": None,
        "last": "2026-06-21T10:00:00+00:00",
        "runs": 1,
        "values": {"gap_frac": 0.031},
        "url": None,
    }


def test_open_alert_is_counted_and_told_again_only_after_a_while() -> None:
    folded = go_on(EMPTY, build_gap())
    told = []
    for hour in range(1, 50):
        folded = go_on(folded, build_gap(), now=NOW + hour * HOUR - timedelta(seconds=hour % 3))  # a timer's jitter
        told += [(hour, message.state, message.message[-2:]) for message in folded.messages]
    assert told == [(24, "still open", "-2"), (48, "still open", "-3")]
    (entry,) = folded.open.values()
    assert (entry.runs, entry.messages) == (50, 3)


def test_nothing_is_told_again_where_nobody_wants_it() -> None:
    folded = go_on(EMPTY, build_gap())
    for day in range(1, 9):
        folded = go_on(folded, build_gap(), now=NOW + day * 24 * HOUR, repeat_h=0)
        assert folded.messages == []


def test_end_is_told_once_with_the_time_it_was_last_seen() -> None:
    folded = go_on(
        go_on(EMPTY, build_gap()), build_gap(last_h=11).model_copy(update={"advice": "Look at the furnace."})
    )
    over = go_on(folded)
    (message,) = over.messages
    assert (message.state, message.message) == ("recovered", f"{build_gap().id}-2")
    assert (message.since, message.until) == (build_gap().since, build_gap(last_h=11).last)
    assert message.text == f"Over: {GAP_SENTENCE}"  # nothing is to be done any more
    assert go_on(over).messages == []


def test_what_could_not_be_read_is_not_over() -> None:
    folded = go_on(EMPTY, build_gap())
    blind = go_on(folded, known=("stage",))
    assert blind.messages == []
    assert blind.open == folded.open


def test_start_that_moves_is_the_same_alert() -> None:
    """Late data may move a gap's start, and the window of a finding moves with every hour."""
    folded = go_on(EMPTY, build_gap(since_h=3))
    for since_h in (2, 5):
        folded = go_on(folded, build_gap(since_h=since_h))
        assert folded.messages == []
    (entry,) = folded.open.values()
    assert entry.alert.id == build_gap(since_h=3).id
    assert entry.alert.since == build_gap(since_h=2).since


def test_one_that_began_later_ends_the_former() -> None:
    folded = go_on(go_on(EMPTY, build_gap(since_h=3, last_h=5)), build_gap(since_h=8))
    assert [(message.state, message.since and message.since.hour) for message in folded.messages] == [
        ("recovered", 3),
        ("open", 8),
    ]
    assert len(folded.open) == 1


def test_no_two_messages_share_a_name() -> None:
    """A gap that late data took away and later data brought back has the id it had."""
    seen = []
    folded = EMPTY
    for alerts in ((build_gap(),), (), (build_gap(),), (), (build_gap(),)):
        folded = go_on(folded, *alerts)
        seen += [message.message for message in folded.messages]
    assert len(seen) == len(set(seen)) == 5
    assert {name.partition("-")[0] for name in seen} == {build_gap().id}


def test_unknown_start_is_no_other_alert() -> None:
    failed, later = (
        build_alert("fjord", "failed", "monitor", "Fjord cannot be judged.", since=None, last=last)
        for last in (NOW, NOW + HOUR)
    )
    folded = go_on(EMPTY, failed)
    assert later.id != failed.id
    assert go_on(folded, later).messages == []
