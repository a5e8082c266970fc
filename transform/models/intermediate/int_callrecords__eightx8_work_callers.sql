select call_key, vendor, caller_number as agent_id, caller_name as agent_name
from {{ ref('tap_callrecords', 'int_callrecords__eightx8_work_calls') }}
where direction = 'internal' and caller_number is not null
