with listed as (
    select source_relation, id, name, false as is_deleted
    from {{ ref('tap_callrecords', 'base_callrecords__voiso_agents') }}

    union all

    select source_relation, id, name, true as is_deleted
    from {{ ref('tap_callrecords', 'base_callrecords__voiso_deleted_agents') }} as gone
    where not exists (
        select 1
        from {{ ref('tap_callrecords', 'base_callrecords__voiso_agents') }} as kept
        where {{ same_source('kept', 'gone') }}kept.id = gone.id
    )
)

select
    {{ key_of('voiso', voiso_account(), ["cast(id as " ~ type_of('text') ~ ")"]) }} as agent_key,
    'voiso' as vendor,
    {{ voiso_account() }} as account,
    cast(id as {{ type_of('text') }}) as agent_id,
    name as agent_name,
    is_deleted
from listed
