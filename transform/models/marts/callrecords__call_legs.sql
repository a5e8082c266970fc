with every_leg as (
    {{ union_of(
        ['stg_callrecords__eightx8_call_legs', 'stg_callrecords__eightx8_interaction_participants',
         'stg_callrecords__webex_call_legs'],
        leg_columns(),
    ) }}
)

select
    every_leg.*,
    {{ member_key('every_leg', 'queue') }} as queue_key,
    {{ member_key('every_leg', 'agent') }} as agent_key
from every_leg
