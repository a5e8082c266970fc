with {{ members_seen('agent') }},

listed as (
    select source_relation, {{ voiso_account() }} as account, id, name, false as is_deleted
    from {{ ref('tap_callrecords', 'base_callrecords__voiso_agents') }}

    union all

    select source_relation, {{ voiso_account() }} as account, id, name, true as is_deleted
    from {{ ref('tap_callrecords', 'base_callrecords__voiso_deleted_agents') }} as gone
    where not exists (
        select 1
        from {{ ref('tap_callrecords', 'base_callrecords__voiso_agents') }} as kept
        where {{ same_source('kept', 'gone') }}kept.id = gone.id
    )
),

keyed as (
    select
        {{ key_of('voiso', 'account', ["cast(id as " ~ type_of('text') ~ ")"]) }} as agent_key,
        account,
        cast(id as {{ type_of('text') }}) as agent_id,
        name as agent_name,
        is_deleted
    from listed
)

select
    coalesce(members.agent_key, keyed.agent_key) as agent_key,
    coalesce(members.vendor, 'voiso') as vendor,
    coalesce(members.account, keyed.account) as account,
    coalesce(members.agent_id, keyed.agent_id) as agent_id,
    coalesce(keyed.agent_name, members.agent_name) as agent_name,
    keyed.is_deleted,
    members.first_seen_at,
    members.last_seen_at
from members
full outer join keyed on keyed.agent_key = members.agent_key
