"""What the documents tell to type can be typed: the commands' options exist, and what they run is run by tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import pytest
import yaml
from click import Command, Group

from documents import CODE, DOCUMENTS, FENCE, text_of
from tap_callrecords.commands.drift import command as drift
from tap_callrecords.tap import TapCallRecords
from target_callrecords_duckdb.target import TargetDuckDB
from tests.support.tap import ROOT

TAP = "tap-callrecords"
PROGRAMS = ("tap-callrecords-drift", TAP, "target-callrecords-duckdb", "meltano", "dbt")
CALL = re.compile(rf"(?<![\w./-])({'|'.join(PROGRAMS)}) ([^|;&#`\n]*)")
PROJECT = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))


@cache
def command(program: str) -> Command:
    """A program as click knows it; imported only here, as it takes seconds."""
    if program == "meltano":
        return import_module("meltano.cli.cli").cli  # type: ignore[no-any-return]
    if program == "dbt":
        return import_module("dbt.cli.main").cli  # type: ignore[no-any-return]
    own: dict[str, Command] = {
        "tap-callrecords-drift": drift.cli,
        TAP: TapCallRecords.cli,
        "target-callrecords-duckdb": TargetDuckDB.cli,
    }
    return own[program]


def calls(document: str) -> Iterator[tuple[str, list[str]]]:
    """The programs that a document calls, each with its arguments."""
    text = text_of(document)
    for code in (*FENCE.findall(text), *CODE.findall(FENCE.sub("", text))):
        for program, arguments in CALL.findall(code.replace("\\\n", " ")):
            yield program, arguments.split()


def options(program: str, arguments: list[str]) -> set[str]:
    """The options that a program takes with its subcommand, and those of the tap where Meltano passes them on."""
    innermost = command(program)
    commands = [innermost, *([command(TAP)] if TAP in arguments else [])]
    for argument in arguments:
        if isinstance(innermost, Group) and argument in innermost.commands:
            innermost = innermost.commands[argument]
            commands.append(innermost)
    return {"--help"}.union(*({*one.opts, *one.secondary_opts} for each in commands for one in each.params))


def test_every_option_of_a_command_that_is_told_exists() -> None:
    told = [(document, *call) for document in DOCUMENTS for call in calls(document)]
    assert sum(argument.startswith("-") for *_, arguments in told for argument in arguments) > 30
    unknown = [
        f"{document}: {program} {argument}"
        for document, program, arguments in told
        for argument in arguments
        if re.match(r"--?\w", argument) and argument.partition("=")[0] not in options(program, arguments)
    ]
    assert unknown == []


def test_a_job_for_real_accounts_does_what_the_demo_does() -> None:
    tasks = {job["name"]: job["tasks"] for job in PROJECT["jobs"]}
    assert tasks["to-duckdb"] == tasks["demo"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_job_that_is_told_exists(document: str) -> None:
    jobs = {job["name"] for job in PROJECT["jobs"]}
    told = {name for program, arguments in calls(document) if program == "meltano" for name in arguments}
    assert {name for name in told if name.startswith("to-")} <= jobs
