"""Many short syncs under random faults, by a seed: `python -m tests.faults.soak --seed 1 --runs 500 --kills 100`.

A scenario is a vendor with random switches of its ambiguities, random settings, and several runs of one stream. Time
passes between runs: calls end, land late, change. Requests fail at random; some runs are cut off where a target
would have died: what comes after the last STATE before the cut counts as never delivered. At the end one run without
faults must have brought everything. What each run owes is counted by `judge`.

`--kills` ends so many runs of the command line besides, at random points and in all ways of `crashes`, and resumes
them. `--loaders` does the same with the tap and the DuckDB loader in a pipe, by files, and kills one of both.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Self

from typing_extensions import override

from sandbox import Clock, Fault, RandomFaults, Sandbox
from sandbox.subject import Subject
from tap_callrecords import instants
from tests.faults.clocks import client_clock, in_small, without_waits
from tests.faults.crashes import ENDINGS, Crash
from tests.faults.judge import Judge, Key, Seen, bookmark, key_of, visible
from tests.faults.pipelines import KILLS_OF_A_WAREHOUSE, kill_pipelines
from tests.faults.subjects import SUBJECTS, VENDORS, WINDOWED
from tests.faults.troubles import PASSING
from tests.support.tap import Output, sync

BEGIN = datetime(2026, 3, 11, 9, tzinfo=UTC)
FAULTS: Sequence[Fault] = (
    *(Fault("status", status=status) for status in (401, 429, 500, 502, 503, 504)),
    Fault("status", status=429, retry_after="0"),
    *PASSING,
    Fault("nan"),
    Fault("slow", delay_seconds=0.005),
)


@dataclass
class Tally:
    """What has happened in all scenarios."""

    scenarios: int = 0
    syncs: int = 0
    failed: int = 0
    cut: int = 0
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    records: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Tally) -> Self:
        for name in ("scenarios", "syncs", "failed", "cut", "requests", "faults", "records", "lost", "doubled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        return self

    @override
    def __str__(self) -> str:
        return (
            f"{self.scenarios} scenarios, {self.syncs} syncs ({self.failed} failed, {self.cut} cut off), "
            f"{self.requests} requests, {self.faults.total()} faults of {len(self.faults)} kinds, "
            f"{self.records} records; lost: {self.lost}, doubled within a run: {self.doubled}, "
            f"other wrongs: {len(self.wrong)}"
        )


class Scenario:
    """One vendor, one stream, several runs; everything follows from the seed."""

    def __init__(self, seed: int, subject: Subject | None = None) -> None:
        self.name = f"seed {seed}"
        self.dice = dice = Random(seed)
        self.subject = subject or dice.choice(WINDOWED if dice.random() < 0.95 else SUBJECTS)
        self.tally = Tally(scenarios=1)
        self.now = BEGIN + timedelta(minutes=dice.randrange(600))
        self.vendor_ahead = timedelta(minutes=dice.choice([0, 0, -10, 10]))
        self.box = Sandbox(seed=seed, days=2, calls_per_day=dice.choice([5, 20, 40]), clock=Clock())
        self.config = self._settings()
        self.state: dict[str, Any] = {}
        self.known: dict[Key, dict[str, Any]] = {}
        """What a target has: the last record of each key."""
        self.owed: dict[Key, Seen] = {}
        self.looked_at: datetime | None = None
        self.trace: list[str] = []

    def _settings(self) -> dict[str, Any]:
        dice, subject = self.dice, self.subject
        start = self.now - min(timedelta(hours=dice.randint(12, 60)), subject.reach / 2)
        config = {
            "start_date": start.isoformat(),
            "window_hours": dice.choice([2, 5, 12, 24]),
            "lookback_hours": dice.choice([6, 12, 30]),
            "settle_minutes": dice.choice([15, 15, 30, 60]),
            "parallel_windows": dice.choice([1, 4]),
            "max_attempts": dice.choice([2, 3, 12]),
        }
        return {**config, **subject.small_pages, "window_hours": config["window_hours"]}

    def play(self, runs: int) -> Tally:
        """Run; then once more without faults, and see what is missing."""
        with self.box as box:
            self._set_clock()
            self._switch()
            self._put_a_row_on_an_edge()
            for _ in range(runs):
                self._weather()
                self._run()
                self._let_time_pass()
            box.faults.clear()
            self.config |= {"max_attempts": 8}
            out = self._run(may_be_cut=False)
            if out.exit_code != 0:
                self._say(f"the last run, without faults, failed: {out.error}")
            self._settle_accounts()
            self.tally.requests += len(box.requests)
            self.tally.faults.update(request.fault for request in box.requests if request.fault)
        return self.tally

    def _set_clock(self) -> None:
        offset = self.now - datetime.now(UTC)
        self.box.clock.skew_seconds = (offset + self.vendor_ahead).total_seconds()

    def _switch(self) -> None:
        subject, dice = self.subject, self.dice
        subject.reset(self.box)
        chosen = {name: dice.choice(values) for name, values in subject.tricks.items() if dice.random() < 0.4}
        subject.switch(self.box, chosen)
        self._land_late()
        self.trace.append(f"{subject} {chosen} vendor ahead {self.vendor_ahead}")

    def _put_a_row_on_an_edge(self) -> None:
        """Let windows meet at the very instant of a row."""
        start = instants.parse(self.config["start_date"])
        later = [seen.at for seen in visible(self.box, self.subject) if seen.at and seen.at > start]
        if later:
            length = timedelta(hours=self.config["window_hours"])
            start += (self.dice.choice(later) - start) % length
            self.config["start_date"] = instants.to_text(start)
        self.trace.append(str(self.config))

    def _land_late(self) -> None:
        vendor, dice = self.subject.of(self.box), self.dice
        if not self.subject.rereads or dice.random() < 0.3:
            return
        delay, jitter = dice.choice([0, 300, 1800]), dice.choice([0, 600, 1800])
        known = {"landing_delay_seconds": delay, "landing_jitter_seconds": jitter}
        vendor.set_switches({name: value for name, value in known.items() if hasattr(vendor.switches, name)})
        table = vendor.table(self.subject.table)
        table.delay_ms, table.jitter_ms = delay * 1000, jitter * 1000

    def _weather(self) -> None:
        dice = self.dice
        share = dice.choice([0.0, 0.15, 0.4, 0.6])
        kinds = dice.sample(FAULTS, dice.randint(1, len(FAULTS)))
        mixed = [(Fault(**_plan(kind)), share / len(kinds)) for kind in kinds]
        self.box.faults.clear()
        self.box.faults.schedule = RandomFaults(mixed, seed=dice.randrange(2**32), in_a_row=dice.choice([2, 5]))

    def _let_time_pass(self) -> None:
        self.now += min(timedelta(minutes=self.dice.choice([1, 30, 120, 400])), self.subject.reach / 12)
        self._set_clock()
        if self.subject.rereads and self.dice.random() < 0.5:
            self._change_some()

    def _change_some(self) -> None:
        """Change rows that the next run reads again."""
        subject = self.subject
        first = Judge(subject, self.config).first(bookmark(self.state, subject), self.now)
        near = [seen for seen in visible(self.box, subject) if seen.at and seen.at > first + timedelta(minutes=5)]
        changed = self.dice.sample(near, min(len(near), 3))
        text = f"changed at {self.now}"
        table = subject.of(self.box).table(subject.table)
        table.replace([{**seen.row, subject.changing[0]: text} for seen in changed], visible_at=0)
        for seen in changed:
            self.owed[seen.key] = Seen(seen.key, {**seen.row, subject.changing[0]: text}, seen.at)

    def _run(self, *, may_be_cut: bool = True) -> Output:
        subject, dice = self.subject, self.dice
        judge = Judge(subject, self.config)
        rows = visible(self.box, subject)
        began = time.monotonic()
        with client_clock(self.now - datetime.now(UTC)):
            out = sync({**subject.of(self.box).config, **self.config}, state=self.state, streams=[subject.stream])
        ended = self.now + timedelta(seconds=time.monotonic() - began)
        faults = judge.faults(out, rows, self.state, ended)
        self.tally.lost += sum(1 for fault in faults if "lost" in fault)
        self.tally.doubled += sum(1 for fault in faults if "twice" in fault)
        self.trace.append(
            f"  at {self.now}: {'good' if out.exit_code == 0 else out.error}, from {bookmark(self.state, subject)} "
            f"to {bookmark(out.bookmark or self.state, subject)}, {len(out.records(subject.stream))} records"
        )
        for fault in faults:
            self._say(fault)
        self.tally.syncs += 1
        self.tally.failed += out.exit_code != 0
        self.tally.records += len(out.records(subject.stream))
        if not isinstance(out.error, Exception | None):
            self._say(f"ended by {out.error!r}")
        self._owe(rows, judge, ended)
        if may_be_cut and dice.random() < 0.25:
            out = self._cut(out)
        self.known.update({key_of(record, subject.keys): record for record in out.records(subject.stream)})
        self.state = out.bookmark or self.state
        return out

    def _cut(self, out: Output) -> Output:
        """What a target that died at some point has kept: everything up to the last STATE that it took."""
        self.tally.cut += 1
        upto = self.dice.randint(0, len(out.messages))
        while upto and out.messages[upto - 1]["type"] != "STATE":
            upto -= 1
        return Output(out.messages[:upto])

    def _owe(self, rows: Sequence[Seen], judge: Judge, ended: datetime) -> None:
        """Note what the vendor shows, but for what had landed later than the look-back promises to reach."""
        start = judge.first(None, ended) + timedelta(seconds=5)
        if self.looked_at is not None:
            start = max(start, self.looked_at - judge.lookback - judge.settle + timedelta(minutes=11))
        for seen in rows:
            if seen.key not in self.owed and (seen.at is None or start < seen.at):
                self.owed[seen.key] = seen
        self.looked_at = self.now

    def _settle_accounts(self) -> None:
        """Everything that a run could see and that has settled must have come, in its last form."""
        end = self.now - Judge(self.subject, self.config).settle - timedelta(seconds=5)
        due = {key: seen for key, seen in self.owed.items() if seen.at is None or seen.at < end}
        missing = due.keys() - self.known.keys()
        if missing:
            self.tally.lost += len(missing)
            self._say(f"{len(missing)} of {len(due)} rows never came: {sorted(missing)[:3]}")
        field_name, column = self.subject.changing
        stale = [
            key
            for key, seen in due.items()
            if key in self.known
            and self.subject.rereads
            and "changed at" in str(seen.row[field_name])
            and self.known[key][column] != seen.row[field_name]
        ]
        if stale:
            self._say(f"{len(stale)} rows came, but not in their last form: {stale[:3]}")

    def _say(self, fault: str) -> None:
        self.tally.wrong.append("\n".join([f"{self.name}: {fault}", *self.trace]))


def _plan(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind,
        "status": fault.status,
        "retry_after": fault.retry_after,
        "retry_as_date": fault.retry_as_date,
        "delay_seconds": fault.delay_seconds,
    }


def soak(seed: int, runs: int, subject: Subject | None = None) -> Tally:
    """Play scenarios until there were so many syncs."""
    tally = Tally()
    dice = Random(seed)
    while tally.syncs < runs:
        with without_waits(), in_small():
            tally += Scenario(dice.randrange(2**31), subject).play(dice.randint(1, 4))
    return tally


def kill(seed: int, kills: int) -> list[str]:
    """End so many runs in processes of their own, and resume each; what went wrong."""
    dice, wrong = Random(seed), []
    whole_runs: dict[str, int] = {}
    with without_waits(), in_small(), Sandbox(seed=seed, days=3, calls_per_day=20) as box:
        for subject in VENDORS:
            subject.reset(box)
        for _ in range(kills):
            vendor = dice.choice(VENDORS).vendor
            subjects = [subject for subject in SUBJECTS if subject.vendor == vendor]
            how, at_once, lookback = dice.choice([*ENDINGS]), dice.choice([1, 4]), dice.choice([0, 1, 24])
            with TemporaryDirectory() as folder:
                files = dice.choice([None, Path(folder)])
                crash = Crash(box, subjects, how, at_once, lookback, files)
                if vendor not in whole_runs:
                    whole_runs[vendor] = crash.whole_run()
                wrong += crash.play(dice, whole_runs[vendor])
    return wrong


def kill_loaders(seed: int, kills: int) -> list[str]:
    """Kill so many runs of tap and loader in a pipe, and resume each; what went wrong."""
    dice, wrong = Random(seed), []
    with Sandbox(seed=seed, days=3, calls_per_day=20) as box:
        for subject in VENDORS:
            subject.reset(box)
        for begun in range(0, kills, KILLS_OF_A_WAREHOUSE):
            vendor = dice.choice(VENDORS).vendor
            subjects = [subject for subject in WINDOWED if subject.vendor == vendor]
            wrong += kill_pipelines(box, subjects, dice, min(KILLS_OF_A_WAREHOUSE, kills - begun))
    return wrong


def main() -> None:
    """Soak, and tell what has happened."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=500, help="how many syncs")
    parser.add_argument("--kills", type=int, default=0, help="how many runs are killed besides")
    parser.add_argument("--loaders", type=int, default=0, help="how many runs of tap and loader are killed besides")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    tally = soak(options.seed, options.runs)
    for wrong in tally.wrong:
        print(wrong)
    print(tally)
    failures = kill(options.seed, options.kills)
    for failure in failures:
        print(failure)
    print(f"{options.kills} kills; wrongs: {len(failures)}")
    failures_of_loaders = kill_loaders(options.seed, options.loaders)
    for failure in failures_of_loaders:
        print(failure)
    print(f"{options.loaders} kills of tap or loader in a pipe; wrongs: {len(failures_of_loaders)}")
    sys.exit(1 if tally.wrong or failures or failures_of_loaders else 0)


if __name__ == "__main__":
    main()
