{{ union_of(models_of('queues'), ['queue_key', 'vendor', 'account', 'queue_id', 'queue_name']) }}
