"""The project itself: described, tested, in step with the schemas and with the vendors' words."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.transform.conftest import ABOUT, MARTS, Built
from tests.transform.vendor import Row
from tests.transform.vendors import FIRST, LATE, VENDORS
from tests.transform.warehouse import ROOT, TRANSFORM, DuckDBWarehouse

OUTCOMES = {
    "answered", "voicemail", "callback", "abandoned", "busy", "rejected", "failed", "completed", "missed",
    "in_progress", "other", "",
}  # fmt: skip
WORDS = {(name, field): words for name, vendor in VENDORS.items() for field, words in vendor.words.items()}


def _words() -> list[dict[str, str]]:
    """The words as the vendors' macros list them, which `callrecords__outcome_words` puts together."""
    found = []
    for vendor in [name for name, vendor in VENDORS.items() if vendor.words]:
        text = (TRANSFORM / f"macros/{vendor}.sql").read_text(encoding="utf-8")
        listed = re.search(r"macro " + vendor + r"_words\(\).*?return\((\[.*?\])\)", text, re.DOTALL)
        assert listed, vendor
        names = ("vendor", "field", "vendor_word", "outcome", "note")
        found += [dict(zip(names, (vendor, *each), strict=True)) for each in ast.literal_eval(listed[1])]
    return found


@pytest.mark.parametrize(("vendor", "field"), WORDS)
def test_every_word_of_the_vendor_has_a_meaning(vendor: str, field: str) -> None:
    """The vendors' lists: WA 4.4, CC B6, WX 11.5 and 11.6, VO 8, ZP 7.3."""
    known = {row["vendor_word"] for row in _words() if (row["vendor"], row["field"]) == (vendor, field)}
    assert known == {word.lower().strip() for word in WORDS[vendor, field].split(",")}


def test_the_words_speak_our_words_and_matches_in_lower_case() -> None:
    for row in _words():
        assert row["outcome"] in OUTCOMES
        assert row["vendor_word"] == row["vendor_word"].lower().strip()
    assert {(row["vendor"], row["field"]) for row in _words()} == set(WORDS)


def test_every_stream_has_a_source() -> None:
    base = yaml.safe_load((TRANSFORM / "models/staging/base/base.yml").read_text(encoding="utf-8"))
    tables = [table["name"] for source in base["sources"] for table in source["tables"]]
    assert sorted(tables) == sorted(path.stem for path in (ROOT / "schemas").glob("*.json"))


@pytest.mark.parametrize("path", sorted((TRANSFORM / "macros").glob("*.sql")), ids=lambda path: path.stem)
def test_every_dispatched_macro_has_a_form_for_each_warehouse(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    made = set(re.findall(r"macro (\w+?)__(\w+)\(", text))
    for name in set(re.findall(r"adapter\.dispatch\('(\w+)'", text)):
        for warehouse in ("duckdb", "postgres", "snowflake"):
            assert ("default", name) in made or (warehouse, name) in made, f"{warehouse} lacks {name}"


def test_nothing_of_the_package_reads_a_model_or_a_variable_of_the_project_that_has_it() -> None:
    """References name the package, but for two tables that a variable names; names and variables have our prefix."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in TRANSFORM.rglob("*.sql"))
    references = set(re.findall(r"\bref\((.*?)[,)]", text))
    assert references == {"'tap_callrecords'", "var('callrecords_opening_hours'", "var('callrecords_queue_targets'"}
    assert {name for name in re.findall(r"\bvar\('(\w+)'", text) if not name.startswith("callrecords_")} == set()
    assert [path.name for path in (TRANSFORM / "models").rglob("*.sql") if "callrecords__" not in path.name] == []


@pytest.mark.slow
def test_the_report_s_exposure_names_the_models_that_it_reads(manifest: dict[str, Any]) -> None:
    (exposure,) = manifest["exposures"].values()
    read = set(re.findall(r"\{+m\}+(\w+)", (ROOT / "script/report.py").read_text(encoding="utf-8")))
    assert set(exposure["depends_on"]["nodes"]) == {f"model.tap_callrecords.callrecords__{name}.v1" for name in read}


@pytest.mark.slow
def test_sqlfluff_finds_nothing_in_what_dbt_makes_of_the_models(at_once: DuckDBWarehouse) -> None:
    """Base models are left out: `script/generate` writes them, all alike."""
    models = at_once.target / "compiled/tap_callrecords/models"
    folders = [
        path for path in (*models.iterdir(), *(models / "staging").iterdir()) if path.name not in ("staging", "base")
    ]
    assert len(folders) > 5
    done = subprocess.run(
        [
            Path(sys.executable).with_name("sqlfluff"),
            "lint",
            "--disable-progress-bar",
            "--config",
            ROOT / "pyproject.toml",
            *folders,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def manifest(built: Built) -> dict[str, Any]:
    """What dbt knows of the project."""
    loaded: dict[str, Any] = json.loads((built.warehouse.target / "manifest.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.slow
def test_every_model_and_column_is_described(built: Built, manifest: dict[str, Any]) -> None:
    columns: dict[str, set[str]] = {}
    for schema, table, column in built.warehouse.query(
        "select lower(table_schema), lower(table_name), lower(column_name) from information_schema.columns"
        " where lower(table_schema) in ('analytics', 'analytics_staging')"
    ):
        columns.setdefault(f"{schema}.{table}", set()).add(column)
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(nodes) > 30
    for node in nodes:
        assert node["description"], node["name"]
        described = {name for name, column in node["columns"].items() if column["description"]}
        assert described == columns[f"{node['schema']}.{node['name']}"], node["name"]


@pytest.mark.slow
def test_every_public_model_has_a_contract_and_a_version_and_is_called_as_if_it_had_none(
    manifest: dict[str, Any],
) -> None:
    public = [node for node in manifest["nodes"].values() if node.get("access") == "public"]
    assert {node["name"] for node in public} == {*MARTS, *ABOUT}
    for node in public:
        assert (node["version"], node["latest_version"]) == (1, 1), node["name"]
        assert node["contract"]["enforced"], node["name"]
        assert all(column["data_type"] for column in node["columns"].values()), node["name"]
        assert node["alias"] == node["name"]


@pytest.mark.slow
def test_every_model_has_a_test_of_its_key(manifest: dict[str, Any]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "callrecords_key"
    }
    assert tested == {name for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}


@pytest.fixture(scope="module")
def without_voiso(at_once: DuckDBWarehouse, tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    """Models of all vendors, built again with a list of streams without Voiso's, but for one that has no table."""
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("without-voiso"))
    shutil.copy(at_once.path, warehouse.path)
    streams = [name for name in {**FIRST, **LATE} if not name.startswith("voiso")]
    warehouse.ran = warehouse.dbt(
        "run",
        "--vars", json.dumps({"callrecords_streams": [*streams, "voiso_teams"]}),
        "--select", "+callrecords__agents", "+callrecords__queues", "base_callrecords__voiso_teams",
    )  # fmt: skip
    return warehouse


@pytest.mark.slow
def test_a_stream_that_is_asked_for_by_name_must_have_its_table(without_voiso: DuckDBWarehouse) -> None:
    run = without_voiso.ran
    assert run
    assert run.exit_code == 1
    assert "callrecords_streams names voiso_teams, but there is no table" in run.output
    assert {name.rpartition(".")[2] for name, status in run.status.items() if status != "success"} == {
        "base_callrecords__voiso_teams"
    }


@pytest.mark.slow
def test_a_vendor_that_is_taken_off_the_streams_leaves_the_models(
    without_voiso: DuckDBWarehouse, at_once: DuckDBWarehouse
) -> None:
    for table in ("calls", "agents", "queues"):
        vendors = f"select distinct vendor from analytics.callrecords__{table}"
        assert set(without_voiso.query(vendors)) == set(at_once.query(vendors)) - {("voiso",)}


def _queue_call(call_id: str, **values: Any) -> Row:
    return {"pbx_id": "hq", "call_id": call_id, "direction": "Incoming", "start_time_utc": "2026-03-02T12:00:00.000Z",
            "callee": "CallQueue", "callee_name": "Test Queue"} | values  # fmt: skip


REFERENCES = {
    "by_name": "'callrecords__agents'",
    "by_package": "'tap_callrecords', 'callrecords__agents'",
    "by_version": "'tap_callrecords', 'callrecords__agents', v=1",
}
"""What a consumer's model may call one of the package's."""


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    """Another project that has the package, models of the names `calls` and `agents`, two schemas of Voiso.

    It was built once, with everything that `dbt build` runs.
    """
    folder = tmp_path_factory.mktemp("consumer")
    warehouse = DuckDBWarehouse(folder, project=folder)
    for schema, cost in (("callrecords", 1), ("callrecords_too", 2)):
        warehouse.load(
            {
                "voiso_cdr": [
                    {"uuid": "1", "timestamp_utc": "2026-03-02T10:00:00.000Z", "type": "inbound", "cpc": cost,
                     "disposition": "answered", "duration_seconds": 5, "agent_id": 1, "sid": f"sid{cost}"}
                ],
                "voiso_agents": [{"id": 1, "name": f"Mike {cost}"}],
            },
            schema,
        )  # fmt: skip
    warehouse.load(
        {
            "eightx8_call_records": [
                _queue_call("late", answered="Answered", wait_time_ms=10_000, branches=["Elsewhere"]),
                _queue_call("lost", abandoned="Abandoned", wait_time_ms=60_000),
                _queue_call("short", abandoned="Abandoned", wait_time_ms=4_999),
            ],
            "eightx8_call_legs": [
                _queue_call(call_id, leg_id="1", lra="110081", callee_svc_name="ACDOperatorService")
                for call_id in ("late", "lost", "short")
            ],
            "webex_detailed_call_history": [
                {"report_id": "1", "correlation_id": "1", "org_uuid": "org", "start_time": "2026-03-02T10:00:00.000Z"}
            ],
        }
    )  # fmt: skip
    (folder / "dbt_project.yml").write_text(
        "name: mine\nversion: 1.0.0\nprofile: tap_callrecords\nvars:\n"
        "  callrecords_voiso_schema: [callrecords, callrecords_too]\n"
        "  callrecords_opening_hours: my_hours\n"
        "  callrecords_queue_targets: my_targets\n"
        "  callrecords_service_level_formula: without_short_abandons\n"
        "  callrecords_leave_out: [webex_calling]\n"
        "  callrecords_passthrough_columns: [sid, lra, client_type, agent_group]\n"
        "  callrecords_outcome_words: [{vendor: voiso, field: disposition, word: Answered, outcome: completed}]\n"
        "models: {tap_callrecords: {marts: {callrecords__daily_peaks: {+enabled: false}}}}\n"
    )
    (folder / "packages.yml").write_text(f"packages: [{{local: {TRANSFORM}}}]\n")
    (folder / "seeds").mkdir()
    (folder / "seeds/my_hours.csv").write_text(
        "weekday,opens_minute,closes_minute,timezone,site\n1,240,360,America/New_York,\n1,0,1440,,Elsewhere\n"
    )
    (folder / "seeds/my_targets.csv").write_text(
        "queue_key,service_level_seconds\neightx8_work:callrecords:hq:110081,5\n"
    )
    (folder / "models").mkdir()
    for name in ("calls", "agents", "queues", "call_legs"):
        (folder / f"models/{name}.sql").write_text("select 'mine' as call_key")
    for name, reference in REFERENCES.items():
        (folder / f"models/{name}.sql").write_text(f"select * from {{{{ ref({reference}) }}}}")
    assert warehouse.dbt("deps", threads=False).exit_code == 0
    run = warehouse.dbt("build", "--exclude-resource-type", "test")
    assert run.exit_code == 0, run.output
    warehouse.ran = run
    return warehouse


@pytest.mark.slow
def test_another_project_uses_it_as_a_package_beside_models_of_its_own(consumer: DuckDBWarehouse) -> None:
    for name in ("calls", "agents", "queues", "call_legs"):
        assert consumer.query(f"select * from analytics.{name}") == [("mine",)]


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCES)
def test_another_project_s_models_read_a_model_with_its_version_and_without(
    consumer: DuckDBWarehouse, name: str
) -> None:
    found = consumer.query(f"select agent_name from analytics.{name} order by 1")
    assert found == [("Mike 1",), ("Mike 2",)]


@pytest.mark.slow
def test_another_project_switches_a_model_off_by_its_name_without_the_version(consumer: DuckDBWarehouse) -> None:
    assert consumer.ran
    ran = {name.split(".")[2] for name in consumer.ran.status if name.startswith("model.tap_callrecords.")}
    assert {*MARTS, *ABOUT} - ran == {"callrecords__daily_peaks"}


@pytest.mark.slow
def test_a_consumer_runs_no_unit_tests_and_seeds_of_the_package(consumer: DuckDBWarehouse) -> None:
    assert consumer.ran
    assert {name.split(".")[0] for name in consumer.ran.status if ".tap_callrecords." in name} == {"model", "exposure"}


@pytest.mark.slow
def test_a_consumer_runs_the_unit_tests_when_it_asks_for_them(consumer: DuckDBWarehouse) -> None:
    asked = consumer.dbt("ls", "--resource-type", "unit_test", "--vars", "callrecords_unit_tests: true", threads=False)
    assert asked.output.count("unit_test:tap_callrecords.") > 40


@pytest.mark.slow
def test_freshness_in_another_project_is_that_of_the_schema_that_lags_most(consumer: DuckDBWarehouse) -> None:
    run = consumer.dbt("source", "freshness")
    assert run.exit_code == 0, run.output
    assert {*re.findall(r"WARN freshness of \w+\.(\w+)", run.output)} == {
        "voiso_cdr", "eightx8_call_records", "eightx8_call_legs", "webex_detailed_call_history",
    }  # fmt: skip


@pytest.mark.slow
def test_several_schemas_of_a_vendor_are_united_and_told_apart(consumer: DuckDBWarehouse) -> None:
    found = consumer.query(
        "select call_key, source_relation, account, cost, agent_key from analytics.callrecords__calls"
        " where vendor = 'voiso' order by 1"
    )
    assert found == [
        (f"voiso:{name}:{name}:1", name, name, cost, f"voiso:{name}:{name}:1")
        for name, cost in (("callrecords", 1.0), ("callrecords_too", 2.0))
    ]


@pytest.mark.slow
def test_a_project_adds_columns_words_and_opening_hours(consumer: DuckDBWarehouse) -> None:
    found = consumer.query(
        "select calls.extra_sid, calls.outcome, voice.is_open from analytics.callrecords__calls as calls"
        " join analytics_staging.int_callrecords__voice_calls as voice using (call_key)"
        " where calls.vendor = 'voiso' order by calls.call_key"
    )
    assert found == [("sid1", "completed", True), ("sid2", "completed", True)]


@pytest.mark.slow
def test_opening_hours_are_of_a_zone_and_of_a_site(consumer: DuckDBWarehouse) -> None:
    """On Monday from 4 to 6 in New York, which is 9 to 11 UTC; elsewhere all day."""
    found = consumer.query("select vendor_call_id, vendor, is_open from analytics_staging.int_callrecords__voice_calls")
    assert {(call, is_open) for call, vendor, is_open in found if vendor == "eightx8_work"} == {
        ("late", True),
        ("lost", False),
        ("short", False),
    }
    assert {is_open for _, vendor, is_open in found if vendor == "voiso"} == {True}


@pytest.mark.slow
def test_calls_in_opening_hours_are_a_figure_where_hours_are_set(consumer: DuckDBWarehouse) -> None:
    (figure,) = consumer.query(
        "select numerator_column, denominator_column from analytics.callrecords__figures"
        " where figure = 'in_opening_hours'"
    )
    assert figure == ("open_hours_calls", "timed_calls")
    assert consumer.query(
        "select vendor, sum(open_hours_calls), sum(timed_calls) from analytics.callrecords__daily_figures"
        " group by vendor order by vendor"
    ) == [("eightx8_work", 1, 3), ("voiso", 2, 2)]


@pytest.mark.slow
def test_a_queue_has_a_target_of_its_own_and_short_abandons_are_left_out(consumer: DuckDBWarehouse) -> None:
    found = consumer.query(
        "select queue_key, offered_calls, short_abandoned_calls, service_level_calls, answered_in_time_calls,"
        " service_level from analytics.callrecords__queue_service_level"
    )
    # Answered after 10 seconds: in time for the default of 20, but not for the queue's 5.
    assert found == [("eightx8_work:callrecords:hq:110081", 3, 1, 2, 0, 0.0)]


@pytest.mark.slow
def test_a_vendor_that_is_left_out_has_neither_calls_nor_legs(consumer: DuckDBWarehouse) -> None:
    assert consumer.query("select count(*) from analytics_staging.stg_callrecords__webex_call_legs") == [(1,)]
    for table in ("calls", "call_legs", "agents", "daily_figures"):
        assert consumer.query(
            f"select count(*) from analytics.callrecords__{table} where vendor = 'webex_calling'"
        ) == [(0,)]


@pytest.mark.slow
def test_freshness_tells_how_old_a_stream_is_and_skips_absent_ones(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path)
    warehouse.load({"voiso_cdr": [{"uuid": "1", "timestamp_utc": "2026-03-02T10:00:00.000Z"}]})
    run = warehouse.dbt("source", "freshness")
    assert run.exit_code == 0, run.output
    assert run.output.count("WARN freshness of ") == 1
    assert "WARN freshness of voiso.voiso_cdr" in run.output
