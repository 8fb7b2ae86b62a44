"""Train a plant's curve and response, and write the model package. The one place that imports TensorFlow."""

from __future__ import annotations

import os

# Before TensorFlow is imported: its logs carry times, and oneDNN's rounding differs between kinds of processor.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from elc.train.design import Design, arrange_hours, build_design
from elc.train.effects import build_effects
from elc.train.fit import (
    CurveFit,
    Fit,
    build_fit,
    calibrate,
    choose_form,
    fit_additive,
    fit_curve,
    fit_design,
    fit_networks,
)
from elc.train.package import write_package
from elc.train.response import fit_response

__all__ = [
    "CurveFit",
    "Design",
    "Fit",
    "arrange_hours",
    "build_design",
    "build_effects",
    "build_fit",
    "calibrate",
    "choose_form",
    "fit_additive",
    "fit_curve",
    "fit_design",
    "fit_networks",
    "fit_response",
    "write_package",
]
