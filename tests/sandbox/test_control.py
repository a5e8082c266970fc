from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox import Sandbox
from tests.sandbox.conftest import Client

ROOT = Path(__file__).parents[2]


def control(box: Sandbox, method: str, path: str, content: object = None) -> requests.Response:
    return requests.request(method, f"{box.url}/_sandbox{path}", json=content, timeout=10)


def test_requests_are_logged_and_can_be_forgotten(box: Sandbox, client: Client) -> None:
    client.get("/v2/call-legs", pageSize="7")

    login, data = control(box, "GET", "/requests").json()

    assert (login["method"], login["path"]) == ("POST", "/analytics/work/v1/oauth/token")
    assert login["body"].startswith("username=")
    assert (data["status"], data["query"]["pageSize"]) == (200, "7")
    assert control(box, "DELETE", "/requests").json() == []
    assert box.requests == []


def test_switches_can_be_set_from_outside(box: Sandbox) -> None:
    answer = control(box, "POST", "/switches/eightx8_work", {"bounds": "(]"})

    assert answer.json()["bounds"] == "(]"
    assert box.eightx8_work.switches.bounds == "(]"


def test_an_unknown_switch_is_refused_and_named(box: Sandbox) -> None:
    answer = control(box, "POST", "/switches/eightx8_work", {"bonds": 1})

    assert answer.status_code == 400
    assert "no such switch: bonds" in answer.json()["error"]


def test_faults_can_be_planned_and_cleared_from_outside(box: Sandbox, client: Client) -> None:
    client.login()
    control(box, "POST", "/faults", [{"kind": "status", "status": 502, "times": None}])

    assert client.get("/v2/call-records").status_code == 502
    control(box, "DELETE", "/faults")
    assert client.get("/v2/call-records").status_code == 200


def test_a_random_schedule_can_be_set_from_outside(box: Sandbox, client: Client) -> None:
    client.login()
    schedule = {"faults": [{"fault": {"kind": "status", "status": 503}, "probability": 1.0}], "times": 1}

    control(box, "POST", "/faults", schedule)

    assert [client.get("/v2/call-records").status_code for _ in range(2)] == [503, 200]


def test_a_fault_that_does_not_exist_is_refused(box: Sandbox) -> None:
    assert control(box, "POST", "/faults", [{"kind": "flood"}]).status_code == 400


def test_rows_can_be_put_in_replaced_read_and_taken_out(box: Sandbox) -> None:
    row = box.eightx8_work.new_record(callId="1", callerName="first")
    path = "/rows/eightx8_work/records"

    control(box, "POST", path, [row])
    control(box, "PUT", path, [row | {"callerName": "second"}])

    assert [one["callerName"] for one in control(box, "GET", path).json()] == ["second"]
    control(box, "DELETE", path)
    assert len(box.eightx8_work.records) == 0


def test_rows_put_in_from_outside_may_wait(box: Sandbox, client: Client) -> None:
    row = box.eightx8_work.new_record(callId="1")
    control(box, "POST", "/rows/eightx8_work/records", {"rows": [row], "after_requests": 1})

    assert client.rows("/v2/call-records") == []
    assert len(client.rows("/v2/call-records")) == 1


def test_the_clock_can_be_moved_from_outside(box: Sandbox) -> None:
    before = box.clock.now_ms()

    control(box, "POST", "/clock", {"skew_seconds": 86_400})

    assert box.clock.now_ms() - before >= 86_400_000


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_when_it_is_ready_and_ends_cleanly(tmp_path: Path, signum: signal.Signals) -> None:
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "sandbox", "--calls-per-day", "20", "--ready-file", str(ready)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        announced = process.stdout.readline()
        url = announced.removeprefix("sandbox: ").strip()
        lines: list[str] = []
        while lines[-1:] != ["}\n"]:
            lines.append(process.stdout.readline())
        assert ready.read_text() == url + "\n"
        config = requests.get(url + "/_sandbox/config", timeout=10).json()
        process.send_signal(signum)
        _, errors = process.communicate(timeout=20)

    assert (process.returncode, errors) == (0, "")
    assert json.loads("".join(lines)) == {key: value for vendor in config.values() for key, value in vendor.items()}
