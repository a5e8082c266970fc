"""The environment variables that the SDK reads for its logs, before there is any log to say what is wrong with them."""

from __future__ import annotations

import logging
import os

LOG_CONFIG = "SINGER_SDK_LOG_CONFIG"


def log_problem(prefix: str) -> str | None:
    """What is wrong with the variables that the SDK reads for its logs; what it could not take is removed from them."""
    problem = None
    for variable in (LOG_CONFIG, f"{prefix}LOGLEVEL", "LOGLEVEL"):
        value = os.environ.pop(variable, "").strip()
        if not value:
            continue
        if variable == LOG_CONFIG:
            os.environ[variable] = value
        elif value.upper() in logging.getLevelNamesMapping():
            os.environ[variable] = value
            break
        else:
            problem = problem or (
                f"The environment variable {variable} must be critical, error, warning, info or debug, or absent."
            )
    return problem
