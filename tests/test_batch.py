"""Files instead of lines: the same records, each STATE behind the files that it covers, and nothing left behind."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError
from upath import UPath

from sandbox import Fault, Sandbox
from tap_callrecords.output import batch
from tests.support.files import rows_of, with_files_read
from tests.support.forked import forked
from tests.support.tap import Output, catalog_of, sync

VENDORS = sorted(Sandbox().vendors)
ENCODINGS = (
    {"format": "jsonl"},
    {"format": "jsonl", "compression": "gzip"},
    {"format": "parquet"},
    {"format": "arrow"},
)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(days=2, calls_per_day=25, samples=True) as box:
        for vendor in box.vendors.values():
            for switch in ("unknown_fields", "odd_values"):
                if hasattr(vendor.switches, switch):
                    setattr(vendor.switches, switch, True)
        yield box


def config_of(box: Sandbox, vendor: str, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        **box.vendors[vendor].config,
        "start_date": (now - timedelta(days=2)).isoformat(),
        "end_date": (now - timedelta(minutes=30)).isoformat(),
        **more,
    }


def files(folder: Path, encoding: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """The setting for files in a folder."""
    return {"batch_config": {"encoding": dict(encoding or ENCODINGS[0]), "storage": {"root": str(folder)}, **more}}


def by_stream(output: Output, *, nulls: bool = True) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for message in output.messages:
        if message["type"] == "RECORD":
            record = {name: value for name, value in message["record"].items() if nulls or value is not None}
            found.setdefault(message["stream"], []).append(json.dumps(record, sort_keys=True))
    return {name: sorted(records) for name, records in found.items()}


def announced(output: Output) -> set[str]:
    return {Path(url).name for each in output.messages if each["type"] == "BATCH" for url in each["manifest"]}


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: "-".join(encoding.values()))
@pytest.mark.parametrize("vendor", VENDORS)
def test_files_hold_the_records_that_lines_would(
    box: Sandbox, vendor: str, encoding: Mapping[str, str], tmp_path: Path
) -> None:
    config = config_of(box, vendor)
    lines = sync(config)
    output = sync({**config, **files(tmp_path, encoding)})
    assert output.error is None
    assert not any(message["type"] == "RECORD" for message in output.messages)
    assert by_stream(with_files_read(output)) == by_stream(lines)
    assert output.bookmark == lines.bookmark


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: "-".join(encoding.values()))
def test_a_file_is_announced_as_what_it_is_and_has_the_ending_of_it(
    box: Sandbox, encoding: Mapping[str, str], tmp_path: Path
) -> None:
    output = sync(config_of(box, "voiso", **files(tmp_path, encoding)))
    told = [each["encoding"] for each in output.messages if each["type"] == "BATCH"]
    whole = {**encoding, "compression": "none"} if encoding == {"format": "jsonl"} else encoding
    assert told == [whole] * len(told)
    ending = encoding["format"] + (".gz" if "compression" in encoding else "")
    assert {name.partition(".")[2] for name in announced(output)} == {ending}


def test_files_of_lines_need_no_pyarrow(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert sync(config_of(box, "voiso", **files(tmp_path))).error is None
    with pytest.raises(ConfigurationError, match="needs the package pyarrow"):
        batch.BatchSettings.read(files(tmp_path, {"format": "parquet"})["batch_config"])


@pytest.mark.parametrize("scheme", ["", "file://", "local://"])
def test_a_file_is_named_as_unannounced_while_it_is_written(tmp_path: Path, scheme: str) -> None:
    written = batch.BatchFiles(batch.BatchSettings("jsonl", f"{scheme}{tmp_path}"))
    written.describe("calls", {})
    written.add_row("calls", {"id": 1})
    assert [path.name.partition(".")[2] for path in tmp_path.iterdir()] == ["jsonl.part"]
    (file,) = written.close()
    assert UPath(file.url).name == next(tmp_path.iterdir()).name
    assert [path.suffix for path in tmp_path.iterdir()] == [".jsonl"]


def test_files_of_runs_at_the_same_time_have_names_of_their_own(tmp_path: Path) -> None:
    runs = [batch.BatchFiles(batch.BatchSettings("jsonl", str(tmp_path))) for _ in range(2)]
    for run in runs:
        run.describe("calls", {})
        run.add_row("calls", {"id": 1})
    assert len({file.url for run in runs for file in run.close()}) == len([*tmp_path.iterdir()]) == 2


def test_what_another_run_takes_away_first_keeps_no_run_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(UPath(tmp_path)), "glob", lambda folder, _: [folder / "gone.part"])
    batch.BatchFiles(batch.BatchSettings("jsonl", str(tmp_path)))
    assert [*tmp_path.iterdir()] == []


def test_a_file_of_another_storage_has_its_name_from_the_beginning(box: Sandbox) -> None:
    output = sync(config_of(box, "voiso", batch_config={"storage": {"root": "memory://calls"}}))
    urls = [url for each in output.messages if each["type"] == "BATCH" for url in each["manifest"]]
    rows = [json.loads(line) for url in urls for line in UPath(url).read_text().splitlines()]
    assert {url.partition(".")[2] for url in urls} == {"jsonl"}
    assert len(rows) == sum(map(len, by_stream(sync(config_of(box, "voiso"))).values()))


def test_a_column_that_a_kept_catalog_has_and_the_tap_has_not_is_empty(box: Sandbox, tmp_path: Path) -> None:
    config = config_of(box, "voiso")
    catalog = catalog_of(config, ["voiso_cdr"])
    (entry,) = (each for each in catalog["streams"] if each["tap_stream_id"] == "voiso_cdr")
    entry["schema"]["properties"]["former"] = {"type": ["string", "null"]}
    entry["metadata"].append({"breadcrumb": ["properties", "former"], "metadata": {"selected": True}})
    output = with_files_read(sync({**config, **files(tmp_path, {"format": "parquet"})}, catalog=catalog))
    assert {record["former"] for record in output.records("voiso_cdr")} == {None}


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: "-".join(encoding.values()))
def test_stream_maps_flattening_and_deselection_reach_the_files(
    box: Sandbox, encoding: Mapping[str, str], tmp_path: Path
) -> None:
    config = config_of(
        box,
        "voiso",
        stream_maps={"voiso_cdr": {"added": "'new'", "cpc": None}, "voiso_agents": {"__alias__": "people"}},
        flattening_enabled=True,
        flattening_max_depth=1,
    )
    lines = sync(config)
    output = sync({**config, **files(tmp_path, encoding)})
    # Of flattened records the SDK leaves out what is null; a column is null then.
    assert by_stream(with_files_read(output), nulls=False) == by_stream(lines, nulls=False)
    assert "people" in by_stream(lines)


def test_a_state_stands_behind_the_files_of_its_windows(box: Sandbox, tmp_path: Path) -> None:
    config = config_of(box, "eightx8_work", window_hours=1, **files(tmp_path, batch_size=7))
    output = sync(config)
    starts = [row["start_time_utc"] for row in sync(config_of(box, "eightx8_work")).records("eightx8_call_records")]
    written: list[str] = []
    for message in with_files_read(output).messages:
        if message["type"] == "RECORD" and message["stream"] == "eightx8_call_records":
            written.append(message["record"]["start_time_utc"])
        elif message["type"] == "STATE" and "eightx8_call_records" in message["value"]["bookmarks"]:
            bookmark = message["value"]["bookmarks"]["eightx8_call_records"]["replication_key_value"]
            assert {start for start in starts if start < bookmark} <= set(written)
    assert len(output.states) > 5


MAPPED = {"stream_maps": {"eightx8_call_legs": {"added": "'new'"}}}


@pytest.mark.parametrize(("form", "more"), [("jsonl", {}), ("jsonl", MAPPED), ("parquet", MAPPED)])
def test_a_file_holds_as_many_records_as_asked_for_and_small_windows_share_one(
    box: Sandbox, tmp_path: Path, form: str, more: dict[str, Any]
) -> None:
    config = config_of(box, "eightx8_work", window_hours=1, **files(tmp_path, {"format": form}, batch_size=5), **more)
    messages = [each for each in sync(config).messages if each.get("stream") == "eightx8_call_legs"]
    columns = messages[0]["schema"]["properties"]
    sizes = [len(rows_of(message, columns=columns)) for message in messages if message["type"] == "BATCH"]
    assert len(sizes) > 2
    assert set(sizes[:-1]) == {5}
    assert 0 < sizes[-1] <= 5


def test_rows_of_a_slow_vendor_do_not_wait_for_a_full_file(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LONGEST_HELD_SECONDS", 0.0)
    output = sync(config_of(box, "eightx8_work", window_hours=6, **files(tmp_path)))
    types = [message["type"] for message in output.messages]
    assert types.count("BATCH") > 4
    assert types.count("STATE") > 4


def test_a_run_without_calls_moves_its_bookmark_and_writes_no_file(tmp_path: Path) -> None:
    with Sandbox(empty=True) as box:
        output = sync(config_of(box, "eightx8_work", **files(tmp_path)))
    assert output.error is None
    assert output.bookmark["bookmarks"]["eightx8_call_records"]
    assert [*tmp_path.iterdir()] == []


def test_a_failing_stream_announces_the_rows_of_its_finished_windows(box: Sandbox, tmp_path: Path) -> None:
    config = config_of(box, "eightx8_work", window_hours=6, max_attempts=1, **files(tmp_path))
    box.faults.add(Fault("status", match="/v2/call-legs", status=500, after=6, times=None))
    try:
        output = with_files_read(sync(config))
    finally:
        box.faults.clear()
    assert output.error is not None
    bookmark = output.bookmarks("eightx8_call_legs")[-1]
    legs = sync(config_of(box, "eightx8_work")).records("eightx8_call_legs")
    due = {row["leg_id"] + row["call_id"] for row in legs if row["disconnected_time_utc"] < bookmark}
    assert due
    assert due <= {row["leg_id"] + row["call_id"] for row in output.records("eightx8_call_legs")}


def test_files_that_nobody_was_told_of_are_taken_away(box: Sandbox, tmp_path: Path) -> None:
    config = config_of(box, "voiso", **files(tmp_path, batch_size=5))
    output = forked(config)
    assert output.exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == announced(output)


def test_what_a_killed_run_has_left_behind_is_taken_away_a_day_later_and_nothing_else(
    box: Sandbox, tmp_path: Path
) -> None:
    old, young, foreign = (
        tmp_path / name
        for name in ("tap-callrecords-x-1.jsonl.part", "tap-callrecords-y-1.jsonl.part", "other.jsonl.part")
    )
    told = tmp_path / "tap-callrecords-z-1.jsonl"
    for path in (old, young, foreign, told):
        path.write_text("{}\n")
        if path is not young:
            os.utime(path, (time.time() - 90_000,) * 2)
    sync(config_of(box, "voiso", **files(tmp_path)))
    assert not old.exists()
    assert young.exists()
    assert foreign.exists()
    assert told.exists()


def test_a_prefix_may_name_a_folder(box: Sandbox, tmp_path: Path) -> None:
    config = config_of(box, "voiso")
    config["batch_config"] = {"storage": {"root": str(tmp_path / "new"), "prefix": "calls/of-"}}
    output = sync(config)
    assert output.error is None
    assert all(path.name.startswith("of-tap-callrecords-voiso_") for path in (tmp_path / "new" / "calls").iterdir())
    assert with_files_read(output).records("voiso_cdr")


def test_a_value_that_is_not_of_its_column_s_type_is_told_with_the_column(box: Sandbox, tmp_path: Path) -> None:
    maps = {"voiso_cdr": {"added": "int(1) if uuid == '' else 'text'"}}
    output = sync(config_of(box, "voiso", stream_maps=maps, **files(tmp_path, {"format": "arrow"})))
    assert str(output.error).startswith("Property added has a value that is not of its type int64")


# Faults


@pytest.mark.skipif(os.name != "posix", reason="a folder's rights and /dev/full")
@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: "-".join(encoding.values()))
def test_a_full_disk_ends_the_run_with_the_last_announced_state(
    box: Sandbox, tmp_path: Path, encoding: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = UPath("/dev/full")
    opened = UPath.open
    count = 0

    def open_(path: Any, *args: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        return opened(path if count <= 2 else full, *args, **options)

    monkeypatch.setattr(type(UPath(tmp_path)), "open", open_)
    output = sync(config_of(box, "eightx8_work", window_hours=6, **files(tmp_path, encoding, batch_size=20)))
    assert "No space left on device" in str(output.error)
    assert "setting batch_config" in str(output.error)
    assert {path.name for path in tmp_path.iterdir()} == announced(output)


@pytest.mark.parametrize("number", [errno.EIO, errno.EDQUOT])
def test_a_disk_that_could_not_take_a_file_ends_the_run_before_its_state(
    box: Sandbox, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems tell only then that they have no room."""
    monkeypatch.setattr(os, "fsync", lambda _: fail_with(number))
    output = sync(config_of(box, "voiso", **files(tmp_path)))
    assert str(output.error) == (
        f"The files of setting batch_config can't be written below {tmp_path} ({os.strerror(number)}); the last STATE "
        "that was written is valid."
    )
    assert {each["type"] for each in output.messages} == {"SCHEMA"}
    assert [*tmp_path.iterdir()] == []


def test_a_file_system_that_has_no_call_for_it_is_written_to_all_the_same(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: fail_with(errno.EINVAL))
    assert with_files_read(sync(config_of(box, "voiso", **files(tmp_path)))).records("voiso_cdr")


def fail_with(number: int) -> None:
    raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("method", ["MemoryFileSystem.open", "MemoryFile.close"])
def test_what_the_client_of_a_storage_raises_is_a_readable_error(
    box: Sandbox, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class EndpointConnectionError(Exception):
        """As the clients of object stores have them: no OSError."""

    def fail(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError

    monkeypatch.setattr(f"fsspec.implementations.memory.{method}", fail)
    output = sync(config_of(box, "voiso", batch_config={"storage": {"root": "memory://calls"}}))
    assert str(output.error) == (
        "The files of setting batch_config can't be written below memory://calls (EndpointConnectionError); the last "
        "STATE that was written is valid."
    )
    assert output.states == []


def test_a_folder_that_cannot_be_made_is_a_readable_error(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    output = forked(config_of(box, "voiso", **files(tmp_path / "file" / "folder")))
    assert output.exit_code == 1
    assert "batch_config" in output.stderr
    assert "Not a directory" in output.stderr
    assert "Traceback" not in output.stderr
    assert output.states == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_a_readable_error(box: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IREAD | stat.S_IEXEC)
    output = forked(config_of(box, "voiso", **files(tmp_path)))
    assert "Permission denied" in output.stderr


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"encoding": {"format": "jsonl"}}, "storage.root"),
        ({"encoding": {"format": "csv"}, "storage": {"root": "x"}}, "batch_config"),
        ({"encoding": {"format": "arrow", "compression": "gzip"}, "storage": {"root": "x"}}, "compression"),
        ({"storage": {"root": "s3://bucket"}}, "package"),
        ({"storage": {"root": "nowhere://bucket"}}, "batch_config"),
        ({"batch_size": 0, "storage": {"root": "x"}}, "batch_config"),
    ],
)
def test_a_setting_that_cannot_be_followed_is_a_readable_error(
    box: Sandbox, setting: dict[str, Any], words: str
) -> None:
    output = forked(config_of(box, "voiso", batch_config=setting))
    assert output.exit_code == 1
    assert words in output.stderr
    assert "Traceback" not in output.stderr
