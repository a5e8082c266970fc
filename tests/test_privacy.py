"""Personal data is hashed or dropped wherever it stands; what is left still joins and still fits its schema."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_callrecords.rows.privacy import Privacy, normalise_number
from tests.support.rows import STREAMS, body_of, builder_for, schema_of, validator_of
from tests.support.tap import ROOT
from tests.test_schemas import KEYS, walk

MARK = "Mx Private"
NUMBER = "+1 212 555 0147"
HASH = re.compile(r"[0-9a-f]{64}")
MODES = {"hash": Privacy("hash", "pepper"), "drop": Privacy("drop")}


FULL_WIDTH = "".join(chr(0xFF10 + int(digit)) for digit in "12125550147")
SPELLINGS = [
    *(
        "+1 212 555 0147",
        "+12125550147",
        "12125550147",
        "1-212-555-0147",
        "(212) 555-0147",
        "212.555.0147",
        "2125550147",
    ),
    *("001 212 555 0147", "0012125550147", "011 1 212 555 0147", "tel:+12125550147", "+1 (212) 5550147"),
    *(" +1\u00a0212\u00a0555\u00a00147 ", "(+1) 212 555 0147", f"+{FULL_WIDTH}"),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_north_american_number_has_one_spelling(spelling: str) -> None:
    assert normalise_number(spelling) == "12125550147"


@pytest.mark.parametrize(
    "spelling",
    [
        *("+44 20 7946 0000", "442079460000", "0044 20 7946 0000", "011 44 20 7946 0000", "+44 (0)20 7946 0000"),
        *("0044 (0)20 7946 0000", "+44 (0) 20 7946 0000", "00 44(0)2079460000"),
        *("+44(0)2079460000", "(+44) 20 7946 0000", "tel:+44-20-7946-0000"),
    ],
)
def test_a_number_from_elsewhere_has_one_spelling(spelling: str) -> None:
    assert normalise_number(spelling) == "442079460000"


@pytest.mark.parametrize(
    "spelling", ["+1 212 555 0147 x12", "(212) 555-0147 ext. 12", "2125550147x12", "tel:+12125550147;ext=12"]
)
def test_a_number_with_an_extension_has_one_spelling(spelling: str) -> None:
    assert normalise_number(spelling) == "12125550147x12"


@pytest.mark.parametrize(
    "short", ["0", "00", "007", "0012", "1001", "911", "01134960000", "02079460000", "*67", "#21#"]
)
def test_extensions_codes_and_national_numbers_stay_themselves(short: str) -> None:
    assert normalise_number(short) == short


@pytest.mark.parametrize(
    "text", ["Anonymous", "sip:1001@pbx.example", "1001;1002", "Marta 2", "-", "+", "()", "12 / a"]
)
def test_what_is_no_number_is_only_trimmed(text: str) -> None:
    assert normalise_number(f"  {text} ") == text


@given(
    number=st.from_regex(r"\+[1-9][0-9]{10,14}", fullmatch=True),
    gaps=st.lists(st.sampled_from(" .-()\u00a0/"), max_size=5),
)
def test_separators_make_no_difference(number: str, gaps: list[str]) -> None:
    spelled = number
    for place, gap in enumerate(gaps, 3):
        spelled = spelled[:place] + gap + spelled[place:]
    assert normalise_number(spelled) == normalise_number(number) == number[1:]


DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u00ad"
BLANKS = " \t\u00a0\u2002\u2007\u2009\u202f\u3000\u200b\u200e"
ZEROS = ["0", "\u0660", "\u06f0", "\u0966", "\uff10", "\U0001d7ce"]
"""The digit zero of several scripts; the other nine follow it."""
EXTENSIONS = [
    "x{}",
    " x {}",
    " ext. {}",
    ";ext={}",
    " extension {}",
    "#{}",
    ", ext {}",
    " (ext. {})",
    " extn {}",
    "EXT:{}",
]


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A number with its country's code, from 7 digits on, and one of its spellings."""
    country = draw(st.sampled_from(["1212555", "44", "298", "290", "683", "49", "7", "852"]))
    rest = {"290": 4, "683": 4, "298": 6, "1212555": 4, "852": 8}.get(country, 9)
    number = country + draw(st.text("0123456789", min_size=rest, max_size=rest))
    zero, gaps = ord(draw(st.sampled_from(ZEROS))), draw(st.sampled_from([*DASHES, *BLANKS, *"./_·()[]'", ""]))
    between = draw(st.lists(st.sampled_from(["", "", gaps, gaps * 2]), min_size=len(number), max_size=len(number)))
    spelled = "".join(chr(zero + int(digit)) + gap for digit, gap in zip(number, between, strict=True))
    before = draw(st.sampled_from(["+", "+ ", "\uff0b", "00", "00 ", "(+", "tel:+", " +", "\u202a+"]))
    extension = draw(st.sampled_from(["", "12", "007"]))
    behind = draw(st.sampled_from(EXTENSIONS)).format(extension) if extension else ""
    return number + (f"x{extension}" if extension else ""), before + spelled + behind


@given(spelling=spellings())
@settings(max_examples=500)
def test_a_number_with_its_country_has_one_spelling_however_it_is_written(spelling: tuple[str, str]) -> None:
    number, written = spelling
    assert len(written.strip()) > 64 or normalise_number(written) == number


@pytest.mark.parametrize(
    "spelling",
    [
        "+298 201234",
        "00298201234",
        "00 298 20 12 34",
        "(00298) 201234",
        "011 298 201234",
        "298201234",
        "+298\u2011201234",
    ],
)
def test_a_number_of_a_small_country_has_one_spelling(spelling: str) -> None:
    assert normalise_number(spelling) == "298201234"


@pytest.mark.parametrize("lists", ["1001,1002", "1001, 1002", "1001;1002", "2125550147,2125550148"])
def test_several_numbers_are_not_taken_for_one(lists: str) -> None:
    assert normalise_number(lists) == lists


@given(value=st.text())
def test_spelling_once_more_changes_nothing(value: str) -> None:
    once = normalise_number(value)
    assert normalise_number(once) == once


@pytest.mark.parametrize("hostile", ["1" * 10**6, "1" + " " * 10**6 + "!", "(" * 10**6])
def test_a_hostile_number_costs_no_time(hostile: str) -> None:
    assert normalise_number(hostile) == hostile.strip()


# Values


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["phone", "name", "address", ""])
@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_what_tells_nothing_stays(mode: str, kind: str, nothing: Any) -> None:
    assert MODES[mode].value(nothing, kind) == nothing


def test_a_hash_is_hmac_sha_256_of_the_one_spelling() -> None:
    expected = hmac.new(b"pepper", b"12125550147", hashlib.sha256).hexdigest()
    assert MODES["hash"].value(NUMBER, "phone") == expected
    assert MODES["hash"].value(NUMBER, "name") != expected


def test_another_key_gives_other_hashes() -> None:
    assert MODES["hash"].value(MARK, "name") != Privacy("hash", "salt").value(MARK, "name")


def test_a_list_is_hashed_item_by_item_and_an_object_whole() -> None:
    privacy = MODES["hash"]
    assert privacy.value([NUMBER, "", MARK], "phone") == [
        privacy.value(NUMBER, "phone"),
        "",
        privacy.value(MARK, "phone"),
    ]
    assert HASH.fullmatch(privacy.value({"b": 1, "a": 2}, "name"))
    assert privacy.value({"b": 1, "a": 2}, "name") == privacy.value({"a": 2, "b": 1}, "name")


@pytest.mark.parametrize("unknown", [["a", "b"], {"a": "b"}, 5, 0, True, 1.5, MARK])
def test_a_value_of_unknown_meaning_is_hashed_or_dropped_whole(unknown: Any) -> None:
    hashed = MODES["hash"].rescued({"new": unknown})
    assert hashed is not None
    assert HASH.fullmatch(hashed["new"])
    assert MODES["drop"].rescued({"new": unknown}) == {"new": None}


def test_what_is_kept_is_not_touched() -> None:
    value = {"a": [MARK]}
    assert Privacy("keep").value(value, "name") is Privacy("keep").rescued(value) is value


def test_long_texts_are_not_kept_at_hand() -> None:
    privacy = Privacy("hash", "pepper")
    for number in range(10):
        privacy.value(f"{number}" * 10_000, "name")
        privacy.value(f"{number}" * 10, "name")
    assert privacy._text_cached.cache_info().currsize == 10


# Records

FREE_TEXT: Mapping[str, set[str]] = {
    "eightx8_call_legs": {"account_code", "aa_path", "master_slave_exts", "record_service_on", "barge_service_on"},
    "eightx8_call_records": {"aa_destination"},
    "eightx8_interactions": {
        *("subject", "agent_notes", "external_transaction_data", "case_number", "case_follow_up", "channel_name"),
        *("participant_comments.comment", "participants.participant_comments.comment", "recording_file_names"),
        *("wrap_up_code_text", "participants.wrap_up_code_text", "outbound_phone_code_text"),
        *("participant_assign_reason", "participant_handling_outcome"),
        *("participants.participant_assign_reason", "participants.participant_handling_outcome"),
    },
    "eightx8_recent_calls": {"post_call_survey", "voice_comment", "voice_comment_file_names", "total_score"},
    "voiso_cdr": {"text", "template", "destination_name", "sid"},
    "webex_detailed_call_history": {"transfer_type_context", "answer_reason", "external_customer_id"},
}
"""Drawn from the vendors' documents, not from the schemas: what people write, and what nobody describes."""


@pytest.mark.parametrize("stream", FREE_TEXT)
def test_what_people_write_and_what_nobody_describes_is_personal(stream: str) -> None:
    marked = {each.path for each in walk(schema_of(stream)) if "x-pii" in each.schema}
    assert FREE_TEXT[stream] - marked == set()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "survey",
    [f'[{{"{MARK}": "{MARK}", "n": [5550147]}}]', f'{{"q": {{"a": "{MARK}"}}}}', MARK, "5550147", [MARK], [[MARK]]],
)
def test_no_member_of_a_survey_leaves_in_clear(survey: Any, mode: str) -> None:
    builder = builder_for("eightx8_recent_calls", privacy=MODES[mode])
    (record,) = builder.read(body_of([{"callId": "c", "postCallSurvey": survey}]))[1]
    line = re.sub(HASH, "", msgspec.json.encode(record).decode())
    assert MARK not in line
    assert "555" not in line


def test_keys_are_never_personal() -> None:
    for stream in STREAMS:
        assert [key for key in KEYS[stream] if "x-pii" in schema_of(stream)["properties"][key]] == []


def private(schema: Mapping[str, Any]) -> Any:
    """A value that holds the mark in every place that is personal or not known."""
    members = schema.get("properties") or schema.get("items", {}).get("properties")
    if members:
        inner = {"newMember": MARK, **{each.get("x-source", name): private(each) for name, each in members.items()}}
        return [inner, inner] if "array" in schema["type"] else inner
    if "x-pii" not in schema:
        return None
    word = NUMBER if schema.get("x-pii") == "phone" else MARK
    if schema.get("x-convert") == "json":
        return json.dumps({"text": word, "more": [word]})
    return [word, word] if schema["type"][0] == "array" else word


def private_row(stream: str, **more: Any) -> dict[str, Any]:
    """A row in which every personal field and every unknown one tells something."""
    properties = schema_of(stream)["properties"]
    keys = {properties[key]["x-source"]: 7 if properties[key]["type"] == "integer" else "k" for key in KEYS[stream]}
    return {**{each["x-source"]: private(each) for each in properties.values() if "x-source" in each}, **keys, **more}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("stream", STREAMS)
def test_no_personal_or_unknown_value_is_left_in_a_record(stream: str, mode: str) -> None:
    misfits = {
        each["x-source"]: {"wrong": [MARK]}
        for name, each in schema_of(stream)["properties"].items()
        if "x-source" in each and name not in KEYS[stream] and "object" not in each["type"]
    }
    builder = builder_for(stream, privacy=MODES[mode])
    for row in (
        private_row(stream),
        private_row(stream, new=MARK, more={"deep": [NUMBER]}),
        private_row(stream, **misfits),
    ):
        for _ in range(2):
            (record,) = builder.read(body_of([row]))[1]
            line = msgspec.json.encode(record).decode()
            assert not [*validator_of(stream).iter_errors(json.loads(line))]
            assert MARK not in line
            assert "555" not in re.sub(HASH, "", line)


@pytest.mark.parametrize("stream", STREAMS)
def test_every_personal_property_is_a_hash_or_null(stream: str) -> None:
    row = body_of([private_row(stream)])
    hashed, dropped = (
        json.loads(msgspec.json.encode(builder_for(stream, privacy=MODES[mode]).read(row)[1][0])) for mode in MODES
    )
    for each in walk(schema_of(stream)):
        if "x-pii" in each.schema:
            path = each.path.split(".")
            assert [*leaves(dropped, path)] in ([], [None], [None] * 2, [None] * 4), each.path
            assert all(HASH.fullmatch(leaf) for leaf in leaves(hashed, path)), each.path
            assert [*leaves(hashed, path)], each.path


def leaves(value: Any, path: list[str]) -> Any:
    if isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif path and isinstance(value, dict):
        yield from leaves(value[path[0]], path[1:])
    elif not path:
        yield value


def test_one_number_has_one_hash_in_all_streams_however_it_is_spelled() -> None:
    columns: dict[tuple[str, str], dict[str, Any]] = {
        ("eightx8_call_records", "caller"): {"caller": "+12125550147"},
        ("eightx8_call_legs", "dnis"): {"dnis": "12125550147"},
        ("eightx8_recent_calls", "caller_phone_number"): {"callerPhoneNumber": "2125550147"},
        ("eightx8_interactions", "customer_phone"): {"customerPhone": "001-212-555-0147"},
        ("webex_detailed_call_history", "calling_number"): {"Calling number": "+1 212-555-0147"},
        ("webex_live_call_history", "dialed_digits"): {"Dialed digits": 12125550147},
        ("voiso_cdr", "from_party"): {"from": "(212) 555 0147"},
    }
    hashes = set()
    for (stream, column), fields in columns.items():
        row: dict[str, Any] = {schema_of(stream)["properties"][key]["x-source"]: "k" for key in KEYS[stream]}
        (record,) = builder_for(stream, privacy=MODES["hash"]).read(body_of([row | fields]))[1]
        hashes.add(getattr(record, column))
    assert hashes == {MODES["hash"].value("12125550147", "phone")}


def test_a_made_up_key_tells_nothing_to_who_does_not_know_the_hash_key() -> None:
    row = {"pbxId": "p", "caller": NUMBER}  # and no callId
    keys = {
        builder_for("eightx8_call_records", privacy=Privacy("hash", key)).read(body_of([row]))[1][0].call_id
        for key in ("one", "other")
    }
    assert len(keys) == 2


@given(
    name=st.text(max_size=8),
    value=st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5),
)
@settings(max_examples=50)
def test_no_value_can_not_be_protected(name: str, value: Any) -> None:
    for privacy in MODES.values():
        for kind in ("phone", "name", ""):
            msgspec.json.encode(privacy.value({name: value} if name else value, kind))


def test_the_documentation_lists_what_is_marked() -> None:
    rows = re.findall(r"^\| (`\w+`.*?) \| (.*?) \|$", (ROOT / "docs" / "personal-data.md").read_text(), re.MULTILINE)
    listed = {
        stream: {*re.findall(r"`(.+?)`", columns)}
        for streams, columns in rows
        for stream in re.findall(r"`(\w+)`", streams)
    }
    for stream in STREAMS:
        assert listed[stream] == {each.path for each in walk(schema_of(stream)) if "x-pii" in each.schema}
