"""Voiso: fields and types of interactions of every kind, and of the lists (VO 6, 7, 11)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tests.sources.voiso import STREAM, ago, all_of, asked, box, fill, read, uuids
from tests.support.tap import sync

__all__ = ["box"]
LISTS = {
    "voiso_agents": "id",
    "voiso_deleted_agents": "id",
    "voiso_queues": "id",
    "voiso_teams": "id",
    "voiso_wrapup_codes": "code",
    "voiso_campaigns": "id",
}


def the_only(box: Sandbox, **fields: Any) -> dict[str, Any]:
    """The record of a row with these fields."""
    box.voiso.add_interactions(box.voiso.new_interaction(**fields))
    [record] = read(box).records(STREAM)
    return dict(record)


@pytest.fixture
def full() -> Any:
    with Sandbox(days=1, calls_per_day=40, samples=True) as full:
        yield full


def test_every_kind_of_interaction_of_the_samples_arrives_with_its_fields(full: Sandbox) -> None:
    records = {record["type"]: record for record in read(full, start=ago(days=4)).records(STREAM)}
    assert {"inbound", "outbound SMS", "chat", "whatsapp", "telegram", "hlr_ookup", "queue_callback"} <= set(records)
    sms = records["outbound SMS"]
    assert sms["related_call"] is None or len(sms["related_call"]) == 36
    assert records["chat"]["sla"] == {
        "time_to_first_response": "00:01:45",
        "time_to_first_response_seconds": 105,
        "time_to_resolution": "48:16:27",
        "time_to_resolution_seconds": 173_787,
        "time_to_reply": "00:00:23",
        "time_to_reply_seconds": 23,
    }
    assert records["whatsapp"]["sla"]["time_to_reply_seconds"] == 9
    assert records["telegram"]["sla"] is None
    assert all(record["_rescued_data"] is None for record in records.values())


def test_a_record_has_the_vendors_values_typed(box: Sandbox) -> None:
    ended = ago(hours=3)
    record = the_only(
        box,
        ended=ended,
        uuid="u",
        **{"from": "15550100001", "to": "15550100002"},
        wrapup_code="0007",
        cpc=0,
        agent_id=7,
    )
    assert record["timestamp_utc"] == ended.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert record["timestamp"].endswith("-03:00")
    assert (record["from_party"], record["to_party"]) == ("15550100001", "15550100002")
    assert (record["wrapup_code"], record["cpc"], record["agent_id"]) == ("0007", 0, 7)
    assert (record["duration"], record["duration_seconds"]) == ("00:01:19", 79)


@pytest.mark.parametrize(("duration", "seconds"), [("123:59:59", 446_399), ("00:00:00", 0), (None, None)])
def test_durations_have_any_number_of_hours(box: Sandbox, duration: str | None, seconds: int | None) -> None:
    record = the_only(box, duration=duration)
    assert (record["duration"], record["duration_seconds"]) == (duration, seconds)


@pytest.mark.parametrize("shape", ["object", "array", "several"])
def test_sla_is_an_object_or_the_first_of_a_list(box: Sandbox, shape: Any) -> None:
    fill(box, 3, type="chat", sla={})
    box.voiso.switches.sla = shape
    for record in read(box).records(STREAM):
        assert record["sla"]["time_to_resolution_seconds"] == 173_787
        assert (record["_rescued_data"] is not None) == (shape == "several")


@pytest.mark.parametrize("shape", ["null", "missing"])
def test_sla_may_be_absent(box: Sandbox, shape: Any) -> None:
    fill(box, 3, type="chat", sla={})
    box.voiso.switches.sla = shape
    assert [record["sla"] for record in read(box).records(STREAM)] == [None] * 3


@pytest.mark.parametrize(
    ("joined", "written"), [("-", "click-to-call"), ("_", "click_to_call"), ("odd", "carrier pigeon")]
)
def test_types_stay_as_the_vendor_wrote_them_and_none_is_filtered_out(box: Sandbox, joined: Any, written: str) -> None:
    fill(box, 4, type="click_to_call")
    box.voiso.switches.type_spelling = joined
    assert {record["type"] for record in read(box).records(STREAM)} == {written}
    assert not {"type", "disposition"} & {name for each in asked(box) for name in each.query}


def test_numbers_written_as_text_are_numbers(box: Sandbox) -> None:
    fill(box, 3, agent_id=56215, cpc=0.3972, num_segments=2)
    box.voiso.switches.numbers = "text"
    for record in read(box).records(STREAM):
        assert (record["agent_id"], record["cpc"], record["num_segments"]) == (56215, 0.3972, 2)


def test_values_that_do_not_fit_are_rescued(box: Sandbox) -> None:
    record = the_only(box, agent_id="none", duration="n/a", cpc=True)
    assert (record["agent_id"], record["duration"], record["duration_seconds"], record["cpc"]) == (
        None,
        "n/a",
        None,
        None,
    )
    assert record["_rescued_data"] == {"agent_id": "none", "duration": "n/a", "cpc": True}


@pytest.mark.parametrize("field", ["agent", "queue", "duration", "cpc", "timestamp", "type"])
def test_any_field_but_the_key_may_be_missing(box: Sandbox, field: str) -> None:
    fill(box, 6)
    box.voiso.switches.without = field
    out = read(box)
    assert uuids(out) == all_of(box)
    assert [record[field] is None for record in out.records(STREAM)].count(True) >= 3


def test_records_without_a_key_are_given_one_and_none_is_dropped(box: Sandbox) -> None:
    fill(box, 6)
    box.voiso.switches.without = "uuid"
    found = uuids(read(box, start=ago(days=2)))
    assert len(found) == 6
    assert sum(uuid.startswith("missing-") for uuid in found) == 3


def test_unknown_fields_are_rescued(box: Sandbox) -> None:
    fill(box, 2)
    box.voiso.switches.unknown_fields = True
    assert [record["_rescued_data"] for record in read(box).records(STREAM)] == [{"sandbox_field": "new"}] * 2


@pytest.mark.parametrize("shape", ["array", "object"])
def test_lists_are_read_whole_and_leave_no_bookmark(full: Sandbox, shape: Any) -> None:
    full.voiso.switches.lists = shape
    out = sync(full.voiso.config, streams=[*LISTS])
    assert out.error is None
    for stream, key in LISTS.items():
        rows = full.voiso.tables[stream.removeprefix("voiso_")]
        assert [record[key] for record in out.records(stream)] == [row[key] for row in rows]
        assert {record["_rescued_data"] for record in out.records(stream)} == {None}
        assert out.bookmarks(stream) == []
        assert not out.bookmark.get("bookmarks", {}).get(stream)
    assert len(full.requests) == len(LISTS)


@pytest.mark.parametrize(
    "named", ["link", "relative", "cursor", "digits", "number", "path", "more", "more_text", "pages", "none"]
)
@pytest.mark.parametrize("page", [1, 3, 100])
def test_lists_that_page_are_read_whole(full: Sandbox, named: Any, page: int) -> None:
    switches = full.voiso.switches
    switches.lists, switches.list_page, switches.list_next = "metadata", page, named
    out = sync(full.voiso.config, streams=[*LISTS])
    assert out.error is None
    for stream, key in LISTS.items():
        rows = full.voiso.tables[stream.removeprefix("voiso_")]
        assert [record[key] for record in out.records(stream)] == [row[key] for row in rows]
    assert {each.query["key"] for each in full.requests} == {full.voiso.api_key}


@pytest.mark.parametrize("end", ["null", "null_body", "refuse"])
@pytest.mark.parametrize("page", [3, 100])
@pytest.mark.parametrize("named", ["link", "cursor"])
def test_a_page_that_is_named_and_not_there_is_the_end_of_a_list_that_has_come(
    full: Sandbox, named: Any, page: int, end: Any
) -> None:
    switches = full.voiso.switches
    switches.lists, switches.list_page, switches.list_next, switches.list_end = "metadata", page, named, end
    out = sync(full.voiso.config, streams=[*LISTS])
    assert out.error is None
    for stream in LISTS:
        assert len(out.records(stream)) == len(full.voiso.tables[stream.removeprefix("voiso_")])


@pytest.mark.parametrize(
    ("end", "said"), [("null", "is cut: "), ("null_body", "is cut: "), ("refuse", "does not serve the list teams")]
)
def test_a_page_that_is_not_there_ends_no_list_that_counts_more(full: Sandbox, end: Any, said: str) -> None:
    switches = full.voiso.switches
    switches.lists, switches.list_page, switches.list_next, switches.list_end = "metadata", 2, "number", end
    switches.list_total_off = 1
    assert said in str(sync(full.voiso.config, streams=["voiso_teams"]).error)


@pytest.mark.parametrize("evil", ["NaN", "1e400", r'"\ud800"', '"\t"', '"\xfc"'])
def test_what_a_list_says_beside_its_entries_stops_nothing(full: Sandbox, evil: str) -> None:
    body = f'{{"said":{evil},"items":[{{"id":7,"name":"A"}}]}}'.encode("latin-1")
    full.faults.add(Fault("status", status=200, body=body, match="/cdr/teams", content_type="application/json"))
    out = sync(full.voiso.config, streams=["voiso_teams"])
    assert out.error is None
    assert [record["id"] for record in out.records("voiso_teams")] == [7]


@pytest.mark.parametrize("named", ["link", "none"])
def test_bare_lists_that_page_by_their_headers_are_read_whole(full: Sandbox, named: Any) -> None:
    full.voiso.switches.list_page, full.voiso.switches.list_next = 2, named
    out = sync(full.voiso.config, streams=["voiso_teams"])
    assert out.error is None
    assert out.records("voiso_teams") != []
    assert len(out.records("voiso_teams")) == len(full.voiso.tables["teams"])


@pytest.mark.parametrize("named", ["link", "cursor", "number", "none"])
def test_a_list_whose_further_pages_can_not_be_had_is_told(full: Sandbox, named: Any) -> None:
    switches = full.voiso.switches
    switches.lists, switches.list_page, switches.list_next, switches.list_pages_given = "metadata", 2, named, 1
    out = sync(full.voiso.config, streams=["voiso_wrapup_codes"])
    total = len(full.voiso.tables["wrapup_codes"])
    assert str(out.error) == (
        f"Voiso's list for stream voiso_wrapup_codes is cut: {total} entries are counted, 2 came, and no further page "
        "brings others. Report it to the vendor; until then deselect the stream."
    )
    assert len(out.records("voiso_wrapup_codes")) == 2


@pytest.mark.parametrize("named", ["more", "path", "pages"])
def test_a_list_that_says_only_that_there_is_more_is_told_when_that_can_not_be_had(full: Sandbox, named: Any) -> None:
    switches = full.voiso.switches
    switches.lists, switches.list_page, switches.list_next, switches.list_pages_given = "metadata", 2, named, 1
    out = sync(full.voiso.config, streams=["voiso_teams"])
    assert str(out.error) == (
        "Voiso's list for stream voiso_teams is cut: a further page is announced, but brings the entries of another "
        "one. Report it to the vendor; until then deselect the stream."
    )


def test_a_list_that_is_shorter_than_its_total_is_told(full: Sandbox) -> None:
    full.voiso.switches.lists, full.voiso.switches.list_total_off = "metadata", 3
    out = sync(full.voiso.config, streams=["voiso_campaigns"])
    assert "5 entries are counted, 2 came" in str(out.error)


def test_an_entry_that_a_list_repeats_and_counts_twice_stops_nothing(full: Sandbox) -> None:
    rows = [*full.voiso.tables["teams"]]
    body = {"items": [*rows, rows[0]], "metadata": {"total": str(len(rows) + 1)}}
    full.faults.add(Fault("status", match="/teams", status=200, body=body, content_type="application/json"))
    out = sync(full.voiso.config, streams=["voiso_teams"])
    assert out.error is None
    assert len(out.records("voiso_teams")) == len(rows)
    assert len(full.requests) == 1


@pytest.mark.parametrize("null", [False, True])
def test_an_empty_list_of_the_general_form_is_no_error(box: Sandbox, null: bool) -> None:
    box.voiso.switches.lists, box.voiso.switches.null_records = "metadata", null
    out = sync(box.voiso.config, streams=[*LISTS])
    assert out.error is None
    assert len(box.requests) == len(LISTS)


def test_an_agent_whose_id_is_text_keeps_its_key_when_its_name_changes(box: Sandbox) -> None:
    def agents(*rows: dict[str, Any]) -> list[dict[str, Any]]:
        box.voiso.tables["agents"].clear()
        box.voiso.tables["agents"].add(rows)
        return sync(box.voiso.config, streams=["voiso_agents"]).records("voiso_agents")

    one, two = "0b6c9a10-36b5-4d3b-9d5e-6f7f3a2f0001", "0b6c9a10-36b5-4d3b-9d5e-6f7f3a2f0002"
    before = agents({"id": one, "name": "Ada Example"}, {"id": two, "name": "Alan Example"})
    after = agents({"name": "Ada Married-Example", "id": one}, {"id": two, "name": "Alan Example"})
    assert [record["id"] for record in before] == [record["id"] for record in after]
    assert len({record["id"] for record in before}) == 2
    assert [record["_rescued_data"]["id"] for record in after] == [one, two]


def test_lists_are_read_again_by_the_next_run(full: Sandbox) -> None:
    first = sync(full.voiso.config, streams=[*LISTS])
    second = sync(full.voiso.config, streams=[*LISTS], state=first.bookmark)
    for stream in LISTS:
        assert second.records(stream) == first.records(stream)


def test_unknown_members_of_lists_are_rescued(full: Sandbox) -> None:
    full.voiso.switches.unknown_fields = True
    records = sync(full.voiso.config, streams=["voiso_teams"]).records("voiso_teams")
    assert {record["_rescued_data"]["sandbox_field"] for record in records} == {"new"}


def test_an_empty_list_is_no_error(box: Sandbox) -> None:
    out = sync(box.voiso.config, streams=[*LISTS])
    assert out.error is None
    assert sum(len(out.records(stream)) for stream in LISTS) == 0


def test_personal_data_is_dropped_on_demand(full: Sandbox) -> None:
    out = read(full, start=ago(days=4), pii_mode="drop")
    names = ("agent", "from_party", "to_party", "text", "sid", "destination_name")
    assert not any(record[name] for record in out.records(STREAM) for name in names)
    assert uuids(out) == all_of(full)
