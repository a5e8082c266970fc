"""The simulator's idea of now, which tests may move."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass
class Clock:
    """Real time plus a skew, or an instant that stands still.

    Attributes:
        skew_seconds: Added to real time (or to the frozen instant).
        frozen_ms: Epoch milliseconds at which time stands still; ``None`` lets it run.
    """

    skew_seconds: float = 0.0
    frozen_ms: int | None = None

    def now_ms(self) -> int:
        """Epoch milliseconds now."""
        base = time.time_ns() // 1_000_000 if self.frozen_ms is None else self.frozen_ms
        return base + int(self.skew_seconds * 1000)

    def now(self) -> datetime:
        """The same instant as an aware UTC datetime."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)
