select call_key, vendor, caller_id as agent_id, caller_name as agent_name
from {{ ref('tap_callrecords', 'stg_callrecords__zoom_phone_calls') }}
where record_key = call_key and direction = 'internal' and caller_id is not null
