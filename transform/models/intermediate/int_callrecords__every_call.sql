{{ union_of(models_of('calls'), call_columns()) }}
