"""A failing source does not affect the others: a stream that fails ends there, all others are read, the end says so."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tests.faults.clocks import IN_SMALL
from tests.faults.crashes import START, Running, wait_until
from tests.faults.judge import Judge, bookmark, delivered, due, visible
from tests.faults.subjects import KNOWN, SUBJECTS, VENDORS
from tests.support.forked import forked
from tests.support.streams import DESELECTED
from tests.support.tap import ROOT, Output

READ = [subject for subject in SUBJECTS if subject.stream not in DESELECTED]
WRONG = {subject.vendor: subject.of(Sandbox()).wrong_credential for subject in VENDORS}


def settings(box: Sandbox, **more: Any) -> dict[str, Any]:
    start = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    config: dict[str, Any] = {**box.config, "start_date": start.isoformat(), "window_hours": 6, "max_attempts": 2}
    for subject in READ:
        config |= subject.small_pages
    return {**config, **more}


def run(config: dict[str, Any], **more: Any) -> Output:
    environment = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}
    out = forked(config, environment=environment, before=IN_SMALL, **more)
    assert "Traceback" not in out.stderr
    return out


def lost(box: Sandbox, config: dict[str, Any], subjects: Sequence[Subject], *outs: Output) -> list[str]:
    """Streams of which something is missing, by the vendors' own keys."""
    now, found = datetime.now(UTC), []
    for subject in subjects:
        judge = Judge(subject, config)
        wanted = due(visible(box, subject), judge.first(None, now), now - judge.settle - timedelta(minutes=1))
        assert wanted or subject.reach < timedelta(days=1), subject  # a night without calls may be longer
        if wanted - {key for out in outs for key in delivered(out, subject)}:
            found.append(subject.stream)
    return found


def errors(out: Output) -> list[str]:
    return re.findall(r"\| ERROR    \| [\w.-]+ +\| (.*)$", out.stderr, re.MULTILINE)


def summary(out: Output) -> dict[str, str]:
    """What the last lines say of each stream, and of the run."""
    lines = re.findall(r"\| tap-callrecords +\| (.*)$", out.stderr, re.MULTILINE)
    assert lines[-1].startswith("Run: "), "the summary is the last that is said"
    names = {*(subject.stream for subject in READ), "Run"}
    return {line.split(": ", 1)[0]: line for line in lines if line.split(": ", 1)[0] in names}


@pytest.mark.parametrize("broken", WRONG)
def test_a_source_with_wrong_credentials_ends_and_the_others_are_read_completely(box: Sandbox, broken: str) -> None:
    config = settings(box, **WRONG[broken])
    out = run(config)
    assert out.exit_code == 1
    theirs = [subject for subject in READ if subject.vendor == broken]
    others = [subject for subject in READ if subject.vendor != broken]
    assert lost(box, config, others, out) == []
    assert [subject.stream for subject in theirs if out.records(subject.stream)] == []
    assert len(errors(out)) == 1
    said = summary(out)
    assert set(said) == {*(subject.stream for subject in READ), "Run"}
    first, *rest = sorted(theirs, key=lambda subject: not subject.incremental)
    assert said[first.stream].endswith(f". Failed: {errors(out)[0]}")
    assert [said[each.stream] for each in rest] == [
        f"{each.stream}: Not read: refused as {first.stream} was." for each in rest
    ]
    for subject in others:
        assert "records" in said[subject.stream]
        assert ("window" in said[subject.stream]) == subject.incremental
        assert ("read up to" in said[subject.stream]) == subject.incremental
    assert all(subject.stream in said["Run"] for subject in theirs)
    refused = [request for request in box.requests if request.status in (400, 401, 403)]
    assert len(refused) <= 2, "wrong credentials are not tried for each stream"


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_stream_that_fails_in_the_middle_keeps_its_finished_windows_and_the_next_run_brings_the_rest(
    box: Sandbox, at_once: int
) -> None:
    legs = KNOWN["eightx8_call_legs"]
    config = settings(box, parallel_windows=at_once, lookback_hours=0)
    third = datetime.fromisoformat(config["start_date"]) + timedelta(hours=2 * config["window_hours"], seconds=-1)
    its_query = f"{legs.path}?pbxId=allpbxes&startTime={quote_plus(third.strftime('%Y-%m-%d %H:%M:%S'))}"
    box.faults.add(Fault("status", match=its_query, status=418, times=None))
    first = run(config)
    assert first.exit_code == 1
    assert lost(box, config, [subject for subject in READ if subject is not legs], first) == []
    reached = bookmark(first.bookmark, legs)
    assert reached == third + timedelta(seconds=1)
    assert max(first.bookmarks(legs.stream)) == first.bookmarks(legs.stream)[-1]
    assert summary(first)[legs.stream].partition("Failed: ")[2].startswith("8x8 Work refused a request with status 418")
    box.faults.clear()
    box.requests.clear()
    second = run(config, state=first.bookmark)
    assert second.exit_code == 0
    assert lost(box, config, READ, first, second) == []
    asked = [legs.asked(request) for request in box.requests if legs.path in request.path]
    assert min(each[0] for each in asked if each) >= reached.timestamp() - 2, "finished windows are not read again"


def test_a_list_that_fails_keeps_no_calls_from_being_read(box: Sandbox) -> None:
    box.faults.add(Fault("status", match="/cdr/agents", status=404, times=None))
    config = settings(box)
    out = run(config)
    assert out.exit_code == 1
    assert lost(box, config, [subject for subject in READ if subject.stream != "voiso_agents"], out) == []
    order = list(dict.fromkeys(message["stream"] for message in out.messages if message["type"] == "SCHEMA"))
    lists = [subject.stream for subject in READ if not subject.incremental]
    assert set(order[-len(lists) :]) == set(lists)


def test_a_configuration_error_ends_the_run_before_anything_is_read(box: Sandbox) -> None:
    config = settings(box, voiso_cluster="vendor.example")
    del config["voiso_api_url"]
    out = run(config)
    assert out.exit_code == 1
    assert out.records("eightx8_call_records") == []
    assert len(errors(out)) == 1
    assert "Setting voiso_cluster must be" in errors(out)[0]
    assert not box.requests


def test_an_endpoint_that_is_gone_ends_only_the_streams_that_need_it(box: Sandbox) -> None:
    box.eightx8_work.switches.v1_status = 410
    config = {**settings(box), "optional_streams": ["eightx8_cdr_call_legs", "eightx8_cdr_call_records"]}
    try:
        out = run(config)
    finally:
        box.eightx8_work.switches.v1_status = None
    assert out.exit_code == 1
    assert lost(box, config, READ, out) == []
    assert len(errors(out)) == 1
    assert "no longer serves v1/cdr" in errors(out)[0]


def test_a_signal_ends_the_run_at_once_and_the_summary_says_where(box: Sandbox) -> None:
    legs = KNOWN["eightx8_call_legs"]
    box.faults.add(Fault("slow", match=legs.path, after=10, times=None, delay_seconds=30))
    with Running(settings(box), [legs.stream, "voiso_agents"]) as running:
        wait_until(lambda: any(request.fault for request in box.requests))
        running.signal("SIGTERM")
        out = running.ended()
    assert out.exit_code == 143
    assert errors(out) == []
    said = summary(out)
    assert said[legs.stream].endswith(f"read up to {out.bookmarks(legs.stream)[-1]}. Stopped before its end.")
    assert "voiso_agents" not in said


def test_a_fault_of_the_tap_in_one_stream_leaves_the_others_whole(box: Sandbox) -> None:
    bug = "from tap_callrecords.sources.voiso.lists import LISTS; LISTS[0].page = None"
    config = settings(box)
    out = forked(config, before=IN_SMALL + bug)
    assert out.exit_code == 1
    assert lost(box, config, [subject for subject in READ if subject.stream != "voiso_agents"], out) == []
    assert errors(out) == ["A bug in tap-callrecords; please report it with this traceback"]
    assert "Failed: a bug in tap-callrecords (TypeError)" in summary(out)["voiso_agents"]


def test_a_fault_in_writing_ends_the_run_and_no_state_covers_what_was_not_written(box: Sandbox, tmp_path: Path) -> None:
    a_page_fails = """
from tap_callrecords.output.batch import BatchFiles
pages, add_page = iter(range(1000)), BatchFiles.add_page
BatchFiles.add_page = lambda *page: 1 / 0 if next(pages) == 20 else add_page(*page)
"""
    files = {"encoding": {"format": "jsonl"}, "storage": {"root": str(tmp_path)}}
    out = forked(settings(box, batch_config=files), before=IN_SMALL + a_page_fails)
    assert out.exit_code == 1
    assert errors(out) == ["A bug in tap-callrecords; please report it with this traceback"]
    begun = [message["stream"] for message in out.messages if message["type"] == "SCHEMA"]
    announced = {message["stream"] for message in out.messages if message["type"] == "BATCH"}
    assert set(begun) - announced == {begun[-1]}
    assert set(out.bookmark.get("bookmarks", {})) <= announced


def test_a_good_run_ends_with_a_line_for_each_stream_and_one_for_the_run(box: Sandbox) -> None:
    config = settings(box)
    out = run(config)
    assert out.exit_code == 0
    assert errors(out) == []
    said = summary(out)
    for subject in READ:
        assert f"{len(out.records(subject.stream)):,} records" in said[subject.stream]
        if subject.incremental:
            assert said[subject.stream].endswith(f"read up to {out.bookmarks(subject.stream)[-1]}")
    total = sum(message["type"] == "RECORD" for message in out.messages)
    assert said["Run"].startswith(f"Run: {len(READ)} streams, {total:,} records, ")


def test_names_in_settings_that_no_record_bears_are_named(box: Sandbox) -> None:
    location = box.webex.table("records").decoded(0)["Location"]
    more = {"webex_locations": [location, "Atlantis"], "eightx8_work_pbx_ids": ["northwindlon", "lostpbx"]}
    box.eightx8_work.pbxes.add("lostpbx")
    said = summary(run(settings(box, **more)))
    assert said["webex_detailed_call_history"].endswith("No record is of location Atlantis (setting webex_locations).")
    assert "PBX lostpbx (setting eightx8_work_pbx_ids)." in said["eightx8_call_legs"]


def test_in_a_terminal_the_summary_is_a_table(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings(box, **WRONG["voiso"])))
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    line = [sys.executable, "-c", START, "--config", str(path)]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=theirs, cwd=ROOT) as process:
        os.close(theirs)
        shown = b""
        while piece := _read(ours):
            shown += piece
    os.close(ours)
    assert process.returncode == 1
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.decode())
    rows = {row.split()[0]: row.split()[1:] for row in text.splitlines() if row.strip()}
    assert rows["stream"] == ["records", "windows", "time", "read", "up", "to"]
    assert rows["eightx8_call_legs"][1].isdecimal()
    assert rows["voiso_agents"] == ["Not", "read"]
    assert "voiso_cdr: Failed: Voiso refused the API key." in text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody writes any more
        return b""
