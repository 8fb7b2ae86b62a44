"""Everything that the OpenAPI document allows, and much that it does not, is answered as it says: never by a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.unit.service.conftest import Serve

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_no_request_is_a_fault_of_the_service(serve: Serve, mode: schemathesis.GenerationMode) -> None:
    client = serve()
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    schema.app = client.app
    schema.config.base_url = "http://testserver"
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 8
    for operation in operations:

        @tries(max_examples=40, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def attempt(case: Any) -> None:
            if "plant" in case.path_parameters and case.path_parameters["plant"] is not None:
                case.path_parameters["plant"] = "fjord"
            case.call_and_validate(checks=CHECKS)

        try:
            attempt()
        except Unsatisfiable:  # there is nothing wrong that could be sent to a route without parameters
            assert mode == schemathesis.GenerationMode.NEGATIVE
