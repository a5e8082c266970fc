from __future__ import annotations

import json
from email.utils import parsedate_to_datetime

import pytest
import requests

from sandbox import Fault, RandomFaults, Sandbox
from tests.sandbox.conftest import Client

PATH = "/v2/call-records"


def test_a_status_fault_carries_its_retry_after_and_body(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("status", status=429, retry_after="7", body={"message": "slow down"}))

    answer = client.get(PATH)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json() == {"message": "slow down"}
    assert (box.requests[-1].status, box.requests[-1].fault) == (429, "status")


def test_a_retry_after_may_be_a_date_of_the_sandboxs_clock(box: Sandbox, client: Client) -> None:
    box.clock.frozen_ms = 1_767_225_600_000
    client.login()
    box.faults.add(Fault("status", status=503, retry_after=90, retry_as_date=True))

    answer = client.get(PATH)

    assert answer.headers["Retry-After"] == "Thu, 01 Jan 2026 00:01:30 GMT"
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == 1_767_225_600


def test_after_times_and_match_place_a_fault_exactly(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("status", status=503, match="/v2/call-legs", after=1, times=2))

    codes = [client.get("/v2/call-legs").status_code for _ in range(5)]

    assert codes == [200, 503, 503, 200, 200]
    assert client.get("/v2/call-records").status_code == 200


def test_two_faults_due_at_once_strike_one_after_the_other(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("status", status=500), Fault("status", status=502, after=1))

    assert [client.get(PATH).status_code for _ in range(3)] == [500, 502, 200]


@pytest.mark.parametrize("kind", ["reset", "reset_mid_body"])
def test_a_reset_is_a_real_one(box: Sandbox, client: Client, kind: str) -> None:
    client.login()
    box.faults.add(Fault(kind))  # type: ignore[arg-type]

    with pytest.raises(requests.RequestException, match="reset by peer"):
        client.get(PATH)

    assert client.get(PATH).ok


def test_a_reset_in_mid_body_comes_after_half_of_it(box: Sandbox, client: Client) -> None:
    client.login()
    whole = len(client.get(PATH).content)
    box.faults.add(Fault("reset_mid_body"))
    headers = {"8x8-apikey": box.eightx8_work.api_key}

    answer = client.session.get(box.eightx8_work.url + PATH, headers=headers, stream=True, timeout=10)

    assert len(answer.raw.read(whole // 2)) == whole // 2
    with pytest.raises(Exception, match="reset by peer"):
        answer.raw.read()


def test_a_reset_after_the_body_leaves_a_whole_answer(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("reset_after_body"))

    assert client.get(PATH).json()["meta"]["totalRecordCount"] == 0
    assert box.requests[-1].fault == "reset_after_body"


def test_a_close_ends_the_connection_without_an_answer(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("close"))

    with pytest.raises(requests.ConnectionError, match="without response"):
        client.get(PATH)


def test_a_body_may_be_shorter_than_its_content_length(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("truncated_length"))

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.get(PATH)


def test_truncated_json_has_a_content_length_that_agrees(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("truncated_json", fraction=0.9))

    answer = client.get(PATH)

    assert (answer.status_code, int(answer.headers["Content-Length"])) == (200, len(answer.content))
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_an_answer_may_be_empty_html_of_a_wrong_type_or_not_a_number(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("empty"), Fault("html"), Fault("content_type"), Fault("nan"))

    empty, html, typed, nan = (client.get(PATH) for _ in range(4))

    assert (empty.status_code, empty.content) == (200, b"")
    assert html.headers["Content-Type"].startswith("text/html")
    assert typed.headers["Content-Type"] == "text/plain"
    assert typed.json()["meta"]["totalRecordCount"] == 0
    assert b":NaN" in nan.content


def test_a_slow_body_arrives_in_pieces_and_whole(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("slow_body", piece=200, delay_seconds=0.001), Fault("slow", delay_seconds=0.001))

    assert client.get(PATH).json() == client.get(PATH).json()
    assert [one.fault for one in box.requests[-2:]] == ["slow_body", "slow"]


def test_slow_headers_arrive_in_pieces_and_whole(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("slow_headers", piece=20, delay_seconds=0.001))

    assert client.get(PATH).json() == client.get(PATH).json()
    assert box.requests[-2].fault == "slow_headers"


def test_a_redirect_names_another_host(box: Sandbox, client: Client) -> None:
    client.login()
    box.faults.add(Fault("redirect", status=307, location="http://localhost:1/elsewhere"))

    answer = client.get(PATH)

    assert (answer.status_code, answer.headers["Location"]) == (307, "http://localhost:1/elsewhere")


def test_a_random_schedule_is_repeatable_and_never_strikes_too_often_in_a_row() -> None:
    def strikes() -> list[str | None]:
        schedule = RandomFaults([(Fault("reset"), 0.5), (Fault("empty"), 0.4)], seed=3, in_a_row=2)
        return [fault.kind if fault else None for fault in (schedule.pick("/") for _ in range(200))]

    kinds = strikes()

    assert kinds == strikes()
    assert {"reset", "empty", None} == set(kinds)
    assert all(None in kinds[at : at + 3] for at in range(198))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault of the kind"):
        Fault("flood")  # type: ignore[arg-type]


def test_a_lost_answer_has_had_its_effect(box: Sandbox, client: Client) -> None:
    box.faults.add(Fault("reset", match="/oauth/token"))

    with pytest.raises(requests.ConnectionError):
        client.login()

    assert len(box.eightx8_work.tokens.issued) == 1


def test_planned_faults_can_be_listed_as_json(box: Sandbox) -> None:
    box.faults.add(Fault("status", body="x"))

    listed = requests.get(box.url + "/_sandbox/faults", timeout=10).json()

    assert json.dumps(listed)
    assert listed[0]["kind"] == "status"
