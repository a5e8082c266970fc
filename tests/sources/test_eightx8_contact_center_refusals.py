"""Recent Calls: refusals are told in words, and passing troubles lose nothing (CC R13, R14)."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Fault, Sandbox
from tests.sources.eightx8_contact_center import assert_nothing_is_lost, box, read

__all__ = ["box"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_when_the_endpoint_is_gone_the_error_names_the_successor_and_its_settings(box: Sandbox, status: int) -> None:
    box.eightx8_contact_center.switches.status = status
    out = read(box)
    assert isinstance(out.error, ConfigurationError)
    for word in ("eightx8_interactions", "eightx8_analytics_key", "eightx8_analytics_secret"):
        assert word in str(out.error)
    assert len(box.requests) == 1


@pytest.mark.parametrize("setting", ["token", "tenant_id", "api_key"])
def test_wrong_credentials_name_the_settings(box: Sandbox, setting: str) -> None:
    wrong: dict[str, Any] = {f"eightx8_contact_center_{setting}": "not-the-right-one"}
    out = read(box, **wrong)
    assert isinstance(out.error, ConfigurationError)
    assert f"eightx8_contact_center_{setting}" in str(out.error)
    assert "not-the-right-one" not in str(out.error)


def test_the_gateways_invalid_key_names_the_api_key(box: Sandbox) -> None:
    box.eightx8_contact_center.switches.bad_key = "SHA001"
    out = read(box, eightx8_contact_center_api_key="wrong-key")
    assert isinstance(out.error, ConfigurationError)
    assert "does not know the API key. Check setting eightx8_contact_center_api_key" in str(out.error)


def test_key_and_token_go_in_headers_of_their_own(box: Sandbox) -> None:
    read(box)
    api = box.eightx8_contact_center
    for request in box.requests:
        assert request.headers["8x8-apikey"] == api.api_key
        assert request.headers["token"] == api.token
        assert "authorization" not in request.headers


@pytest.mark.parametrize("body", ["plain words", "<html>maintenance</html>", "", "[]", '{"strange": []}'])
def test_a_refusal_in_any_form_is_readable(box: Sandbox, body: str) -> None:
    box.faults.add(Fault("status", status=400, body=body))
    out = read(box)
    assert "refused a request with status 400" in str(out.error)
    assert ("plain words" in str(out.error)) == (body == "plain words")
    assert "html" not in str(out.error)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=429, retry_after="0", times=2),
        Fault("status", status=503, times=2),
        Fault("reset", times=2),
        Fault("truncated_json", times=2),
        Fault("html", times=2),
        Fault("empty", times=2),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_passing_trouble_loses_nothing(box: Sandbox, fault: Fault) -> None:
    box.faults.add(Fault(**{**fault.__dict__, "after": 1}))
    assert_nothing_is_lost(box)


@pytest.mark.parametrize(
    "body",
    [
        {"data": []},
        {"hits": 0},
        {"hits": 3, "data": None},
        {"hits": None, "data": None},
        [],
        {"hits": "many", "data": []},
        {"hits": -1, "data": []},
        {"hits": 0, "data": [], "status": 500},
        {"hits": 0, "data": None, "error": "Internal Server Error"},
    ],
)
def test_a_body_that_is_not_the_envelope_is_asked_for_again_and_never_an_empty_page(box: Sandbox, body: Any) -> None:
    box.faults.add(Fault("status", status=200, body=body, times=None))
    out = read(box)
    assert "not what it documents" in str(out.error)
    assert out.states == []
