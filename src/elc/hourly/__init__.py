"""Operation, once an hour: new data is read, each plant is judged, the site is rendered, alerts go out, results are
published."""

from elc.hourly.changes import PlantChange
from elc.hourly.hour import Outcome, run_hour

__all__ = ["Outcome", "PlantChange", "run_hour"]
