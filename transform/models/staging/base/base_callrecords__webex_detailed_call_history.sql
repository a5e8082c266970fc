{{ stream_table('webex', 'webex_detailed_call_history') }}
