"""The report's figures out of the tap's tables, by SQL that shares nothing with the models: vendors' fields read again.

DuckDB only: that the page is the same in the other warehouses is a test of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from tests.transform.warehouse import TYPES, DuckDBWarehouse

_WORK = """
with records as (
    from eightx8_call_records
    union all by name
    from eightx8_cdr_call_records as old anti join eightx8_call_records as new using (pbx_id, call_id)
),
queued as (
    select pbx_id, call_id, any_value(callee_name) as queue from eightx8_call_legs
    where callee_svc_name like 'ACD%' group by all
)
select
    pbx_id || ':' || call_id as id, pbx_id as account, start_time_utc as started_at, disconnected_time_utc as ended_at,
    case
        when regexp_full_match(caller, '\\d{2,7}') and regexp_full_match(callee, '\\d{4,7}') then 'internal'
        else map {'Incoming': 'inbound', 'Outgoing': 'outbound', 'Internal': 'internal'}[direction]
    end as direction,
    case
        when answered = 'Answered' or talk_time_ms > 0 then 'answered'
        when last_leg_disposition = 'Voicemail' then 'voicemail'
        when abandoned = 'Abandoned' then 'abandoned'
        when missed = 'Missed' or last_leg_disposition = 'Missed' then 'missed'
        else 'other'
    end as outcome,
    queue, wait_time_ms / 1000 as wait, talk_time_ms / 1000 as talk, 0 as wrapup, caller, callee, true as tells_waits
from records left join queued using (pbx_id, call_id)
union all
select
    pbx_id || ':' || call_id, pbx_id, min(start_time_utc), max(disconnected_time_utc),
    map {'Incoming': 'inbound', 'Outgoing': 'outbound', 'Internal': 'internal'}[any_value(direction)],
    case
        when bool_or(answered = 'Answered') then 'answered'
        when bool_or(props_last_party_disp = 'Voicemail') then 'voicemail'
        when bool_or(abandoned = 'Abandoned') then 'abandoned'
        when bool_or(status = 'In Progress') then 'in_progress'
        else 'missed'
    end,
    any_value(callee_name) filter (callee_svc_name like 'ACD%'), null, sum(talk_time_ms) / 1000, 0,
    any_value(caller), any_value(callee), true
from eightx8_call_legs anti join records using (pbx_id, call_id)
group by pbx_id, call_id
"""

_CONTACT_CENTER = """
with report as (
    select
        interaction_id as call_id, min(creation_time_utc) as started_at, max(finished_time) as ended_at,
        any_value(media_type) as medium, any_value(direction) as direction, any_value(interaction_type) as kind,
        string_agg(interaction_labels::text || coalesce(outcome, ''), ' ') as labels,
        string_agg(participants::text, ' ') as people,
        any_value(queue_name) as queue, max(queue_id) as queue_id, sum(queue_wait_duration) as wait,
        sum(participant_handling_duration) as talk, sum(participant_wrap_up_duration) as wrapup,
        sum(time_to_abandon) as given_up, any_value(coalesce(customer_phone, origination)) as caller,
        any_value(coalesce(destination, customer_phone)) as callee
    from eightx8_interactions group by interaction_id
),
recent as (select distinct on (call_id) * from eightx8_recent_calls order by call_id, call_duration desc)
select
    call_id as id, split_part(call_id, '-', -1) as account, coalesce(report.started_at, call_date_utc) as started_at,
    coalesce(report.ended_at, call_date_utc + to_milliseconds(call_duration)) as ended_at,
    case
        when kind in ('InternalCall', 'ConsultationCall') then 'internal'
        when coalesce(direction, call_type) ilike 'inbound%' then 'inbound'
        when coalesce(direction, call_type) ilike 'outbound%' then 'outbound'
    end as direction,
    case
        when labels like '%Handled%' or talk > 0 then 'answered'
        when labels like '%ForwardedToVoicemail%' then 'voicemail'
        when labels like '%Abandoned%' or given_up > 0 then 'abandoned'
        when labels like '%Dequeued%' then 'missed'
        when people like '%Accepted%' then 'answered'
        when people like '%OfferTimeout%' then 'missed'
        when agent_call_handling_duration > 0 then 'answered'
        when abandon_time > 0 then 'abandoned'
        when call_type ilike 'outbound' or wait_time > 0 then 'missed'
        when time_in_ivr > 0 then 'completed'
        else 'other'
    end as outcome,
    coalesce(queue, report.queue_id, queue_ids ->> 0) as queue,
    coalesce(nullif(wait, 0), nullif(abandon_time, 0), wait_time, wait) / 1000 as wait,
    coalesce(nullif(talk, 0), agent_call_handling_duration, talk) / 1000 as talk,
    coalesce(wrapup, 0) / 1000 as wrapup, coalesce(report.caller, caller_number) as caller,
    coalesce(report.callee, dialed_number, destination_number) as callee, true as tells_waits
from report full join recent using (call_id)
where coalesce(medium, 'Phone') = 'Phone'
"""

_WEBEX = """
with legs as (
    from webex_detailed_call_history
    union all by name
    from webex_live_call_history as live anti join webex_detailed_call_history as feed using (report_id)
),
told as (
    select
        correlation_id as id, any_value(org_uuid) as account, min(start_time) as started_at,
        max(coalesce(release_time, report_time)) as ended_at,
        case
            when bool_or(call_type = 'SIP_ENTERPRISE') then 'internal'
            when bool_or(call_type = 'SIP_INBOUND') then 'inbound'
            when bool_or(direction = 'ORIGINATING') then 'outbound'
            else 'inbound'
        end as direction,
        coalesce(
            list({leg: legs}) filter (direction = 'TERMINATING' and user_type in ('User', 'Place', 'VirtualLine')),
            list({leg: legs}) filter (direction = 'TERMINATING'),
            list({leg: legs})
        ) as parties,
        bool_or(answered and user_type ilike 'voicemail%') as reached_voicemail,
        min_by(user, start_time) filter (user_type in ('HuntGroup') or user_type like 'CallCenter%') as queue,
        min(start_time) filter (user_type in ('HuntGroup') or user_type like 'CallCenter%') as queued_at,
        min_by(release_time, start_time) filter (user_type in ('HuntGroup') or user_type like 'CallCenter%') as left_at,
        min_by(calling_number, start_time) as caller,
        min_by(called_number, start_time) as callee
    from legs group by correlation_id
),
judged as (
    select
        *,
        [p.leg for p in parties if p.leg.answered and not regexp_matches(p.leg.user_type, '^(Auto|VoiceM)')] as takers,
        [p.leg.call_outcome_reason for p in parties if not p.leg.answered] as reasons
    from told
)
select
    id, account, started_at, ended_at, direction,
    case
        when len(takers) > 0 then 'answered'
        when reached_voicemail then 'voicemail'
        when list_contains(reasons, 'Normal') then 'abandoned'
        when list_contains(reasons, 'UserBusy') then 'busy'
        when list_bool_or([p.leg.answered for p in parties]) then 'completed'
        else 'missed'
    end as outcome,
    queue,
    epoch_ms(
        (case when len(takers) > 0 then list_min([t.answer_time for t in takers]) else left_at end) - queued_at
    ) / 1000 as wait,
    coalesce(list_sum([t.duration for t in takers]), 0) as talk, 0 as wrapup, caller, callee, true as tells_waits
from judged
"""

_VOISO = """
select
    uuid as id, 'default' as account, timestamp_utc - to_seconds(duration_seconds) as started_at,
    timestamp_utc as ended_at,
    case
        when kind = 'inbound' then 'inbound'
        when kind in ('outbound', 'dialer', 'campaign', 'click to call') or kind like '%callback' then 'outbound'
    end as direction,
    coalesce(map {
        'answered': 'answered', 'answered_by_vm': 'voicemail', 'machine_answered': 'voicemail', 'busy': 'busy',
        'abandoned': 'abandoned', 'dialer_abandoned': 'abandoned', 'system_abandoned': 'abandoned',
        'missed': 'missed', 'no_answer': 'missed', 'failed': 'failed', 'rejected': 'rejected',
        'system_reject': 'rejected'
    }[lower(disposition)], 'other') as outcome,
    queue, null as wait, null as talk, 0 as wrapup, from_party as caller, to_party as callee,
    false as tells_waits
from (select *, translate(lower(type), '_-', '  ') as kind from voiso_cdr)
where direction is not null
"""

_ZOOM = """
with sides as (
    select mine.call_history_uuid as record, min(theirs.call_history_uuid) as kept
    from zoom_phone_calls as mine join zoom_phone_calls as theirs using (account_id, call_id)
    where mine.connect_type = 'internal' and theirs.connect_type = 'internal'
        and mine.direction = 'outbound' and theirs.direction = 'inbound'
        and abs(epoch(mine.start_time) - epoch(theirs.start_time)) <= 2
    group by record
),
legs as (
    select coalesce(kept, call_history_uuid) as call, *,
        coalesce(callee_ext_type, '') in ('call_queue', 'shared_line_group', 'group_call_pickup') as is_queue,
        result in ('answered', 'accepted', 'picked_up', 'connected') and trim(result_reason) is distinct from
            'answered_by_other' and coalesce(callee_ext_type, '') != 'auto_receptionist' as is_taken
    from zoom_phone_call_legs left join sides on record = call_history_uuid
),
seconds as (
    select call, count(distinct moment) as talk from (
        select call, unnest(generate_series(answer_time, end_time - interval 1 second, interval 1 second)) as moment
        from legs where is_taken and not is_queue and end_time > answer_time
    ) group by call
),
queued as (
    select distinct on (call) call, callee_name as queue,
        coalesce(waiting_time, wait_time, epoch(coalesce(answer_time, end_time)) - epoch(start_time)) as wait
    from legs where is_queue order by call, segment, start_time, element_number
),
judged as (
    select *, case
        when call_result in ('answered', 'accepted', 'picked_up', 'connected') then 'answered'
        when call_result in ('ring_timeout', 'no_answer', 'overflowed') then 'missed'
        when call_result in ('abandoned', 'canceled', 'hang_up') then 'abandoned'
        when call_result in ('voicemail', 'busy') then call_result
        else 'other'
    end as outcome
    from zoom_phone_calls
)
select
    call_history_uuid as id, account_id as account, start_time as started_at, end_time as ended_at,
    if(connect_type = 'internal', 'internal', direction) as direction, outcome,
    coalesce(
        queue,
        case when callee_ext_type in ('call_queue', 'shared_line_group', 'group_call_pickup') then callee_name end
    ) as queue,
    wait, if(outcome = 'answered', coalesce(talk, epoch(end_time) - epoch(answer_time)), null) as talk, 0 as wrapup,
    coalesce(caller_did_number, caller_ext_number) as caller, coalesce(callee_did_number, callee_ext_number) as callee,
    wait is not null as tells_waits
from judged anti join sides on record = call_history_uuid
left join seconds on seconds.call = call_history_uuid left join queued on queued.call = call_history_uuid
"""

CALLS = {
    "eightx8_work": _WORK,
    "eightx8_contact_center": _CONTACT_CENTER,
    "webex_calling": _WEBEX,
    "voiso": _VOISO,
    "zoom_phone": _ZOOM,
}
"""For each vendor the query of its voice calls: how each began, ended, waited and talked."""

FIGURES = {
    "calls": ("count(*)", "null"),
    "answered": ("count_if(inbound and outcome = 'answered')", "count_if(inbound)"),
    "missed": ("count_if(inbound and outcome = 'missed')", "count_if(inbound)"),
    "abandoned": ("count_if(offered and outcome = 'abandoned')", "count_if(offered)"),
    "service_level": (
        "count_if(offered and outcome = 'answered' and wait <= 20)",
        "count_if(offered and tells_waits and (wait is not null or outcome != 'answered'))",
    ),
    "speed_of_answer": (
        "coalesce(sum(wait) filter (offered and outcome = 'answered'), 0)",
        "count(wait) filter (offered and outcome = 'answered')",
    ),
    "talk_time": (
        "coalesce(sum(talk) filter (outcome = 'answered'), 0)",
        "count(talk) filter (outcome = 'answered')",
    ),
    "handling_time": (
        "coalesce(sum(talk + wrapup) filter (outcome = 'answered'), 0)",
        "count(talk) filter (outcome = 'answered')",
    ),
    "repeat_callers": ("count_if(repeats)", "count_if(inbound and number is not null)"),
    "first_call_resolution": (
        "count_if(settled and not followed)",
        "count_if(settled)",
    ),
}
"""For each figure its numerator and denominator over `told`."""


class RawRows:
    """The tap's tables of a DuckDB file, and the calls that they tell of."""

    def __init__(self, warehouse: Path) -> None:
        self._database = duckdb.connect()
        self._database.execute(f"attach '{warehouse}' as warehouse (read_only)")
        present = {
            name
            for (name,) in self.ask(
                "select table_name from duckdb_tables()"
                " where database_name = 'warehouse' and schema_name = 'callrecords'"
            )
        }
        for stream, columns in TYPES.items():
            typed = ", ".join(f'"{name}" {DuckDBWarehouse.SQL_TYPES[kind]}' for name, kind in columns.items())
            self._database.execute(
                f"create view {stream} as from warehouse.callrecords.{stream}"
                if stream in present
                else f"create table {stream} ({typed})"
            )
        each = " union all by name ".join(
            f"select '{vendor}' as vendor, * from ({query})" for vendor, query in CALLS.items()
        )
        side = "(case direction when 'inbound' then caller when 'outbound' then callee end)"
        digits = f"regexp_replace({side}, '\\D', '', 'g')"
        self._database.execute(
            f"""
            create table raw_calls as
            select *,
                case when len({digits}) = 10 then '1' || {digits} else coalesce(nullif({digits}, ''), {side}) end
                    as number,
                direction = 'inbound' as inbound, queue is not null and direction != 'outbound' as offered
            from ({each}) where started_at is not null
            """
        )
        other = (
            "told.inbound and exists (from raw_calls as other where other.inbound and other.number = told.number"
            " and (other.vendor, other.id) != (told.vendor, told.id)"
            " and other.started_at between {} and {})"
        )
        self._database.execute(
            f"""
            create table told as
            select *,
                {other.format("told.started_at - interval 7 days", "told.started_at")} as repeats,
                {other.format("told.started_at", "told.started_at + interval 7 days")} as followed,
                inbound and number is not null and outcome = 'answered'
                    and started_at + interval 7 days < max(started_at) over () as settled
            from raw_calls as told
            """
        )

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query of `told`: a row for each voice call."""
        return self._database.execute(query).fetchall()

    def figures(self, by: str = "vendor") -> dict[tuple[str, str], tuple[float, float | None]]:
        """Numerator and denominator of each figure, by a column of the calls."""
        columns = ", ".join(f"{part}::double" for pair in FIGURES.values() for part in pair)
        return {
            (row[0], name): (round(row[1 + 2 * at], 3), row[2 + 2 * at])
            for row in self.ask(f"select {by}, {columns} from told where {by} is not null group by {by}")
            for at, name in enumerate(FIGURES)
        }


def compare(data: Mapping[str, Any], raw: RawRows) -> None:
    """Everything that a page with all calls tells, held against the raw rows: each figure, chart and list of it."""
    figures = {name: (numerator, denominator) for name, _, _, numerator, denominator, _, _ in data["figures"]}
    assert figures.keys() == FIGURES.keys()

    def shown(vendor: str, column: str | None) -> float | None:
        at = 3 + data["measures"].index(column) if column else 0
        return round(sum(row[at] or 0 for row in data["daily"] if row[1] == vendor), 3) if column else None

    told = raw.figures()
    for vendor in CALLS:
        for name, columns in figures.items():
            assert tuple(shown(vendor, column) for column in columns) == told[vendor, name], (vendor, name)

    def rows(query: str) -> list[list[Any]]:
        return [list(row) for row in raw.ask(query)]

    assert sorted(data["outcomes"]) == rows(
        "select started_at::date::text, vendor, direction, outcome, count(*) from told group by all order by all"
    )
    queues: dict[tuple[str, str], list[float]] = {}
    for _, vendor, key, *counts in data["queues"]:
        sums = queues.setdefault((vendor, data["queue_names"][key]), [0.0] * len(counts))
        queues[vendor, data["queue_names"][key]] = [a + (b or 0) for a, b in zip(sums, counts, strict=True)]
    offered, abandoned = FIGURES["abandoned"][::-1]
    level, speed = FIGURES["service_level"], FIGURES["speed_of_answer"]
    assert {name: [round(each, 3) for each in sums] for name, sums in queues.items()} == {
        (vendor, queue): [float(round(each, 3)) for each in sums]
        for vendor, queue, *sums in raw.ask(
            f"select vendor, queue, {offered}, {abandoned}, {level[1]}, {level[0]}, {speed[1]}, {speed[0]}::double"
            " from told where offered group by all"
        )
    }
    assert [[*row[:4], round(row[4], 2)] for row in sorted(data["hours"])] == [
        [*row[:4], round(row[4], 2)]
        for row in rows(
            "with spans as (select vendor, account, min(started_at)::date as first, max(started_at)::date as last"
            " from told group by all),"
            " days as (select *, unnest(generate_series(first, last, interval 1 day)) as day from spans),"
            " dates as (select vendor, account, isodow(day) as weekday, count(*) as days from days group by all),"
            " counted as (select vendor, account, direction, isodow(started_at) as weekday,"
            " hour(started_at) as clock, count(*) as calls from told group by all)"
            " select weekday, clock, vendor, direction, sum(calls / days)::double"
            " from counted join dates using (vendor, account, weekday) group by all order by all"
        )
    ]
    waiting = raw.ask(
        "select number, min(started_at), count(*) from told"
        " where inbound and outcome in ('missed', 'abandoned') and number is not null and not exists ("
        "from told as later where later.number = told.number and later.outcome = 'answered'"
        " and later.started_at >= told.started_at) group by number order by 2, 1"
    )
    assert sum(data["to_return"].values()) == len(waiting)
    listed = [(row[0].lstrip("+"), row[3], row[4]) for row in data["returns"]]
    assert set(listed) <= {(number, since.strftime("%Y-%m-%d %H:%M"), calls) for number, since, calls in waiting}
    assert len(listed) == sum(min(count, data["returns_shown"]) for count in data["to_return"].values())
    assert [[row[1], row[5], round(row[4], 3)] for row in data["waits"]] == rows(
        "select vendor, direction, wait::double from told where wait > 0"
        f" qualify row_number() over (partition by vendor, direction order by wait desc) <= {data['waits_shown']}"
        " order by wait desc, vendor || ':' || account || ':' || id"
    )
