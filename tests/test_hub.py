"""The listing on Meltano Hub: in the form that the Hub takes, true, and what the Hub itself would make of --about.

The rules are those of the Hub's schemas, checks and tools of August 2026, in our words.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from generators import hub
from generators.facts import all_settings, vendor_pages
from tap_callrecords.sources import SOURCES
from tests.support.tap import ROOT


def named(names: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema for several properties."""
    return dict.fromkeys(names.split(), schema)


def one_of(values: str) -> dict[str, Any]:
    """One of these words."""
    return {"enum": values.split()}


TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
YES_OR_NO = {"type": "boolean"}
OBJECT = {"type": "object"}
OPTION = {"type": "object", "properties": {"label": TEXT, "value": TEXT}}
SETTING = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        **named("name label placeholder description tooltip documentation env docs", TEXT),
        **named("hidden sensitive", YES_OR_NO),
        **named("value_processor value_post_processor", one_of("upcase_string nest_object stringify")),
        "aliases": TEXTS,
        "kind": one_of(
            "oauth hidden password date_iso8601 file email integer options object array boolean string decimal"
        ),
        "oauth": {"type": "object", "required": ["provider"], "properties": {"provider": TEXT}},
        "options": {"type": "array", "items": OPTION},
        "value": True,
    },
}
COMMON = {
    **named("name namespace variant label description executable pip_url python repo docs log_parser", TEXT),
    **named("definition next_steps prereq settings_preamble usage", TEXT),
    **named("logo_url domain_url", {"type": ["string", "null"]}),
    **named("commands requires", OBJECT),
    "hidden": YES_OR_NO,
    "keywords": TEXTS,
    "maintenance_status": one_of("active beta development inactive unknown"),
    "quality": one_of("gold silver bronze unknown"),
    "settings": {"type": "array", "items": SETTING},
    "settings_group_validation": {"type": "array", "items": TEXTS},
    "supported_python_versions": {"type": "array", "items": {"type": "string", "pattern": r"^3\.\d+$"}},
}
CAPABILITIES = {
    "extractors": one_of(
        "properties catalog discover state about stream-maps schema-flattening activate-version batch "
        "test log-based structured-logging"
    ),
    "loaders": one_of(
        "about stream-maps activate-version batch soft-delete hard-delete datatype-failsafe "
        "schema-flattening target-schema validate-records structured-logging"
    ),
}
MORE: dict[str, dict[str, Any]] = {
    "extractors": {"metadata": OBJECT, "schema": OBJECT, "select": TEXTS},
    "loaders": {"dialect": True, "target_schema": True},
}
FILES = {"extractors": "plugin.yaml", "loaders": "loader.yaml"}
LISTINGS = {kind: yaml.safe_load((ROOT / file).read_text(encoding="utf-8")) for kind, file in FILES.items()}
of_each = pytest.mark.parametrize("kind", FILES)


def wrong(kind: str, listing: dict[str, Any]) -> list[str]:
    """What the Hub would not take of a listing."""
    schema = {
        "type": "object",
        "required": ["name", "namespace", "variant", "quality"],
        "additionalProperties": False,
        "properties": {**COMMON, **MORE[kind], "capabilities": {"type": "array", "items": CAPABILITIES[kind]}},
    }
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(listing)]


@of_each
def test_a_listing_is_of_the_form_that_the_hub_takes(kind: str) -> None:
    listing = LISTINGS[kind]
    assert wrong(kind, listing) == []
    names = [setting["name"] for setting in listing["settings"]]
    assert {name for group in listing["settings_group_validation"] for name in group} <= {*names}
    assert listing["variant"] == listing["repo"].split("/")[-2].lower()
    assert all(listing[part] for part in ("description", "domain_url", "keywords", "label", "logo_url", "usage"))


@of_each
@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("capabilities", ["catalogue"]),
        ("quality", "platinum"),
        ("maintenance_status", "alive"),
        ("supported_python_versions", ["3.11.4"]),
        ("settings", [{"label": "No name"}]),
        ("settings", [{"name": "pii_mode", "kind": "choice"}]),
        ("settings", [{"name": "pii_mode", "default": "keep"}]),
        ("settings", [{"name": "pii_mode", "options": [{"value": 1}]}]),
        ("settings_group_validation", ["voiso_api_key"]),
        ("homepage", "https://example.com"),
    ],
)
def test_the_check_finds_what_the_hub_refuses(kind: str, part: str, value: Any) -> None:
    assert len(wrong(kind, {**LISTINGS[kind], part: value})) == 1
    assert len(wrong(kind, {name: each for name, each in LISTINGS[kind].items() if name != "variant"})) == 1


@of_each
def test_a_file_is_written_as_the_hub_s_linter_wants_it(kind: str) -> None:
    text = (ROOT / FILES[kind]).read_text(encoding="utf-8")

    def in_order(node: Any) -> bool:
        members = [*node.values()] if isinstance(node, dict) else node if isinstance(node, list) else []
        return (not isinstance(node, dict) or [*node] == sorted(node)) and all(map(in_order, members))

    assert in_order(LISTINGS[kind])
    assert text.endswith("\n")
    assert not text.startswith("---")
    assert "\t" not in text
    assert not re.search(r"^ +- .*\n +settings", text)


@of_each
def test_the_hub_s_own_refresh_would_change_nothing(kind: str) -> None:
    listing = LISTINGS[kind]
    command = Path(sys.executable).with_name(listing["executable"])
    done = subprocess.run([command, "--about", "--format", "json"], capture_output=True, text=True, check=True)
    about = json.loads(done.stdout)
    assert "dependentRequired" not in done.stdout  # of each one the Hub would make a group, without a source's others
    assert "required" not in about["settings"]
    assert hub.refreshed(listing, about) == listing


@of_each
def test_the_hub_would_rewrite_no_description(kind: str) -> None:
    assert [each["name"] for each in LISTINGS[kind]["settings"] if is_rewritten(each["description"])] == []


@pytest.mark.parametrize("said", ["uk or us. Both", "One.Two", "A  b", "For us. uk too", "The Dbt project"])
def test_what_the_hub_rewrites_is_known(said: str) -> None:
    assert is_rewritten(said)


def is_rewritten(said: str) -> bool:
    """Whether the Hub would write a description otherwise: it puts blanks after full stops and capitals after those."""
    if said != " ".join(said.split()) or "Dbt" in said:
        return True
    taken_for_ends = (
        word[:-1]
        for word in said.split()
        if not re.search(r'^\.|^\d*\d\.\d|http|ssh|ssl|i\.e\.|e\.g\.|"|`|\(\)|\.com', word)
    )
    begins = (sentence for sentence in said.split(". ") if not sentence.startswith(("tap-", "target-", "http")))
    return any("." in word for word in taken_for_ends) or any(each[0].islower() for each in begins)


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("webex_client_id", {"type": ["string", "null"]}, "password"),  # whatever has "id" in its name
        ("start_date", {"type": ["string", "null"], "format": "date-time"}, "date_iso8601"),
        ("share", {"type": "number"}, "integer"),
        ("pii_mode", {"type": "string", "enum": ["keep"]}, "options"),
        ("faker_config.seed", {"oneOf": []}, "string"),
    ],
)
def test_the_kind_of_a_setting_is_what_the_hub_takes_it_for(name: str, schema: dict[str, Any], kind: str) -> None:
    (setting,) = hub.settings_of({name: {**schema, "description": "Said."}})
    assert setting["kind"] == kind


def test_members_of_objects_are_settings_of_their_own() -> None:
    inner = {"properties": {"format": {"type": "string", "enum": ["jsonl"], "description": "Said."}}}
    assert hub.settings_of({"batch": {"properties": {"encoding": inner}}}) == [
        {
            "name": "batch.encoding.format",
            "label": "Batch Encoding Format",
            "description": "Said.",
            "kind": "options",
            "options": [{"label": "JSONL", "value": "jsonl"}],
        }
    ]


def test_a_member_of_an_object_has_no_default_since_meltano_would_set_the_object_for_everybody() -> None:
    assert [each for each in LISTINGS["extractors"]["settings"] if "." in each["name"] and "value" in each] == []


def test_every_secret_is_hidden_on_the_hub() -> None:
    hidden = {each["name"] for each in LISTINGS["extractors"]["settings"] if each.get("sensitive")}
    assert {name for name, setting in all_settings().items() if setting.get("secret")} <= hidden


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.product)
def test_a_group_of_settings_is_what_switches_a_source_on(source: Any) -> None:
    groups = [*hub.groups(source)]
    assert groups
    for group in groups:
        config = dict.fromkeys(group, "x")
        assert source.is_configured(config)
        assert source.missing(config) == []
        for name in group:
            assert not source.is_configured({**config, name: ""})
    assert [group for group in LISTINGS["extractors"]["settings_group_validation"] if group in groups] == groups


def test_voiso_is_switched_on_by_its_cluster_or_by_a_url() -> None:
    (voiso,) = (source for source in SOURCES if source.product == "Voiso")
    assert [*hub.groups(voiso)] == [["voiso_api_key", "voiso_cluster"], ["voiso_api_key", "voiso_api_url"]]


def test_a_checkout_of_meltano_knows_the_same_groups() -> None:
    (tap,) = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["extractors"]
    listing = LISTINGS["extractors"]
    assert tap["settings_group_validation"] == listing["settings_group_validation"]
    assert tap["capabilities"] == listing["capabilities"]


@pytest.mark.parametrize("page", vendor_pages(), ids=lambda page: page.stem)
def test_the_listing_says_of_each_vendor_how_to_get_credentials_and_what_is_read(page: Path) -> None:
    title = page.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")
    listing = LISTINGS["extractors"]
    assert f"#### {title}" in listing["prereq"]
    assert f"\n#### {title}\n" in listing["usage"]


@of_each
def test_every_link_of_a_listing_leads_to_a_file_of_the_repository_or_elsewhere(kind: str) -> None:
    listing = LISTINGS[kind]
    texts = " ".join(listing.get(part, "") for part in ("prereq", "usage", "settings_preamble", "next_steps"))
    links = re.findall(r"\]\(([^)\s]+)\)", texts)
    assert links
    ours = f"{listing['repo']}/blob/main/"
    assert [link for link in links if not link.startswith("https://")] == []
    assert [link for link in links if link.startswith(ours) and not (ROOT / link.removeprefix(ours)).is_file()] == []


def test_a_vendor_page_without_credentials_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / "docs" / "README.md"
    monkeypatch.setattr(hub, "vendor_pages", lambda: [page])
    with pytest.raises(ValueError, match=r"docs/README\.md has no section ## Credentials"):
        hub.prereq()


def test_the_pull_request_is_laid_into_a_checkout_of_the_hub(tmp_path: Path) -> None:
    data = tmp_path / "_data"
    (tmp_path / "static/assets/logos/extractors").mkdir(parents=True)
    (data / "meltano").mkdir(parents=True)
    (data / "default_variants.yml").write_text("extractors:\n  tap-a: one\n  tap-z: two\nloaders:\n  target-z: one\n")
    (data / "maintainers.yml").write_text("a:\n  label: A\n  name: a\n  url: https://a.example\n")
    for _ in range(2):  # a second time changes nothing
        done = subprocess.run([ROOT / "script/hub", tmp_path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    variant = LISTINGS["extractors"]["variant"]
    variants, maintainers = (
        yaml.safe_load((data / f"{name}.yml").read_text(encoding="utf-8"))
        for name in ("default_variants", "maintainers")
    )
    assert variants["extractors"] == {"tap-a": "one", "tap-callrecords": variant, "tap-z": "two"}
    assert [*variants["extractors"]] == sorted(variants["extractors"])
    assert "target-duckdb" not in variants["loaders"]  # another variant of it is the Hub's default
    assert [*maintainers] == sorted(["a", variant])
    assert {*maintainers[variant]} == {"label", "name", "url"}
    for kind, listing in LISTINGS.items():
        path = data / "meltano" / kind / listing["name"] / f"{variant}.yml"
        assert path.read_bytes() == (ROOT / FILES[kind]).read_bytes()
    assert (tmp_path / f"static{LISTINGS['extractors']['logo_url']}").is_file()


def test_a_folder_that_is_no_checkout_of_the_hub_is_told(tmp_path: Path) -> None:
    done = subprocess.run([ROOT / "script/hub", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is no checkout of Meltano Hub" in done.stderr
    assert "Traceback" not in done.stderr
