{{ stream_table('voiso', 'voiso_campaigns') }}
