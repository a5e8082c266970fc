{{ stream_table('eightx8', 'eightx8_recent_calls') }}
