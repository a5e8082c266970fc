{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='call_key', on_schema_change='append_new_columns') }}

with every_call as (
    {{ union_of(
        ['int_eightx8_work_calls', 'int_eightx8_contact_center_calls', 'int_webex_calling_calls', 'stg_voiso_cdr'],
        call_columns(),
    ) }}
)

select
    every_call.*,
    {{ member_key('every_call', 'queue') }} as queue_key,
    {{ member_key('every_call', 'agent') }} as agent_key
from every_call
{{ changed_since_last_run('every_call', 'call_key') }}
