{{ stream_table('voiso', 'voiso_cdr') }}
