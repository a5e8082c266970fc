with every_leg as (
    {{ union_of(models_of('legs'), leg_columns()) }}
)

select
    every_leg.*,
    {{ member_key('every_leg', 'queue') }} as queue_key,
    {{ member_key('every_leg', 'agent') }} as agent_key
from every_leg
