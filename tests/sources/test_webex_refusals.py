"""Webex Calling: its refusals are told in words, its tokens renew themselves, and none is ever shown (WX 2, 7)."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from singer_sdk.exceptions import ConfigurationError
from typing_extensions import override

from sandbox import Fault, Sandbox
from tap_callrecords.http import client as api
from tap_callrecords.http.session import CarefulSession
from tests.sources.webex import DAY, FEED, LIVE, data_requests, ids, now, put, read, read_well
from tests.support.forked import forked
from tests.support.tap import sync

EU = "https://analytics-calling-eu.webexapis.com"


def refused(box: Sandbox, stream: str = FEED, **settings: Any) -> str:
    """What a run that the vendor refuses says; it is a fault of the configuration, and no bookmark moves."""
    out = read(box, stream, **settings)
    assert isinstance(out.error, ConfigurationError)
    assert not out.bookmarks(stream)
    return str(out.error)


def with_access_token(box: Sandbox, token: str) -> dict[str, Any]:
    names = ("webex_client_id", "webex_client_secret", "webex_refresh_token")
    return {
        **{name: value for name, value in box.webex.config.items() if name not in names},
        "webex_access_token": token,
    }


def test_a_ready_access_token_is_enough(box: Sandbox) -> None:
    wanted = put(box, now() - DAY)
    out = sync(with_access_token(box, box.webex.access_token), streams=[FEED])
    assert ids(out) == [wanted]
    assert not [request for request in box.requests if request.path.endswith("/access_token")]


def test_an_access_token_that_is_refused_is_told_with_how_to_get_another(box: Sandbox) -> None:
    out = sync(with_access_token(box, "no-longer-good"), streams=[FEED])
    assert isinstance(out.error, ConfigurationError)
    assert "put a new one into setting webex_access_token" in str(out.error)
    assert len(data_requests(box)) == 1


def test_with_both_kinds_of_credentials_the_token_that_renews_itself_is_used(box: Sandbox) -> None:
    wanted = put(box, now() - DAY)
    assert ids(read_well(box, webex_access_token="no-longer-good")) == [wanted]


@pytest.mark.parametrize("setting", ["webex_client_secret", "webex_refresh_token"])
def test_a_renewal_that_is_refused_names_the_settings(box: Sandbox, setting: str) -> None:
    said = refused(box, **{setting: "wrong-value"})
    assert "refused to renew the access token" in said
    assert "rotates refresh tokens, each renewal issues a new one, and the newest value has to be stored" in said
    assert "webex_client_secret" in said
    assert "webex_refresh_token" in said
    assert "wrong-value" not in said
    assert len(box.requests) == 1


@pytest.mark.parametrize("rotation", ["none", "old_lives", "old_dies"])
def test_an_access_token_that_expires_in_the_middle_is_renewed_with_the_newest_refresh_token(
    box: Sandbox, rotation: Any
) -> None:
    box.webex.switches.rotation, box.webex.switches.token_requests, box.webex.switches.page_cap = rotation, 3, 2
    wanted = [put(box, now() - DAY + number * timedelta(seconds=1)) for number in range(9)]
    assert ids(read_well(box, start_date=(now() - 2 * DAY).isoformat())) == wanted
    renewals = [request for request in box.requests if request.path.endswith("/access_token")]
    assert len(renewals) > 2
    assert len({request.body for request in renewals}) == (1 if rotation == "none" else len(renewals))
    assert not any(request.query for request in renewals)


def test_another_refresh_token_is_reported_without_its_value(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    box.webex.switches.rotation = "old_lives"
    with caplog.at_level(logging.DEBUG):
        read_well(box)
    assert "Webex has issued another refresh token" in caplog.text
    newest = list(box.webex.tokens.refresh_tokens)[-1]
    assert newest not in caplog.text


def test_a_refresh_token_that_expires_soon_is_warned_of(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    read_well(box)
    assert "expires in" not in caplog.text
    box.webex.switches.refresh_token_lifetime_seconds = 5 * 86_400
    read_well(box)
    assert "setting webex_refresh_token expires in 5 days" in caplog.text


def test_no_token_is_shown_at_any_log_level(box: Sandbox) -> None:
    put(box, now() - DAY)
    box.webex.switches.rotation, box.webex.switches.token_requests = "old_dies", 2
    box.faults.add(Fault("reset", match="/cdr_feed", after=3), Fault("status", match="/cdr_feed", after=9, times=None))
    out = forked({**box.webex.config, "max_attempts": 2}, environment={"TAP_CALLRECORDS_LOGLEVEL": "DEBUG"})
    assert out.exit_code == 1
    shown = out.stderr + out.raw.decode()
    secrets = [*box.webex.tokens.issued, *box.webex.tokens.refresh_tokens, box.webex.client_secret]
    assert len(secrets) > 5
    assert not [secret for secret in secrets if secret in shown]


def test_a_missing_right_names_scope_and_role(box: Sandbox) -> None:
    box.webex.has_right = False
    said = refused(box)
    assert "spark-admin:calling_cdr_read" in said
    assert "Webex Calling Detailed Call History API access" in said
    assert "Webex says: The server understood the request" in said
    assert "TrackingID ROUTER_" in said


def test_another_region_without_a_host_names_all_regions(box: Sandbox) -> None:
    box.webex.switches.wrong_region_answers, box.webex.switches.region_host = 9, ""
    said = refused(box)
    assert "another region. Set webex_api_url to" in said
    assert "analytics-calling-in.webexapis.com (India)" in said


@pytest.mark.parametrize("host", ["evil.example", "analytics-calling-eu.webexapis.com.evil.example", "127.0.0.1"])
def test_a_host_that_is_not_webex_s_is_not_followed_into_another_region(box: Sandbox, host: str) -> None:
    box.webex.switches.wrong_region_answers, box.webex.switches.region_host = 9, host
    assert "with the host of the right region" in refused(box)
    assert len(data_requests(box)) == 1


class Elsewhere(HTTPAdapter):
    """Webex's host in Europe, which in truth is the sandbox."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.asked: list[str] = []

    @override
    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = str(request.url)
        self.asked.append(url)
        request.url = url.replace(EU, self.base)
        response = super().send(request, *args, **kwargs)
        request.url = response.url = url
        return response


@pytest.fixture
def europe(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    elsewhere = Elsewhere(box.url)

    def session() -> requests.Session:
        made = CarefulSession()
        made.mount(EU, elsewhere)
        return made

    monkeypatch.setattr(api, "CarefulSession", session)
    return elsewhere


@pytest.mark.parametrize("form", ["plain", "quoted", "escaped"])
@pytest.mark.parametrize("port", ["", ":443"])
def test_the_region_that_a_refusal_names_is_used_for_the_rest_of_the_run(
    box: Sandbox, europe: Elsewhere, caplog: pytest.LogCaptureFixture, form: Any, port: str
) -> None:
    box.webex.switches.region_form, box.webex.switches.region_host = form, f"{EU.removeprefix('https://')}{port}"
    box.webex.switches.wrong_region_answers = 1
    wanted = put(box, now() - DAY)
    out = read_well(box, start_date=(now() - 2 * DAY).isoformat())
    assert ids(out) == [wanted]
    assert len(europe.asked) == len(data_requests(box)) - 1 > 2
    assert f"Set webex_api_url to {EU}/webex/v1 to save a request" in caplog.text


def test_a_region_that_is_wrong_too_is_an_error(box: Sandbox, europe: Elsewhere) -> None:
    box.webex.switches.wrong_region_answers = 9
    said = refused(box)
    assert f"Set webex_api_url to {EU}/v1" in said
    assert len(europe.asked) == 1


def test_a_time_window_that_is_too_new_names_the_clock(box: Sandbox) -> None:
    box.clock.skew_seconds = -1800
    out = read(box, start_date=(now() - 2 * DAY).isoformat())
    assert str(out.error).startswith("This machine's clock is 30 min ahead of Webex's: set it right first.")
    assert "Check this machine's clock" in str(out.error)


@pytest.mark.parametrize(
    ("stream", "words"), [(FEED, "Check setting webex_history_hours"), (LIVE, "live stream as too old")]
)
def test_a_time_window_that_is_too_old_is_not_blamed_on_48_hours_where_it_cannot_be(
    box: Sandbox, stream: str, words: str
) -> None:
    box.webex.switches.version = "earlier"
    box.clock.skew_seconds = 1800
    out = read(box, stream, webex_history_hours=48)
    assert words in str(out.error)
    assert re.match(r"This machine's clock is \d+ min behind Webex's: set it right first\.", str(out.error))


def test_a_location_that_webex_does_not_know_names_the_setting(box: Sandbox) -> None:
    body = {"message": "Location not found: Atlantis"}
    box.faults.add(Fault("status", match="/cdr_feed", status=400, body=body))
    out = read(box, webex_locations=["Atlantis"])
    assert "Check setting webex_locations" in str(out.error)
    assert "Location not found: Atlantis" in str(out.error)


def test_a_refusal_that_no_document_tells_of_is_told_in_the_vendors_words(box: Sandbox) -> None:
    box.faults.add(
        Fault("status", match="/cdr_feed", status=409, body={"message": "Conflict"}, headers={"TrackingID": "NA_1"})
    )
    assert "status 409: Conflict (TrackingID NA_1)" in str(read(box).error)


@pytest.mark.parametrize("body", [{"items": None}, {"items": {}}, {"rows": []}, [], "items"])
def test_an_answer_without_items_is_never_taken_for_an_empty_window(box: Sandbox, body: Any) -> None:
    box.faults.add(
        Fault("status", match="/cdr_feed", status=200, body=body, content_type="application/json", times=None)
    )
    out = read(box, max_attempts=2)
    assert "a body that is not what it documents" in str(out.error)
    assert not out.states


def test_half_configured_credentials_name_what_is_missing(box: Sandbox) -> None:
    out = sync({"webex_client_id": "a", "webex_refresh_token": "b"})
    assert "Webex Calling is configured in part; missing: setting webex_client_secret" in str(out.error)
