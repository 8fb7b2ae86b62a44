"""The log: what was shown stays as it was shown; a candidate's is made anew; answers of operators are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from elc import advise
from elc.errors import ElcError
from elc.fields import GAP, GAP_LOW, TIME

FLUE = "flue_o2_pct"
NONE = advise.read_log(Path("nowhere"))
Give = Callable[..., advise.Advice]


@pytest.fixture
def give(build_hours: Any) -> Give:
    """Advice for hours from START on: a move of one set-point where `to` is a number, in vain where it is None."""

    def give(targets: list[float | None], *, skip: int = 0) -> advise.Advice:
        times = build_hours(len(targets))[TIME].iloc[skip:].reset_index(drop=True)
        kept = targets[skip:]
        reasons = pd.DataFrame({TIME: times, "reason": ["at_best" if to is None else "" for to in kept]})
        rows = [
            {TIME: time, "setpoint": FLUE, "group": FLUE, "now": 12.0, "to": to, "precedents": 3, "nearest": ""}
            for time, to in zip(times, kept, strict=True)
            if to is not None
        ]
        moves = pd.DataFrame(rows).reindex(columns=advise.COLUMNS)
        numbers = [name for name in advise.COLUMNS if name.endswith("gj_per_h")]
        return advise.Advice(moves.fillna(dict.fromkeys(numbers, 1.0)), reasons)

    return give


def test_candidate_logs_every_judged_hour_anew_and_shows_none(give: Give) -> None:
    former = advise.build_log(give([9.0, None]), NONE, version="v1.0.0 in prod", is_deployed=True)
    log = advise.build_log(give([10.0, None, 11.0]), former, version="candidate", is_deployed=False)
    assert log["setpoint"].tolist() == [FLUE, "", FLUE]
    assert log["reason"].tolist() == ["", "at_best", ""]
    assert log["to"].dropna().tolist() == [10.0, 11.0]
    assert not log["is_shown"].any()
    assert log["version"].unique().tolist() == ["candidate"]


def test_hours_without_a_gap_are_not_in_the_log(give: Give) -> None:
    given = give([10.0, None])
    given.reasons["reason"] = ["", "no_gap"]
    assert len(advise.build_log(given, NONE, version="", is_deployed=False)) == 1


def test_first_log_of_a_deployed_version_showed_its_last_hour_only(give: Give) -> None:
    log = advise.build_log(give([10.0, 10.0, 10.0]), NONE, version="v1.0.0 in prod", is_deployed=True)
    assert log["is_shown"].tolist() == [False, False, True]


def test_what_was_shown_stays_and_later_hours_are_added(give: Give) -> None:
    former = advise.build_log(give([10.0, 10.0]), NONE, version="v1.0.0 in prod", is_deployed=True)
    log = advise.build_log(give([8.0, 8.0, 8.0]), former, version="v1.0.0 in prod", is_deployed=True)
    assert log["to"].tolist() == [10.0, 10.0, 8.0]
    assert log["is_shown"].tolist() == [False, True, True]


def test_only_the_newest_hour_of_a_late_batch_was_shown(give: Give) -> None:
    former = advise.build_log(give([10.0, 10.0]), NONE, version="v1.0.0 in prod", is_deployed=True)
    log = advise.build_log(give([10.0, 10.0, 9.0, 9.0, 9.0]), former, version="v1.0.0 in prod", is_deployed=True)
    assert log["is_shown"].tolist() == [False, True, False, False, True]


def test_no_hour_was_shown_where_the_newest_has_no_gap(give: Give) -> None:
    given = give([10.0, 10.0, None])
    given.reasons["reason"] = ["", "", "no_gap"]
    for former in (NONE, advise.build_log(give([10.0]), NONE, version="v1.0.0 in prod", is_deployed=True)):
        log = advise.build_log(given, former, version="v1.0.0 in prod", is_deployed=True)
        assert log["is_shown"].tolist()[len(former) :] == [False] * (2 - len(former))


def test_folder_without_files_holds_no_advice_and_no_outcome() -> None:
    assert advise.read_advice(Path("nowhere")).moves.empty
    assert advise.read_advice(Path("nowhere")).reasons.empty
    assert advise.read_outcomes(Path("nowhere")).empty


def test_same_run_again_changes_nothing(give: Give) -> None:
    given = give([10.0, None, 9.0])
    once = advise.build_log(given, NONE, version="v1.0.0 in prod", is_deployed=True)
    again = advise.build_log(given, once, version="v1.0.0 in prod", is_deployed=True)
    pd.testing.assert_frame_equal(again, once)


def test_new_version_keeps_what_the_former_one_showed_and_drops_what_it_did_not(give: Give) -> None:
    former = advise.build_log(give([10.0, 10.0]), NONE, version="v1.0.0 in prod", is_deployed=True)
    log = advise.build_log(give([8.0, 8.0, 8.0]), former, version="v2.0.0 in prod", is_deployed=True)
    assert log["version"].tolist() == ["v1.0.0 in prod", "v2.0.0 in prod"]
    assert log["to"].tolist() == [10.0, 8.0]


def test_candidate_that_is_deployed_starts_a_log_of_its_own(give: Give) -> None:
    former = advise.build_log(give([10.0, 10.0]), NONE, version="candidate", is_deployed=False)
    log = advise.build_log(give([8.0, 8.0]), former, version="v1.0.0 in prod", is_deployed=True)
    assert log["version"].unique().tolist() == ["v1.0.0 in prod"]


def test_files_come_back_as_they_were_written(give: Give, tmp_path: Path) -> None:
    given = give([10.0, None, 9.0])
    log = advise.build_log(given, NONE, version="v1.0.0 in prod", is_deployed=True)
    outcomes = pd.DataFrame(columns=list(advise.OUTCOMES)).astype(advise.OUTCOMES)
    advise.write_log(tmp_path, log)
    advise.write_outcomes(tmp_path, outcomes)
    advise.write_advice_files(tmp_path, given)
    pd.testing.assert_frame_equal(advise.read_log(tmp_path), log)
    pd.testing.assert_frame_equal(advise.read_outcomes(tmp_path), outcomes)
    found = advise.read_advice(tmp_path)
    pd.testing.assert_frame_equal(found.reasons, given.reasons, check_dtype=False)
    assert found.moves["to"].tolist() == [9.0]  # of the last hour


def test_last_hour_without_moves_has_no_rows(give: Give, tmp_path: Path) -> None:
    advise.write_advice_files(tmp_path, give([10.0, None]))
    assert advise.read_advice(tmp_path).moves.empty


def test_no_file_of_answers_is_no_answer(tmp_path: Path) -> None:
    notes = advise.read_notes(tmp_path / "fjord.jsonl")
    assert notes.rows.empty
    assert notes.unread == 0


def test_answers_are_read_and_what_is_none_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "fjord.jsonl"
    lines = [
        '{"hour": "2026-06-01T02:00:00+02:00", "setpoint": "flue_o2_pct", "answer": "not possible", "why": "fan"}',
        "",
        '{"hour": "2026-06-01T02:00:00", "setpoint": "flue_o2_pct", "answer": "followed"}',  # in no zone
        '{"hour": "2026-06-01T02:00:00Z", "answer": "followed"}',
        '["followed"]',
        '{"hour": "2026-06-0',
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    notes = advise.read_notes(path)
    assert notes.unread == 4
    assert notes.rows.to_dict("records") == [
        {"hour": pd.Timestamp("2026-06-01", tz="UTC"), "setpoint": FLUE, "answer": "not possible", "why": "fan"}
    ]


def test_answers_in_another_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "fjord.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ElcError, match=r"fjord\.jsonl: not readable as UTF-8: .* Bring the file back, or remove it\."):
        advise.read_notes(path)


def test_log_looks_back_on_the_last_days(build_hours: Any) -> None:
    hours = build_hours(72, **{GAP: 1.0, GAP_LOW: 0.5})
    assert advise.find_logged(hours, 2)[TIME].tolist() == hours[TIME].tolist()[24:]
