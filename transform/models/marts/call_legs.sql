{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='leg_key', on_schema_change='append_new_columns') }}

with every_leg as (
    {{ union_of(['stg_eightx8_call_legs', 'stg_eightx8_interaction_participants', 'stg_webex_call_legs'], leg_columns()) }}
)

select
    every_leg.*,
    {{ member_key('every_leg', 'queue') }} as queue_key,
    {{ member_key('every_leg', 'agent') }} as agent_key
from every_leg
{{ changed_since_last_run('every_leg', 'leg_key') }}
