"""How to run into each error that is documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """How to run into an error.

    Attributes:
        says: the beginning of the documented sentence.
        vendor: whose sandbox is used; "" for none.
        faults: what the sandbox does.
        switches: of the vendor.
        traits: attributes of the vendor.
        config: settings, in place of the sandbox's and beside them.
        streams: the selected ones; None for those by default.
        state: the state.
        arguments: further ones.
        files: texts of files in the working folder, whose path `{folder}` stands for in arguments.
        environment: further variables.
        before: Python that runs in the tap's process first.
    """

    says: str
    vendor: str = ""
    faults: Sequence[Mapping[str, Any]] = ()
    switches: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] | None = field(default_factory=dict)
    streams: Sequence[str] | None = None
    state: Any = None
    arguments: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    before: str = ""


def always(**fault: Any) -> list[dict[str, Any]]:
    return [{"times": None, **fault}]


def refusal(status: int, said: str = "", **fault: Any) -> list[dict[str, Any]]:
    return always(kind="status", status=status, body={"message": said} if said else None, **fault)
