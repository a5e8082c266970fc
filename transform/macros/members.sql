{# The key of a call's queue or agent (`kind`), by its id or else its name; null when there is none. #}
{% macro member_key(rows, kind) -%}
    {{ rows }}.vendor || ':' || {{ tap_callrecords.owner(rows ~ '.account', rows ~ '.') }} || ':' || coalesce({{ rows }}.{{ kind }}_id, {{ rows }}.{{ kind }}_name)
{%- endmacro %}

{# Every queue or agent (`kind`) that calls and legs name, with its newest name and when it was seen. #}
{% macro members_seen(kind) %}
seen as (
    select {{ kind }}_key, vendor, account, {{ kind }}_id, {{ kind }}_name, coalesce(started_at, source_at) as seen_at
    from {{ ref('tap_callrecords', 'callrecords__calls') }}
    where {{ kind }}_key is not null

    union all

    select {{ kind }}_key, vendor, account, {{ kind }}_id, {{ kind }}_name, coalesce(started_at, source_at) as seen_at
    from {{ ref('tap_callrecords', 'callrecords__call_legs') }}
    where {{ kind }}_key is not null
    {%- if kind == 'agent' %}

    union all

    select agent_key, vendor, account, agent_id, agent_name, started_at as seen_at
    from {{ ref('tap_callrecords', 'int_callrecords__agent_work') }}
    {%- endif %}
),

ranked as (
    select
        seen.*,
        row_number() over (
            partition by {{ kind }}_key
            order by case when {{ kind }}_name is null then 1 else 0 end asc, seen_at desc, {{ kind }}_name asc
        ) as name_rank
    from seen
),

members as (
    select
        {{ kind }}_key,
        vendor,
        account,
        max({{ kind }}_id) as {{ kind }}_id,
        max(case when name_rank = 1 then {{ kind }}_name end) as {{ kind }}_name,
        min(seen_at) as first_seen_at,
        max(seen_at) as last_seen_at
    from ranked
    group by {{ kind }}_key, vendor, account
)
{% endmacro %}
