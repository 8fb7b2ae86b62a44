"""The OpenAPI document: written here, because the columns of a row are those of a plant's version."""

from __future__ import annotations

from typing import Any

import pandas as pd

from elc import __version__
from elc.fields import ENERGY, GAP, GAP_FRAC, GAP_HIGH, GAP_LOW, GOOD_HOURS, IS_OUTSIDE, TYPICAL, UNEXPLAINED
from elc.service.api.address import ATTRIBUTES
from elc.service.api.frames import INSTANCES, PARTS, PREDICTIONS, RECORDS, SPLIT
from elc.service.api.media import ARROW, CSV
from elc.service.api.predict import ANSWERS, EXPECTED
from elc.service.problems import MEDIA_TYPE as PROBLEM
from elc.service.versions import Loaded
from elc.settings import LimitSettings

NUMBER = {"type": "number"}
PLANT = {
    "name": "plant",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 64},
}
INVOKED = [
    {"name": "plant", "in": "query", "schema": {"type": "string"}, "description": "Needed if the key may see several"},
    {"name": ATTRIBUTES, "in": "header", "schema": {"type": "string"}, "description": "Likewise, as in plant=fjord"},
]
PROBLEMS = {
    400: "The body is not readable",
    401: "No key, or a wrong one",
    404: "No such plant, or this key may not see it",
    406: "An answer is wanted in a form that is not given",
    408: "The request took too long",
    413: "Too many bytes or rows",
    415: "A media type that is not supported",
    422: "Fields that are not as expected, each with the value found",
    429: "Too many requests from this client",
    500: "The model gave no number",
    503: "No version can be used now",
}


def build_document(loaded: Loaded | None, limits: LimitSettings, *, prefix: str) -> dict[str, Any]:
    """Build the document; its examples are of a version, where there is one. `prefix` stands before each path."""
    row = _build_example(loaded)
    features = {} if loaded is None else {name: row[name] for name in loaded.features}
    rows = {"type": "array", "minItems": 1, "maxItems": limits.max_rows, "items": {"$ref": "#/components/schemas/Row"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ELC",
            "version": __version__,
            "description": "The least energy that a plant has shown it can run on, and the gap to it. Columns end in "
            "their unit; `GET /plants/{plant}/card` lists those of a plant.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        **({"servers": [{"url": prefix}]} if prefix else {}),
        "paths": {
            "/plants": {"get": _describe("listPlants", "List the plants that this key may see", "Plants", 401, 429)},
            "/plants/{plant}/card": {
                "parameters": [PLANT],
                "get": _describe("getCard", "Describe the version in use", "Card", 401, 404, 429, 503),
            },
            "/plants/{plant}/predict": {"parameters": [PLANT], "post": _build_predict(features)},
            "/plants/{plant}/gap": {"parameters": [PLANT], "post": _build_gap(row)},
            "/invocations": {"parameters": INVOKED, "post": _build_invoke(features)},
            "/healthz": {"get": _describe("getHealth", "Tell that the process is alive", "State")},
            "/readyz": {"get": _describe("getReadiness", "Tell whether every plant answers", "State", 503)},
            "/ping": {"get": _describe("ping", "The same, as SageMaker and MLflow ask it", "State", 503)},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": _build_schemas(rows),
        },
        "security": [{"key": []}, {}],
    }


def _build_example(loaded: Loaded | None) -> dict[str, float]:
    if loaded is None:
        return {}
    described = [*loaded.package.card["features"], *loaded.package.card["setpoints"]]
    row = {one["column"]: round(float(one["median"]), 3) for one in described}
    typical = loaded.package.predict(pd.DataFrame([row]))[TYPICAL].iloc[0]
    return row | {ENERGY: round(1.02 * float(typical), 1)}


def _describe(name: str, summary: str, schema: str, *problems: int) -> dict[str, Any]:
    good = {"description": "The answer", "content": {"application/json": {"schema": _refer(schema)}}}
    return {"operationId": name, "summary": summary, "responses": {"200": good, **_build_problems(*problems)}}


def _build_problems(*statuses: int) -> dict[str, Any]:
    content = {PROBLEM: {"schema": _refer("Problem")}}
    return {str(status): {"description": PROBLEMS[status], "content": content} for status in statuses}


def _refer(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _build_post(name: str, summary: str, schema: str, example: dict[str, float]) -> dict[str, Any]:
    operation = _describe(name, summary, schema, 400, 401, 404, 406, 408, 413, 415, 422, 429, 500, 503)
    content: dict[str, Any] = {"schema": _refer("Rows")}
    if example:
        content["examples"] = {"median": {"summary": "One row", "value": {"rows": [example]}}}
    return operation | {"requestBody": {"required": True, "content": {"application/json": content}}}


def _build_predict(example: dict[str, float]) -> dict[str, Any]:
    return _add_forms(_build_post("predict", "Predict best, typical and high energy of rows", "Prediction", example))


def _build_invoke(example: dict[str, float]) -> dict[str, Any]:
    return _add_forms(_build_post("invoke", "Predict, as SageMaker and MLflow ask it", "Prediction", example))


def _add_forms(operation: dict[str, Any]) -> dict[str, Any]:
    """Add the other forms of predictions: JSON of MLflow, CSV and Arrow."""
    stream, lines = {"schema": {"type": "string", "format": "binary"}}, {"schema": {"type": "string"}}
    sent, given = operation["requestBody"]["content"], operation["responses"]["200"]["content"]
    sent["application/json"]["schema"] = {"anyOf": [_refer("Rows"), _refer("Frame")]}
    given["application/json"]["schema"] = {"anyOf": [_refer("Prediction"), _refer("Predictions")]}
    for content in (sent, given):
        content.update({CSV: lines, ARROW: stream})
    return operation


def _build_gap(example: dict[str, float]) -> dict[str, Any]:
    return _build_post("judge", "Judge actual energy: the gap, its causes, and moves that would help", "Gap", example)


def _build_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _build_frame(rows: dict[str, Any]) -> dict[str, Any]:
    """Rows as MLflow's clients send them."""
    names, lines = {"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "array"}}
    table = {
        "type": "object",
        "required": list(PARTS[:2]),
        "properties": dict(zip(PARTS, (names, lines), strict=False)),
    }
    forms = {SPLIT: table, RECORDS: rows, INSTANCES: rows}
    return {"oneOf": [_build_object(**{name: form}) for name, form in forms.items()]}


def _build_rows(rows: dict[str, Any]) -> dict[str, Any]:
    """One row, and a request of several."""
    return {
        "Row": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": NUMBER,
            "description": "A number for each column of the card. The age since a turnaround may be left out: then "
            "its present value is used.",
        },
        "Rows": {
            "type": "object",
            "required": ["rows"],
            "additionalProperties": False,
            "properties": {
                "rows": rows,
                "units": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "The units of columns that are not sent in their own unit, as in degF.",
                },
            },
        },
    }


def _build_schemas(rows: dict[str, Any]) -> dict[str, Any]:
    text, flag, missing = {"type": "string"}, {"type": "boolean"}, {"type": ["number", "null"]}
    told = {"plant": text, "version": text, "environment": text}
    answer = _build_object(**dict.fromkeys(ANSWERS, NUMBER), **{IS_OUTSIDE: flag})
    answer["properties"][EXPECTED] = NUMBER
    judged = _build_object(
        **dict.fromkeys([*ANSWERS, ENERGY], NUMBER),
        **{IS_OUTSIDE: flag},
        **dict.fromkeys([GAP, GAP_FRAC, GAP_LOW, GAP_HIGH, "money_per_h", "co2_t_per_h"], missing),
        currency=text,
        shares={"type": "array", "items": {"type": "object"}},
        **{f"{name}_gj_per_h": missing for name in (GOOD_HOURS, UNEXPLAINED)},
        moves={"type": "array", "items": {"type": "object"}},
        reason=text,
    )
    column = _build_object(column=text, unit=text, low=missing, high=missing)
    columns = {"type": "array", "items": column}
    fault = _build_object(field=text, found=text, expected=text)
    problem = _build_object(type=text, title=text, status={"type": "integer"}, detail=text)
    problem["properties"]["errors"] = {"type": "array", "items": fault}
    plant = _build_object(plant=text, name=text, version={"type": ["string", "null"]}, is_ready=flag)
    return {
        **_build_rows(rows),
        "Frame": _build_frame(rows),
        "Predictions": _build_object(**told, **{PREDICTIONS: {"type": "array", "items": answer}}),
        "Prediction": _build_object(**told, rows={"type": "array", "items": answer}),
        "Gap": _build_object(**told, rows={"type": "array", "items": judged}),
        "Plants": _build_object(environment=text, plants={"type": "array", "items": plant}),
        "Card": _build_object(**told, throughput=text, features=columns, setpoints=columns),
        "State": _build_object(status=text),
        "Problem": problem,
    }
