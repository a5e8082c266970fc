{{ stream_table('webex', 'webex_live_call_history') }}
