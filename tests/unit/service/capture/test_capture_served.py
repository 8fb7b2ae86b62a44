"""From a request to what monitoring reads of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from elc import curve, monitor
from elc.captured import find_days, find_losses
from elc.fields import TIME
from elc.paths import CANDIDATE, Project
from elc.service.capture.parts import find_parts
from elc.settings import read_plant
from tests.unit.service.conftest import Serve, wait
from tests.unit.service.packages import ROW

PLANT = "fjord"


def test_what_is_asked_reaches_monitoring(place: Project, serve: Serve) -> None:
    client = serve()
    outside = [ROW | {"load_t_per_h": 99.0}] * 30
    assert client.post(f"/plants/{PLANT}/predict", json={"rows": [ROW] * 70 + outside}).status_code == 200
    wait(lambda: find_parts(place, PLANT))
    assert find_days(place, PLANT) == {}
    client.__exit__(None, None, None)
    client.__enter__()  # the fixture ends it
    assert find_parts(place, PLANT) == []
    assert not find_losses(place).exists()
    settings = read_plant(place, PLANT)
    limits = settings.monitor.model_copy(update={"max_asked_outside_frac": 0.2, "min_asked_rows": 100})
    scored = pd.DataFrame({TIME: [pd.Timestamp(datetime.now(UTC)).floor("h")]})
    package = curve.read(place.model(PLANT))
    asked = monitor.read_asked(place.operate(CANDIDATE), scored, package, replace(settings, monitor=limits), version="")
    assert asked.rows == (("candidate", 100),)
    assert asked.outside_frac == 0.3
    assert asked.findings["check"].tolist() == ["asked_outside"]
