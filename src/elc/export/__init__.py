"""Packages of registered versions in the formats of other registries."""

from elc.export.mlflow import check_target, write_mlflow

__all__ = ["check_target", "write_mlflow"]
