"""As many windows are asked for at once as the setting says, and no more; one where the vendor's limits forbid it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox import Sandbox
from sandbox.subject import Subject
from tap_callrecords.sources import SOURCES
from tests.faults.subjects import WINDOWED
from tests.support.tap import sync

SETTING, PATIENCE, A_MOMENT = 3, 20.0, 0.2
ALONE = {stream.name for source in SOURCES for stream in source.streams if stream.only_one_window_at_once}


class Gate:
    """Answers to a stream's requests are held back until so many of them are waited for at once.

    Attributes:
        most: how many have been.
    """

    def __init__(self, box: Sandbox, path: str, together: int) -> None:
        self._router, self._path, self._together = box.app._router, path, together
        self._waiting = self.most = 0
        self._met = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._path not in scope["path"]:
            await self._router(scope, receive, send)
            return
        self._waiting += 1
        self.most = max(self.most, self._waiting)
        try:
            if self._waiting == self._together and not self._met.is_set():
                await asyncio.sleep(A_MOMENT)  # for one too many to come
                self._met.set()
            await asyncio.wait_for(self._met.wait(), PATIENCE)
            await self._router(scope, receive, send)
        except TimeoutError:
            await Response(status_code=400)(scope, receive, send)
        finally:
            self._waiting -= 1


@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_as_many_windows_are_read_at_once_as_the_setting_says(
    box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = 1 if subject.stream in ALONE else SETTING
    gate = Gate(box, subject.path, together)
    monkeypatch.setattr(box.app, "_router", gate)
    start = datetime.now(UTC) - timedelta(days=4)
    config = {**subject.of(box).config, **subject.small_pages, "start_date": start.isoformat()}
    out = sync({**config, "parallel_windows": SETTING, "window_hours": 4, "max_attempts": 1}, streams=[subject.stream])
    assert out.error is None
    assert gate.most == together
