{{ stream_table('voiso', 'voiso_wrapup_codes') }}
