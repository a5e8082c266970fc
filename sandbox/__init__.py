"""The vendors' APIs simulated on one loopback port, with faults on demand."""

from __future__ import annotations

from sandbox.clock import Clock
from sandbox.faults import Fault, RandomFaults
from sandbox.server import Sandbox

__all__ = ["Clock", "Fault", "RandomFaults", "Sandbox"]
