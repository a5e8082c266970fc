"""What ends a run because nobody takes what it writes."""

from __future__ import annotations

from singer_sdk.exceptions import SingerSDKError


class OutputLost(SingerSDKError):  # noqa: N818 - named for what it is
    """What is written goes nowhere any more."""

    @classmethod
    def of_standard_output(cls, error: OSError | None) -> OutputLost:
        """Standard output can't be written: the error, or None where there is no such output."""
        trouble = "The target has stopped reading"
        if error is None:
            trouble = "Standard output is closed"
        elif not isinstance(error, BrokenPipeError):
            trouble = f"Standard output can't be written ({error.strerror})"
        return cls(f"{trouble}; the last STATE that it took holds.")
