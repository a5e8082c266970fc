"""8x8 Work: refusals are told in words (WA 5, A13), and a throttled or short window is no success (WA A17)."""

from __future__ import annotations

import pytest
from singer_sdk.exceptions import ConfigurationError

from sandbox import Fault, Sandbox
from tests.sources.eightx8_work import RECORDS, assert_nothing_is_lost, box, call, empty, minutes_ago, queries, read

__all__ = ["box", "empty"]


# A13: PBXs without access


def test_the_pbxs_that_were_seen_are_reported(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    box.eightx8_work.allowed_pbxes = {"northwindlon"}
    out = read(box, RECORDS)
    assert out.error is None
    assert "PBXs with rows: northwindlon." in caplog.messages


def test_listed_pbxs_without_access_are_an_error_that_names_the_setting(box: Sandbox) -> None:
    box.eightx8_work.allowed_pbxes = {"northwindlon"}
    out = read(box, RECORDS, eightx8_work_pbx_ids=["northwindlon", "northwindnyc"])
    assert isinstance(out.error, ConfigurationError)
    assert "may not read one of the PBXs. Check setting eightx8_work_pbx_ids" in str(out.error)


def test_all_pbxs_with_access_to_some_only_may_be_refused(box: Sandbox) -> None:
    work = box.eightx8_work
    work.allowed_pbxes, work.switches.all_pbxes = {"northwindlon"}, "reject"
    out = read(box, RECORDS)
    assert isinstance(out.error, ConfigurationError)
    assert out.states == []


def test_listed_pbxs_are_sent_as_they_are(box: Sandbox) -> None:
    out = read(box, RECORDS, eightx8_work_pbx_ids=["northwindlon", "acmecorppbx"])
    assert out.error is None
    assert {request.query["pbxId"] for request in queries(box)} == {"northwindlon,acmecorppbx"}
    assert set(out.keys(RECORDS, "pbx_id")) == {("northwindlon",)}


@pytest.mark.parametrize("names", [[], [""], ["", " "]])
def test_no_listed_pbx_means_all_of_them(box: Sandbox, names: list[str]) -> None:
    assert_nothing_is_lost(box, eightx8_work_pbx_ids=names)
    assert {request.query["pbxId"] for request in queries(box)} == {"allpbxes"}


def test_names_of_pbxs_without_a_letter_are_not_sent(box: Sandbox) -> None:
    read(box, RECORDS, eightx8_work_pbx_ids=["", "northwindlon"])
    assert {request.query["pbxId"] for request in queries(box)} == {"northwindlon"}


# A17: rates, counts


def test_requests_that_are_throttled_are_sent_again(box: Sandbox) -> None:
    box.eightx8_work.switches.throttle_every = 3
    assert_nothing_is_lost(box)


def test_a_window_that_stays_throttled_is_never_a_success(box: Sandbox) -> None:
    box.faults.add(Fault("status", match="scrollId", status=429, retry_after="0", times=None))
    out = read(box, RECORDS)
    assert "gave up after 3 tries" in str(out.error)
    assert out.records(RECORDS)
    assert len(out.bookmarks(RECORDS)) <= 1


def test_a_window_that_was_short_of_its_count_is_read_again(box: Sandbox) -> None:
    box.eightx8_work.switches.withhold = 3
    assert_nothing_is_lost(box)


def test_a_window_that_stays_short_of_its_count_fails_with_both_numbers(empty: Sandbox) -> None:
    work = empty.eightx8_work
    work.add_records([call(empty, minutes_ago(60 + number)) for number in range(10)])
    work.switches.overcount = 2
    out = read(empty, RECORDS)
    assert "announced 12 rows" in str(out.error)
    assert "sent 10" in str(out.error)


# Refusals (WA 5)


@pytest.mark.parametrize("match", ["/oauth/token", "/v2/"])
def test_a_wrong_api_key_names_the_setting(box: Sandbox, match: str) -> None:
    if match == "/oauth/token":
        out = read(box, RECORDS, eightx8_work_api_key="not-the-right-one")
    else:
        body = {"status": 400, "message": "Invalid 8x8-apikey", "code": "SHA001", "details": []}
        box.faults.add(Fault("status", match=match, status=400, body=body))
        out = read(box, RECORDS)
    assert isinstance(out.error, ConfigurationError)
    assert "does not know the API key. Check setting eightx8_work_api_key" in str(out.error)
    assert "not-the-right-one" not in str(out.error)


def test_an_unknown_user_names_the_setting(box: Sandbox) -> None:
    out = read(box, RECORDS, eightx8_work_username="nobody@example.com")
    assert isinstance(out.error, ConfigurationError)
    assert "does not know the user. Check setting eightx8_work_username" in str(out.error)


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_password_names_the_setting(box: Sandbox, status: int) -> None:
    box.eightx8_work.switches.wrong_password_status = status
    out = read(box, RECORDS, eightx8_work_password="not-the-right-one")
    assert isinstance(out.error, ConfigurationError)
    assert "refused the password. Check settings eightx8_work_password" in str(out.error)
    assert len(box.requests) == 1


def test_a_user_who_has_never_opened_analytics_is_told_to(box: Sandbox) -> None:
    box.eightx8_work.user_opened_analytics = False
    out = read(box, RECORDS)
    assert isinstance(out.error, ConfigurationError)
    assert "open Analytics for 8x8 Work in a browser once" in str(out.error)


def test_a_user_without_licence_or_level_is_told_which(box: Sandbox) -> None:
    box.eightx8_work.user_has_licence = False
    out = read(box, RECORDS)
    assert isinstance(out.error, ConfigurationError)
    assert "a licence with Analytics and the access level Supervisor" in str(out.error)
    assert box.eightx8_work.username not in str(out.error)


def test_a_token_that_is_refused_at_once_is_renewed_once_and_then_reported(box: Sandbox) -> None:
    box.eightx8_work.switches.token_requests = 0
    out = read(box, RECORDS)
    assert "refused a token that it has just issued" in str(out.error)
    assert "eyJ" not in str(out.error)
    assert len([request for request in box.requests if request.path.endswith("/oauth/token")]) == 2


def test_key_and_token_go_with_every_query_and_the_key_alone_with_the_login(box: Sandbox) -> None:
    read(box, RECORDS)
    for request in box.requests:
        assert request.headers["8x8-apikey"] == box.eightx8_work.api_key
        assert ("authorization" in request.headers) != request.path.endswith("/oauth/token")
