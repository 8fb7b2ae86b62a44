"""Imports everything that the stages of an hour and the site do, once, before their processes are forked.

TensorFlow is none of it.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import threading
import warnings

from tqdm import tqdm

MODULES = (
    "elc.runner.shell",
    "elc.render.pandoc",
    "elc.render.site",
    *(f"elc.{name}" for name in ("advise", "curve", "dataset", "evaluate", "explain", "findings", "ingest")),
    *(f"elc.{name}" for name in ("monitor", "quality", "registry", "render", "report", "settings")),
    *(f"elc.pages.{name}" for name in ("advise", "evaluate", "explain", "figures", "findings", "language")),
    *(f"elc.pages.{name}" for name in ("monitor", "report")),
    "elc.workers.process",
    "matplotlib.backends.backend_svg",
    "onnxruntime",
    "pandera.pandas",
    "pypandoc",
)


def import_all() -> None:
    """Import the modules, and let the children share them."""
    gc.disable()  # there is no garbage in modules
    with warnings.catch_warnings():
        # pandera imports PySpark where there is one, which warns about pandas 3.
        warnings.filterwarnings("ignore", "PySpark", FutureWarning)
        for name in MODULES:
            importlib.import_module(name)
    _read_units()
    gc.enable()
    gc.freeze()  # so that children do not copy what they never change


def _read_units() -> None:
    """Let pint read its definitions."""
    from elc.units import read_conversion

    read_conversion("GJ/h", "GJ/h")


def _note() -> None:
    from elc.workers.process import note_cost

    note_cost("imports")


tqdm.set_lock(threading.RLock())  # bars of children need no lock of several processes, which nobody would remove
import_all()
atexit.register(os._exit, 0)  # nothing is left to close, and libraries that say so need not
_note()
