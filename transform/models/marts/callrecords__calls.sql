{%- set international = "vendor in ('" ~ vendors_that('writes_country') | join("', '") ~ "')" -%}
{{ config(contract={'enforced': extra_columns() | length == 0}) }}

with numbered as (
    select
        {{ call_columns() | join(', ') | replace('leg_count', 'cast(leg_count as bigint) as leg_count') }},
        {{ e164('caller_number', international) }} as caller_e164,
        {{ e164('callee_number', international) }} as callee_e164
    from {{ ref('tap_callrecords', 'int_callrecords__every_call') }}
)

select
    numbered.*,
    case
        when direction = 'inbound' then coalesce(caller_e164, caller_number)
        when direction = 'outbound' then coalesce(callee_e164, callee_number)
    end as customer_number,
    vendor || ':' || {{ owner('account') }} || ':' || coalesce(linked_id, vendor_call_id) as contact_key,
    {{ member_key('numbered', 'queue') }} as queue_key,
    {{ member_key('numbered', 'agent') }} as agent_key
from numbered
