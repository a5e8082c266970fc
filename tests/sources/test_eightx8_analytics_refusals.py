"""Detailed reports: refusals are told in words, and passing troubles lose nothing."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Fault, Sandbox
from tests.sources.eightx8_analytics import assert_nothing_is_lost, box, read, requests_for

__all__ = ["box"]


def test_the_tenant_is_sent_with_every_request_when_it_is_set(box: Sandbox) -> None:
    api = box.eightx8_analytics
    api.switches.multitenant = True
    assert_nothing_is_lost(box, eightx8_analytics_tenant_id=api.tenant)
    assert {request.headers["x-tenant-info"] for request in box.requests} == {api.tenant}


def test_no_tenant_is_sent_when_none_is_set(box: Sandbox) -> None:
    assert_nothing_is_lost(box)
    assert not any("x-tenant-info" in request.headers for request in box.requests)


def test_a_missing_tenant_names_the_setting(box: Sandbox) -> None:
    box.eightx8_analytics.switches.multitenant = True
    out = read(box)
    assert isinstance(out.error, ConfigurationError)
    assert "Set eightx8_analytics_tenant_id" in str(out.error)


def test_a_wrong_tenant_names_the_setting(box: Sandbox) -> None:
    out = read(box, eightx8_analytics_tenant_id="another")
    assert isinstance(out.error, ConfigurationError)
    assert "Check setting eightx8_analytics_tenant_id" in str(out.error)


@pytest.mark.parametrize("setting", ["eightx8_analytics_key", "eightx8_analytics_secret"])
def test_wrong_credentials_name_the_settings(box: Sandbox, setting: str) -> None:
    wrong: dict[str, Any] = {setting: "not-the-right-one"}
    out = read(box, **wrong)
    assert isinstance(out.error, ConfigurationError)
    assert setting in str(out.error)
    assert "not-the-right-one" not in str(out.error)
    assert len(box.requests) == 1


def test_an_app_without_the_product_is_told_so(box: Sandbox) -> None:
    box.eightx8_analytics.has_product = False
    out = read(box)
    assert isinstance(out.error, ConfigurationError)
    assert "add the product Analytics for Contact Center" in str(out.error)


def test_a_wrong_address_names_region_and_url(box: Sandbox) -> None:
    url = box.eightx8_analytics.config["eightx8_analytics_api_url"] + "/wrong"
    out = read(box, eightx8_analytics_api_url=url)
    assert isinstance(out.error, ConfigurationError)
    assert "eightx8_analytics_region" in str(out.error)


def test_a_token_that_is_refused_at_once_is_renewed_once_and_then_reported(box: Sandbox) -> None:
    box.eightx8_analytics.switches.token_requests = 0
    out = read(box)
    assert isinstance(out.error, ConfigurationError)
    assert len(requests_for(box, "/token")) == 2


def test_a_refused_report_is_quoted(box: Sandbox) -> None:
    body = {"message": "Bad request: unknown metric"}
    box.faults.add(Fault("status", match="/detailed-reports", status=400, body=body))
    out = read(box)
    assert "status 400: Bad request: unknown metric" in str(out.error)


@pytest.mark.parametrize("match", ["/token", "/detailed-reports", "/data"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=429, retry_after="0", times=2),
        Fault("status", status=502, times=2),
        Fault("reset", times=2),
        Fault("truncated_json", times=2),
        Fault("html", times=2),
        Fault("empty", times=2),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_passing_trouble_loses_nothing(box: Sandbox, match: str, fault: Fault) -> None:
    box.faults.add(Fault(**{**fault.__dict__, "match": match}))
    assert_nothing_is_lost(box)


@pytest.mark.parametrize(
    "body", ["{}", '[{"total": null}]', '[{"items": [{"value": 1}]}]', '[{"items": null}]', "null"]
)
def test_a_page_that_is_no_list_of_rows_is_asked_for_again_and_never_an_empty_page(box: Sandbox, body: str) -> None:
    box.faults.add(Fault("status", match="/data", status=200, body=body, times=None))
    out = read(box)
    assert "not what it documents" in str(out.error)
    assert out.states == []
