"""How to run into the errors of 8x8 Contact Center."""

from __future__ import annotations

from tests.faults.cases import Case, refusal

CENTER = "eightx8_contact_center"
CASES = (
    Case(
        "8x8 Contact Center does not know",
        CENTER,
        switches={"bad_key": "SHA001"},
        config={f"{CENTER}_api_key": "another"},
    ),
    Case("8x8 Contact Center refused", CENTER, config={f"{CENTER}_token": "another"}),
    Case("8x8 Contact Center does not let", CENTER, refusal(403)),
    Case("8x8 Contact Center does not serve", CENTER, switches={"status": 404}),
    Case("8x8 Contact Center has ended", CENTER, switches={"status": 410}),
    Case("8x8 Contact Center was asked for times", CENTER, switches={"render_zone": "America/New_York"}),
    Case("8x8 Contact Center was asked for calls", CENTER, switches={"ignore_range": True}),
)
