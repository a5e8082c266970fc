{#
  Which rows an incremental run takes: those that are not here yet, whatever their age (a back-fill, another account),
  and those near the newest that is here, which the tap may have read again. `rows` is the alias of the candidates.
  The newest is taken per account, so one that lags behind is not judged by another, and never later than now, so one
  row from the future does not end the look-back.
#}
{% macro changed_since_last_run(rows, key) %}
{%- if is_incremental() %}
{%- set now = "cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as " ~ tap_callrecords.type_of('timestamp') ~ ")" %}
left join {{ this }} as known
    on known.{{ key }} = {{ rows }}.{{ key }} and known.source_stream = {{ rows }}.source_stream
left join (
    select vendor, account, max(source_at) as source_at
    from {{ this }}
    group by vendor, account
) as reached on reached.vendor = {{ rows }}.vendor and reached.account = {{ rows }}.account
where known.{{ key }} is null
    or {{ rows }}.source_at >= {{ tap_callrecords.hours_before(
        "least(coalesce(reached.source_at, " ~ now ~ "), " ~ now ~ ")",
        var('lookback_hours', 24) + var('longest_call_hours', 12)) }}
{%- endif %}
{% endmacro %}
