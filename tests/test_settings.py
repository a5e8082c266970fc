"""Settings: what is not set, what nobody knows, and numbers and dates from the edges of what can be written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import SingerSDKError

from tap_callrecords.tap import SETTINGS, TapCallRecords
from tests.faults.test_errors import DOT_ENV
from tests.support.forked import forked

ALL_SOURCES = {
    "eightx8_work_api_key": "a key for tests",
    "eightx8_work_username": "a user",
    "eightx8_work_password": "a password",
    "eightx8_contact_center_api_key": "a key for tests",
    "eightx8_contact_center_token": "a token for tests",
    "eightx8_contact_center_tenant_id": "tenant",
    "eightx8_analytics_key": "a key for tests",
    "eightx8_analytics_secret": "a secret for tests",
    "webex_access_token": "a token for tests",
    "voiso_api_key": "a key for tests",
    "voiso_cluster": "cluster1",
}
VOISO = {"voiso_api_key": "a key for tests", "voiso_api_url": "http://127.0.0.1:1", "max_attempts": 1}
NUMBERS = {name: each for name, each in SETTINGS.properties.items() if "minimum" in each}
FLATTENING = {"flattening_enabled": True, "flattening_max_depth": 1}
INSTANTS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"),
            *("9999-12-31T23:59:59-12:00", "2026-01-31", "2026-02-30T00:00:00Z", "2026-12-31T23:59:60Z", "", "never"),
        ]
    ),
    st.datetimes().map(lambda instant: instant.isoformat() + "Z"),
)


def numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema["minimum"], schema["maximum"]
    return st.one_of(
        st.sampled_from([least, most, least - 1, most + 1, 1e8, 1e10, 1e11, 1e300, 24.0, 0.5, -1, float("nan")]),
        st.integers(),
        st.integers(least, most),
    )


def bookmarks(value: str | None) -> dict[str, Any]:
    streams = TapCallRecords(config={}, validate_config=False).streams.values()
    return {
        "bookmarks": {
            stream.name: {"replication_key": stream.replication_key, "replication_key_value": value}
            for stream in streams
            if stream.replication_key
        }
    }


@settings(max_examples=60)
@given(
    st.fixed_dictionaries({}, optional={name: numbers(each) for name, each in NUMBERS.items()}),
    INSTANTS,
    INSTANTS,
    INSTANTS,
)
@example({"lookback_hours": 1e8}, None, None, None)
@example({"lookback_hours": 87_600}, None, None, "0001-01-01T00:00:00Z")
@example({"settle_minutes": 1e10}, None, None, None)
@example({"window_hours": 1e11}, None, None, None)
@example({"request_timeout_seconds": 1e10}, None, None, None)
def test_any_number_and_any_date_leads_to_a_plan_or_to_a_readable_error(
    given_numbers: dict[str, Any], start: str | None, end: str | None, bookmark: str | None
) -> None:
    flattening = FLATTENING if any(name in given_numbers for name in NUMBERS if name.startswith("flattening")) else {}
    config = {**ALL_SOURCES, **flattening, **given_numbers, "start_date": start, "end_date": end}
    try:
        tap = TapCallRecords(config=config, state=bookmarks(bookmark))
        for stream in tap.streams.values():
            windows = stream.plan()[1]  # type: ignore[attr-defined]
            assert all(window.start < window.end for window in windows) or not stream.replication_key
    except SingerSDKError as error:
        assert str(error).endswith("."), error  # noqa: PT017 - one of two good ends


def test_every_number_has_bounds_and_says_them() -> None:
    assert len(NUMBERS) >= 13
    for each in NUMBERS.values():
        assert each["description"].endswith(f" From {each['minimum']} to {each['maximum']}.")


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_not_set_whatever_its_setting_takes(empty: str) -> None:
    environment = {f"TAP_CALLRECORDS_{name.upper()}": empty for name in SETTINGS.properties}
    environment |= {f"TAP_CALLRECORDS_{name.upper()}": str(value) for name, value in VOISO.items()}
    out = forked(None, "--config", "ENV", environment=environment)
    assert "127.0.0.1 refused the connection; gave up after 1 tries" in out.stderr
    assert "Traceback" not in out.stderr


def test_an_empty_line_of_an_env_file_is_not_set() -> None:
    lines = [*(f"TAP_CALLRECORDS_{name.upper()}=" for name in SETTINGS.properties if name not in VOISO), ""]
    lines += [f"TAP_CALLRECORDS_{name.upper()}={json.dumps(value)}" for name, value in VOISO.items()]
    out = forked(None, "--config", "ENV", before=f"{DOT_ENV}open(file, 'w').write({chr(10).join(lines)!r})")
    assert "127.0.0.1 refused the connection; gave up after 1 tries" in out.stderr
    assert "Traceback" not in out.stderr


def test_an_empty_member_of_an_array_is_not_set() -> None:
    config = {**VOISO, "webex_locations": ["", " "], "eightx8_work_pbx_ids": ["", "one"], "user_agent": ""}
    tap = TapCallRecords(config=config)
    assert tap.config.get("webex_locations") is None
    assert tap.config["eightx8_work_pbx_ids"] == ["one"]
    assert TapCallRecords(config={**VOISO, "eightx8_work_pbx_ids": [""]}).config["eightx8_work_pbx_ids"] == ["allpbxes"]
    assert "user_agent" not in tap.config


def test_a_whole_number_that_is_written_as_a_decimal_is_one() -> None:
    out = forked({**VOISO, "max_attempts": 2.0, "parallel_windows": 2.0, "voiso_page_size": 5e3})
    assert "gave up after 2 tries" in out.stderr


def test_a_name_that_nobody_knows_is_warned_of_with_the_nearest_one() -> None:
    out = forked({**VOISO, "pii_modus": "hash", "stream_map": {}, "zzz": 1})
    assert "There is no setting pii_modus: it is ignored. Did you mean pii_mode?" in out.stderr
    assert "There is no setting stream_map: it is ignored. Did you mean stream_maps?" in out.stderr
    assert "There is no setting zzz: it is ignored.\n" in out.stderr


def test_a_variable_that_nobody_knows_is_warned_of_but_not_that_of_another_program() -> None:
    ours = {"TAP_CALLRECORDS_VOISO_APIKEY": "x", "TAP_CALLRECORDS_WAREHOUSE": "x", "TAP_CALLRECORDS__SELECT": "[]"}
    out = forked(VOISO, environment={**ours, "TAP_CALLRECORDS_LOGLEVEL": "info"})
    assert out.stderr.count("There is no setting") == 1
    assert "There is no setting voiso_apikey: it is ignored. Did you mean voiso_api_key?" in out.stderr


def test_known_names_are_not_warned_of() -> None:
    known = {"stream_maps": {}, "stream_map_config": {}, "flattening_enabled": False, "flattening_separator": "_"}
    assert "There is no setting" not in forked({**VOISO, **known}).stderr


def test_meltano_s_variables_for_the_members_of_an_object_are_not_taken_for_slips() -> None:
    variables = {"TAP_CALLRECORDS_STREAM_MAPS_VOISO_CDR_NOTE": "x"}
    maps = {"stream_maps": {"voiso_cdr": {"note": "'x'"}}}
    assert "There is no setting" not in forked({**VOISO, **maps}, environment=variables).stderr
    assert "There is no setting stream_maps_voiso_cdr_note" in forked(VOISO, environment=variables).stderr


@pytest.mark.parametrize(
    ("config", "state"),
    [
        ({"start_date": "2999-01-01T00:00:00Z"}, None),
        ({"end_date": "1999-01-01T00:00:00Z"}, None),
        ({"end_date": "2020-01-01T00:00:00Z"}, "2025-01-01T00:00:00.000Z"),
    ],
)
def test_a_run_that_has_nothing_to_read_says_so(config: dict[str, Any], state: str | None) -> None:
    catalog: dict[str, Any] = json.loads(TapCallRecords(config=VOISO).catalog_json_text)
    catalog["streams"] = [each for each in catalog["streams"] if each["stream"] == "voiso_cdr"]
    out = forked({**VOISO, **config}, catalog=catalog, state=bookmarks(state) if state else None)
    assert out.exit_code == 0, out.stderr
    assert out.stderr.count("There is nothing to read: this run would begin at") == 1
