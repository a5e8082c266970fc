"""What every program is asked to do: bring the call legs of a span of time, in our names and types."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

SCHEMA_FILE = Path(__file__).parents[2] / "schemas" / "eightx8_call_legs.json"
STREAM = "eightx8_call_legs"
KEYS = ("pbx_id", "call_id", "leg_id")
INSTANTS = ("start_time_utc", "connect_time_utc", "disconnected_time_utc")
END_OF_PAGES = "No Data"


@dataclass(frozen=True)
class Job:
    """Where to ask, as whom, and for what; `start` and `end` as the vendor writes them."""

    url: str
    key: str
    username: str
    password: str
    start: str
    end: str
    page_size: int

    @classmethod
    def read(cls) -> Job:
        """The job in the file that the first argument names."""
        return cls(**json.loads(Path(sys.argv[1]).read_text()))

    def token(self) -> str:
        """Sign in."""
        form = urlencode({"username": self.username, "password": self.password}).encode()
        asked = Request(f"{self.url}/v1/oauth/token", form, {"8x8-apikey": self.key})
        with urlopen(asked) as answer:
            token: str = json.load(answer)["access_token"]
        return token

    @property
    def params(self) -> dict[str, str]:
        """Query of every page."""
        return {
            "pbxId": "allpbxes",
            "startTime": self.start,
            "endTime": self.end,
            "timeZone": "UTC",
            "pageSize": str(self.page_size),
            "isConnectTime": "false",
            "isSimplified": "false",
        }

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The stream's schema."""
        content: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())
        return content

    @cached_property
    def names(self) -> dict[str, str]:
        """Our name of each vendor field."""
        properties: dict[str, dict[str, Any]] = self.schema["properties"]
        return {each["x-source"]: name for name, each in properties.items() if "x-source" in each}
