"""Each account of meltano.yml is an asset: a Meltano run of its own, with a state and retries of its own."""

# ruff: noqa: I002, INP001 - Dagster looks at annotations, which therefore must not be postponed; a file of its own.

import os
from pathlib import Path

import dagster as dg
import yaml

PROJECT = Path(__file__).parent
BIN = Path(os.environ.get("MELTANO_BIN", PROJECT.parents[1] / ".venv" / "bin"))  # where meltano and its plugins are
PATH = os.pathsep.join([str(BIN), os.environ["PATH"]])
AT_ONCE = int(os.environ.get("ACCOUNTS_AT_ONCE", "2"))
RETRY = dg.RetryPolicy(max_retries=1, delay=float(os.environ.get("RETRY_SECONDS", "300")))


def accounts() -> list[str]:
    """The extractors that inherit from the tap."""
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text(encoding="utf-8"))
    return [
        extractor["name"]
        for extractor in project["plugins"]["extractors"]
        if extractor.get("inherit_from") == "tap-callrecords"
    ]


def asset_of(account: str) -> dg.AssetsDefinition:
    """The asset that brings an account's calls up to date. It fails when the Meltano run does."""

    @dg.asset(name=account.replace("-", "_"), group_name="accounts", retry_policy=RETRY)
    def load(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        return (
            dg.PipesSubprocessClient()
            .run(
                context=context,
                command=[str(BIN / "meltano"), "run", account, "target-postgres"],
                cwd=str(PROJECT),
                env={"PATH": PATH},
            )
            .get_materialize_result()
        )

    return load


every_account = dg.define_asset_job("every_account", selection="*")

defs = dg.Definitions(
    assets=[asset_of(account) for account in accounts()],
    jobs=[every_account],
    schedules=[dg.ScheduleDefinition(job=every_account, cron_schedule="0 3 * * *")],
    executor=dg.multiprocess_executor.configured(
        {"max_concurrent": AT_ONCE, "start_method": {"forkserver": {"preload_modules": ["dagster"]}}}
    ),
)
