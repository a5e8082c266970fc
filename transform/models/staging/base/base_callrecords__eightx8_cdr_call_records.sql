{{ stream_table('eightx8', 'eightx8_cdr_call_records') }}
