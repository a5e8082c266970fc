"""Look at a page as a person would, and use it: in a real, headless browser."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
PATIENCE_SECONDS = 120


def find() -> str:
    """The browser's path; a machine without one skips the test, unless it is CI's."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("No Chromium on PATH: script/setup-browser installs it.")
        pytest.skip("No Chromium on PATH (script/setup-browser installs it on Debian).")
    return path


class Browser:
    """A running browser, spoken to in its own protocol: JSON messages through two pipes, each ended by a NUL."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        self._in, self._out = process.stdin, process.stdout.fileno()
        self._read = b""
        self._asked = 0

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> tuple[Any, list[Mapping[str, Any]]]:
        """The result of a command, and what happened until it came."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        self._in.write(json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        self._in.flush()
        events: list[Mapping[str, Any]] = []
        while (told := self.next()).get("id") != self._asked:
            events.append(told)
        assert "error" not in told, f"{method}: {told}"
        return told["result"], events

    def next(self) -> Mapping[str, Any]:
        """The next message of the browser."""
        while b"\0" not in self._read:
            assert select.select([self._out], [], [], PATIENCE_SECONDS)[0], "The browser does not answer."
            found = os.read(self._out, 1 << 20)
            assert found, "The browser has ended."
            self._read += found
        message, _, self._read = self._read.partition(b"\0")
        told: Mapping[str, Any] = json.loads(message)
        return told


@contextmanager
def running() -> Iterator[Browser]:
    """A browser with a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            # its pipes have to be the file descriptors 3 and 4
            [
                "sh",
                "-c",
                'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1',
                "sh",
                find(),
                *OPTIONS,
                f"--user-data-dir={profile}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with process:
            browser = Browser(process)
            try:
                yield browser
                browser.ask("Browser.close")
            finally:
                process.kill()


class Page:
    """A page in a window of some width.

    Attributes:
        console: what it wrote to the console, and errors of its scripts.
    """

    def __init__(self, browser: Browser, file: Path, *, width: int = 1200, dark: bool = False) -> None:
        self._browser = browser
        self.console: list[str] = []
        target, _ = browser.ask("Target.createTarget", url="about:blank")
        self._session = browser.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)[0]["sessionId"]
        self._ask("Page.enable")
        self._ask("Runtime.enable")
        self._ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
        )
        if dark:
            self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self._ask("Page.navigate", url=file.resolve().as_uri())
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def use_medium(self, medium: str) -> None:
        """Show it as on `print` or `screen`."""
        self._ask("Emulation.setEmulatedMedia", media=medium)

    def _ask(self, method: str, **parameters: Any) -> Any:
        result, events = self._browser.ask(method, self._session, **parameters)
        for event in events:
            self._note(event)
        return result

    def _note(self, event: Mapping[str, Any]) -> None:
        if event.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.console.append(json.dumps(event["params"]))

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        found = self._ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until a JavaScript expression is true."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while not self.evaluate(f"Boolean({script})"):
            assert time.monotonic() < patience, f"Never true: {script}"
            time.sleep(0.02)

    def text(self, selector: str) -> str:
        """The text of an element as a person sees it."""
        text: str = self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")
        return text

    def press(self, *keys: str) -> None:
        """Press keys, of which the element that has the focus hears."""
        for key in keys:
            typed = {"text": key} if len(key) == 1 else {}
            code = {"ArrowDown": 40, "ArrowUp": 38, "Home": 36, "Tab": 9}.get(key, 0)
            named = {"key": key, "windowsVirtualKeyCode": code} if code else {"key": key}
            self._ask("Input.dispatchKeyEvent", type="keyDown", **named, **typed)
            self._ask("Input.dispatchKeyEvent", type="keyUp", **named)

    def click(self, selector: str) -> None:
        """Click into the middle of an element."""
        x, y = self.evaluate(
            f"(e => {{ e.scrollIntoView(); const r = e.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2]; }})(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self) -> bytes:
        """A picture of the whole page, PNG."""
        return base64.b64decode(self._ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def printed(self) -> bytes:
        """The page on paper, PDF."""
        return base64.b64decode(self._ask("Page.printToPDF")["data"])
