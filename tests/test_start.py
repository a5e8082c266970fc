"""What a start takes: modules, and the memory of threads."""

from __future__ import annotations

import platform
import re
import subprocess
import sys

import pytest

UNUSED = [
    "pyarrow",
    "rich",
    "difflib",
    "zoneinfo",
    "tap_callrecords.commands.check",
    "tap_callrecords.commands.drift",
    "tap_callrecords.commands.forecast",
    "tap_callrecords.commands.sample",
]
"""What only some commands, settings or troubles need."""
IN_A_THREAD = """
import contextlib, threading
from tap_callrecords.__main__ import main

with contextlib.suppress(SystemExit):
    main()
blocks = []
thread = threading.Thread(target=lambda: blocks.append(bytes(100_000)))
thread.start()
thread.join()
(heap,) = (line.split()[0] for line in open("/proc/self/maps") if line.endswith("[heap]\\n"))
begin, end = (int(each, 16) for each in heap.split("-"))
print(begin < id(blocks[0]) < end)
"""


def test_a_start_imports_nothing_that_only_some_commands_need() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "tap_callrecords", "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    imported = set(re.findall(r"^import time:.*\|\s+(\S+)$", told, re.MULTILINE))
    assert "tap_callrecords.sources" in imported
    assert not imported & {*UNUSED}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives threads heaps of their own")
def test_what_a_thread_has_used_is_free_for_all_others() -> None:
    out = subprocess.run(
        [sys.executable, "-c", IN_A_THREAD, "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert out.splitlines()[-1] == "True"
