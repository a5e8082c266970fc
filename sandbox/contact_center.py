"""What 8x8's two contact centre APIs say alike about a call: ids, parties, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.calls import Call
    from sandbox.directory import Party

TENANT = "acmecorp01"


def is_handled(call: Call) -> bool:
    """Whether the contact centre sees the call: those between colleagues it does not."""
    return call.direction != "internal"


def interaction_id(call: Call) -> str:
    """``int-<hex ms of creation>-<random>-phone-<nn>-<tenant>`` (CC A2, B6)."""
    return f"int-{call.started_ms:x}-{call.uid:016x}-phone-00-{TENANT}"


def transaction_id(call: Call) -> str:
    """A small number, not unique for ever."""
    return str(call.id % 100_000)


def agent_id(agent: Party) -> str:
    """An agent's id."""
    return f"ag{agent.extension}SbxSbxSbxSbx"


def group_id(agent: Party) -> str:
    """The id of an agent's group: one per department."""
    return str(2500 + sum(agent.department.encode()) % 97)


def queue_id(call: Call) -> str:
    """The id of the call's queue; empty without one."""
    return call.queue.extension if call.queue else ""


def ivr_ms(call: Call) -> int:
    """Milliseconds in the menu."""
    return sum(leg.ended_ms - leg.started_ms for leg in call.legs if leg.party.kind == "auto_attendant")


def terminated_by(call: Call) -> str:
    """Who hung up: Agent or Customer."""
    outside = "caller" if call.direction == "incoming" else "callee"
    return "Customer" if call.hung_up_by == outside else "Agent"


def digits(number: str) -> str:
    """A number as these APIs write it."""
    return number.lstrip("+")
