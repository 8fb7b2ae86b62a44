"""Hours as a package wants them: every column a number, and a finding where one was not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc import curve
from elc.pages.findings import say_findings
from tests.unit.monitor.sound import FLUE, build_later, build_package


def test_text_becomes_numbers_and_a_finding() -> None:
    hours = build_later(3)
    hourly, lacking = curve.fit_hours(hours.assign(**{FLUE: ["bad", *hours[FLUE].astype(str)[1:]]}), build_package())
    assert hourly[FLUE].dtype == np.float64
    assert hourly[FLUE].isna().sum() == 1
    assert lacking["check"].tolist() == ["data_type_check"]
    assert "1 of 72 values are not numbers" in say_findings(lacking)[0]


def test_table_with_every_column_is_left_as_it_is() -> None:
    hours = build_later(3)
    hourly, lacking = curve.fit_hours(hours, build_package())
    pd.testing.assert_frame_equal(hourly, hours)
    assert lacking.empty
