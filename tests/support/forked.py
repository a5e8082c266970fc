"""The command line in processes of its own, but quickly: forked from one that has imported the tap already."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.tap import ROOT, Output

SERVER = """
import gc, json, os, sys
from tap_callrecords.http import retries, session
from tap_callrecords.tap import TapCallRecords

gc.freeze()
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    os.environ.clear()
    os.environ.update(job["environment"])
    for number, path in enumerate(job["files"]):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    retries.FIRST_WAIT_SECONDS, retries.LONGEST_WAIT_SECONDS = 0.001, 0.01
    sys.argv = ["tap-callrecords", *job["arguments"]]
    exec(job["before"])
    try:
        TapCallRecords.cli()
    except SystemExit as end:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(end.code)  # to take the interpreter down properly costs ten times as much as the run
"""


@cache
def _server(_of_process: int) -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(server.wait)
    atexit.register(server.stdin.close)  # type: ignore[union-attr]
    return server


def forked(
    config: Mapping[str, Any] | None,
    *arguments: str,
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    before: str = "",
) -> Output:
    """Run the command line.

    Args:
        config: settings, handed over in a file.
        arguments: further ones.
        state: handed over in a file.
        catalog: handed over in a file.
        environment: further variables.
        before: Python, run in the new process first: a fault put into the tap.
    """
    with tempfile.TemporaryDirectory() as folder:
        line = []
        for option, value in (("config", config), ("state", state), ("catalog", catalog)):
            if value is not None:
                path = Path(folder, f"{option}.json")
                path.write_text(json.dumps(value))
                line += [f"--{option}", str(path)]
        files = [Path(folder, name) for name in ("stdin", "stdout", "stderr")]
        job = {
            "arguments": [*line, *arguments],
            "environment": {**os.environ, **(environment or {})},
            "files": [str(file) for file in files],
            "before": before,
        }
        server = _server(os.getpid())
        assert server.stdin is not None
        assert server.stdout is not None
        print(json.dumps(job), file=server.stdin, flush=True)
        code = int(server.stdout.readline())
        out, err = (file.read_bytes() for file in files[1:])
    lines = out.splitlines() if out.startswith(b'{"type"') else []
    return Output([json.loads(line) for line in lines], code, err.decode(), raw=out)
