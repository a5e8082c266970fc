"""How far an error reaches: to the end of the run, of a source, or of a stream.

```
SingerSDKError
├─ ConfigurationError       a setting is wrong                          ends the run at once
│  ├─ AccessRefused         the vendor refuses credentials or rights    ends the streams of its source
│  └─ EndpointGone          the vendor no longer serves an endpoint     ends the stream
├─ MappingError ...         a stream map fails                          ends the run at once
├─ OutputLost               nobody takes what is written                ends the run at once
└─ FatalAPIError            a request or a window can't be read         ends the stream
   ├─ Refused               the vendor refused a request for good
   ├─ PageLost              ... or has forgotten a cursor
   └─ AskedTooMuch          ... or does not serve a window as a whole
      └─ RangeRefused       ... for its length
```

What is no SingerSDKError is a fault of the tap; it ends the stream.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigurationError, FatalAPIError, SingerSDKError

if TYPE_CHECKING:
    import requests

_TOLD = "told"


class AccessRefused(ConfigurationError):  # noqa: N818 - named for what it is
    """The vendor refuses the credentials, or they lack a right: no stream of this source can be read.

    Attributes:
        status: HTTP status of the refusal; None where it was told otherwise.
    """

    status: int | None = None


class EndpointGone(ConfigurationError):  # noqa: N818 - named for what it is
    """The vendor no longer serves an endpoint: another stream has to be selected."""


class Refused(FatalAPIError):  # noqa: N818 - named for what it is
    """The vendor refused a request for good.

    Attributes:
        status: HTTP status, 400 to 499.
        response: its answer; it is for the source, and told to nobody.
    """

    def __init__(self, sentence: str, status: int, response: requests.Response | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.response = response


class PageLost(FatalAPIError):  # noqa: N818 - named for what it is
    """The vendor no longer knows the cursor or report: the window has to be read from its first page again.

    Attributes:
        because: the refusal that was taken for it: the error, should it come again and again; None where there is no
            other reading.
    """

    def __init__(self, sentence: str, because: SingerSDKError | None = None) -> None:
        super().__init__(sentence)
        self.because = because


class AskedTooMuch(FatalAPIError):  # noqa: N818 - named for what it is
    """The vendor does not serve a time window as a whole: it is read in halves."""


class RangeRefused(AskedTooMuch):
    """The vendor refused a time window for its length: it refuses all that are as long."""


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
        return cls(f"{trouble}; the last STATE that it took is valid.")


class BrokenBody(ValueError):  # noqa: N818 - named for what it is
    """A body that is not the documented envelope: to be asked for again, never taken for an empty page."""


STREAM_ENDING = (AccessRefused, EndpointGone, FatalAPIError)
"""What ends a stream and not the run."""


def tell(error: Exception, logger: logging.Logger) -> None:
    """Log an error once: in one line where it speaks to a person, with a traceback where it is a fault of ours."""
    if was_told(error):
        return
    error.add_note(_TOLD)
    if isinstance(error, STREAM_ENDING):
        logger.error("%s", one_line(error))
    else:
        logger.error("A bug in tap-callrecords; please report it with this traceback", exc_info=error)


def was_told(error: BaseException) -> bool:
    """Whether the log has told of this very error."""
    return _TOLD in getattr(error, "__notes__", ())


def one_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())


def as_written(name: object) -> str:
    """What the user has named something, fit for a log: without control characters, and short."""
    text = str(name)
    return (text if text.isprintable() else ascii(text))[:100]
