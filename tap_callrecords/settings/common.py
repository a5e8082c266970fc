"""The settings that all sources share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from singer_sdk import typing as th

from tap_callrecords.settings.kinds import Setting, secret, setting, text, whole

_TEN_YEARS_HOURS = 87_600
_YEAR_MINUTES = 525_600
_DAY_SECONDS = 86_400

# No default within: Meltano would set it, and with it the object, for everybody.
BATCH = setting(
    "batch_config",
    th.ObjectType(
        th.Property(
            "encoding",
            th.ObjectType(
                th.Property(
                    "format",
                    th.StringType,
                    allowed_values=["jsonl", "parquet", "arrow"],
                    title="Files: format",
                    description="One record per line with jsonl, the default; parquet and arrow (Arrow IPC) need the "
                    "extra arrow.",
                ),
                th.Property(
                    "compression",
                    th.StringType,
                    allowed_values=["none", "gzip"],
                    title="Files: compression",
                    description="For jsonl: none, the default, or gzip.",
                ),
            ),
            title="Encoding",
            description="How records are written into files.",
        ),
        th.Property(
            "storage",
            th.ObjectType(
                th.Property(
                    "root",
                    th.StringType,
                    title="Files: where",
                    description="Folder for the files, or a URL that fsspec knows. The target must reach it, too.",
                ),
                th.Property("prefix", th.StringType, title="Files: prefix", description="Prefix of the file names."),
            ),
            title="Storage",
            description="Where the files are.",
        ),
        th.Property(
            "batch_size",
            th.IntegerType(minimum=1),
            title="Files: records",
            description="Most records in a file. Default: 100000.",
        ),
    ),
    title="Files instead of lines",
    description="Write records into files that BATCH messages announce, for targets that load files. Default: "
    "RECORD lines.",
)


def common(optional_streams: Mapping[str, str]) -> Sequence[Setting]:
    """The settings that all sources share, in the order in which they are shown.

    Args:
        optional_streams: the streams that are read only when they are asked for, and why.
    """
    streams = ", ".join(f"{name} ({why})" for name, why in optional_streams.items())
    return (
        setting(
            "start_date",
            th.DateTimeType,
            title="Start date",
            description="Where the first sync begins; later ones continue from the bookmark, and the look-back "
            "ends here. Default: as far back as the vendor serves, two years where the vendor states no limit.",
        ),
        setting(
            "end_date",
            th.DateTimeType,
            title="End date",
            description="Where to stop, for a bounded back-fill. Default: now. Never moves a bookmark backwards.",
        ),
        whole(
            "lookback_hours",
            24,
            0,
            _TEN_YEARS_HOURS,
            "Look-back in hours",
            "How far before the bookmark each run starts, for calls that ended late and records that changed. "
            "Some vendors need more; their pages say so.",
        ),
        whole(
            "settle_minutes",
            15,
            0,
            _YEAR_MINUTES,
            "Settle time in minutes",
            "How recent a call may be; newer calls are left for the next run. Vendors list a finished call some "
            "minutes late; the bookmark never passes now minus this.",
        ),
        whole(
            "window_hours",
            24,
            1,
            _TEN_YEARS_HOURS,
            "Window length in hours",
            "Longest time window of one query, and the most that a failed run has to read again. Limited to what the "
            "vendor allows.",
        ),
        whole(
            "parallel_windows",
            1,
            1,
            16,
            "Windows read at once",
            "How many time windows are read at the same time, where the vendor's limits allow it.",
        ),
        whole(
            "request_timeout_seconds",
            120,
            1,
            _DAY_SECONDS,
            "Request time-out in seconds",
            "Time limit for one request.",
        ),
        whole("max_attempts", 8, 1, 1000, "Attempts per request", "Attempts at one request before its stream fails."),
        setting(
            "optional_streams",
            th.ArrayType(th.StringType),
            default=[],
            title="Optional streams",
            description=f"Streams that are read only if they are named here: {streams}.",
        ),
        text(
            "user_agent",
            "User agent",
            "User-Agent header sent to the vendors. Default: tap-callrecords/<version>.",
            in_header=True,
        ),
        text(
            "pii_mode",
            "Personal data",
            "What happens to personal data (telephone numbers, names, addresses): keep, hash (HMAC-SHA-256 with "
            "pii_hash_key) or drop.",
            default="keep",
            allowed_values=["keep", "hash", "drop"],
        ),
        secret(
            "pii_hash_key",
            "Key for hashing personal data",
            "Required when pii_mode is hash. Keep it: another key gives other hashes.",
        ),
        BATCH,
    )
