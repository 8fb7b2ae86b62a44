"""The nearest precedents of a trained package."""

from __future__ import annotations

from elc import curve, dataset
from elc.paths import Project


def test_nearest_precedents_are_nearest_on_a_trained_package(demo_project: Project) -> None:
    package = curve.read(demo_project.model("fjord"))
    hour = dataset.read_split(demo_project.processed("fjord")).test.iloc[-1]
    near = curve.find_precedents(package, hour, 20)
    everyone = curve.find_precedents(package, hour, len(package.precedents))
    assert near["distance"].is_monotonic_increasing
    assert near["distance"].max() <= everyone["distance"].iloc[20:].min()
