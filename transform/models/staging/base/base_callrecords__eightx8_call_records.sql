{{ stream_table('eightx8', 'eightx8_call_records') }}
