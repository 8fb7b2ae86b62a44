"""Moves of a trained package: inside every limit, and real where the gap is."""

from __future__ import annotations

from elc import advise, curve, dataset, ingest, settings
from elc.fields import ENERGY, GAP_LOW, TIME
from elc.paths import Project


def test_moves_of_a_trained_package_keep_every_rule(
    demo_project: Project, fjord: settings.StageSettings, fjord_tags: settings.TagList
) -> None:
    package = curve.read(demo_project.model("fjord"))
    hourly = ingest.read_hourly(demo_project.hourly("fjord"))
    marked = dataset.mark_states(hourly, package.throughput, package.rated_load, fjord)
    hours = curve.score_hours(marked, package).iloc[::40]
    given = advise.build_advice(package, hours, fjord_tags, fjord.advise, fjord.explain, notes=advise.build_notes([]))
    moves, trained = given.moves, {setpoint["column"]: setpoint for setpoint in package.card["setpoints"]}
    assert moves.groupby(TIME)["setpoint"].nunique().max() <= fjord.advise.max_moves
    assert not moves.duplicated([TIME, "setpoint"]).any()
    energy = moves[TIME].map(hours.set_index(TIME)[ENERGY])
    assert (moves["saving_gj_per_h"] >= fjord.advise.min_saving_frac * energy).all()
    assert ((moves["low_gj_per_h"] > 0) & (moves["low_gj_per_h"] < moves["high_gj_per_h"])).all()
    for move in moves.to_dict("records"):
        tag, seen = fjord_tags.find(move["setpoint"]), trained[move["setpoint"]]
        assert tag.low is not None
        assert tag.high is not None
        assert max(tag.low, seen["low"]) <= move["to"] <= min(tag.high, seen["high"])
        assert abs(move["to"] - move["now"]) <= fjord.advise.max_step_frac * (tag.high - tag.low) + 1e-9
    real = hours[hours[GAP_LOW] > 0]
    assert moves[TIME].isin(real[TIME]).all()
    assert moves[TIME].nunique() > 0.5 * len(real)
