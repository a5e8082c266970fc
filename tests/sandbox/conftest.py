"""A sandbox and a plain HTTP client for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.table import Row

WIDE = {
    "pbxId": "allpbxes",
    "startTime": "2026-01-01 00:00:00",
    "endTime": "2027-12-31 00:00:00",
    "timeZone": "UTC",
    "pageSize": "50",
}


def ms(text: str) -> int:
    """Epoch ms of an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@dataclass
class Client:
    """Asks 8x8 Work the documented way."""

    box: Sandbox
    session: requests.Session = field(default_factory=requests.Session)

    def login(self, **changed: str) -> requests.Response:
        work = self.box.eightx8_work
        form = {"username": work.username, "password": work.password} | changed
        answer = self.session.post(
            work.url + "/v1/oauth/token", headers={"8x8-apikey": work.api_key}, data=form, timeout=10
        )
        if answer.ok:
            self.session.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
        return answer

    def get(self, path: str, **changed: str | None) -> requests.Response:
        if "Authorization" not in self.session.headers:
            self.login()
        headers = {"8x8-apikey": self.box.eightx8_work.api_key}
        params = WIDE | changed
        url = self.box.eightx8_work.url + path
        return self.session.get(url, params=params, headers=headers, timeout=10, allow_redirects=False)

    def walk(self, path: str, **changed: str | None) -> list[dict[str, Any]]:
        """The bodies of every page of a scroll, the end signal's included."""
        bodies: list[dict[str, Any]] = []
        scroll: str | None = None
        while True:
            bodies.append(self.get(path, **changed, scrollId=scroll).json())
            scroll = bodies[-1]["meta"].get("scrollId")
            if not bodies[-1]["data"] or scroll in (None, "", "No Data"):
                return bodies

    def rows(self, path: str, **changed: str | None) -> list[Row]:
        return [row for body in self.walk(path, **changed) for row in body["data"]]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as running:
        yield running


@pytest.fixture
def client(box: Sandbox) -> Iterator[Client]:
    one = Client(box)
    with one.session:
        yield one


@pytest.fixture
def full() -> Iterator[Client]:
    """A client of a sandbox with generated calls and the vendor's samples."""
    with Sandbox(days=2, calls_per_day=80, samples=True) as running:
        one = Client(running)
        with one.session:
            yield one
