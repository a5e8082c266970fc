"""The simulated Voiso answers as its documents say, in each of their readings (VO 3, 4, 10, 11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.voiso.paging import REFUSED, SEARCH, Paging, Slice, answer


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(days=2, calls_per_day=40, samples=True) as running:
        yield running


def get(box: Sandbox, path: str = "/cdr", **params: Any) -> requests.Response:
    params = {"key": box.voiso.api_key, **params}
    return requests.get(box.voiso.url + path, params=params, timeout=10, allow_redirects=False)


def walk(reading: Any, *requested: tuple[int, int | None], final: Any = "null") -> list[Slice | int]:
    """Five records, a block of four, pages of two."""
    return [answer(5, page, 2, after, Paging(reading=reading, block=4, final=final)) for page, after in requested]


def test_a_block_token_leads_to_the_next_block_whose_pages_start_again() -> None:
    assert walk("A", (1, None), (2, None), (1, 4), (3, None)) == [
        Slice(0, 2, 4),
        Slice(2, 4, 4),
        Slice(4, 5, None),
        REFUSED,
    ]


def test_a_token_of_an_answer_leads_on_from_it() -> None:
    assert walk("B1", (1, None), (1, 2), (1, 4), (1, 5), final="token") == [
        Slice(0, 2, 2),
        Slice(2, 4, 4),
        Slice(4, 5, 5),
        Slice(5, 5, None),
    ]


@pytest.mark.parametrize(("reading", "given"), [("B1", Slice(4, 5, None)), ("B2", Slice(2, 4, 4)), ("B3", REFUSED)])
def test_a_page_beside_such_a_token_counts_is_ignored_or_is_refused(reading: str, given: Slice | int) -> None:
    assert walk(reading, (2, 2)) == [given]


def test_a_token_of_the_search_goes_with_growing_pages() -> None:
    assert walk("D", (1, None), (2, 0), (3, 0)) == [Slice(0, 2, SEARCH), Slice(2, 4, SEARCH), Slice(4, 5, None)]


def test_an_answer_has_the_documented_members(box: Sandbox) -> None:
    box.voiso.switches.block = 20
    body = get(box, per_page=5).json()
    assert set(body) == {"records", "total", "page", "search_token"}
    assert len(body["records"]) == 5
    assert body["search_token"]
    last = get(box, start_datetime="2031-01-01T00:00:00").json()
    assert last == {"records": [], "total": 0, "search_token": None}


def test_records_are_newest_first_in_the_zone_of_the_keys_owner(box: Sandbox) -> None:
    times = [row["timestamp"] for row in get(box).json()["records"]]
    assert len(times) == len(box.voiso.cdr)
    assert times == sorted(times, reverse=True)
    assert {text[-6:] for text in times} == {"-03:00"}


def test_a_whole_day_may_be_asked_for(box: Sandbox) -> None:
    day = box.voiso.cdr[-1]["timestamp"][:10]
    rows = get(box, start_date=day, end_date=day).json()["records"]
    assert rows
    assert {row["timestamp"][:10] for row in rows} == {day}


@pytest.mark.parametrize("bad", [{"page": "0"}, {"per_page": "10001"}, {"start_datetime": "2026-01-01"}])
def test_invalid_parameters_are_refused_with_422(box: Sandbox, bad: dict[str, str]) -> None:
    given = get(box, **bad)
    assert given.status_code == 422
    assert set(given.json()["errors"]) == set(bad)


def test_a_wrong_key_is_refused_in_the_documented_words(box: Sandbox) -> None:
    given = get(box, key="wrong")
    assert (given.status_code, given.json()) == (401, {"error": "Invalid User API Key"})
    assert get(box, "/cdr/teams", key="wrong").status_code == 401


def test_a_token_that_was_pasted_without_encoding_is_refused(box: Sandbox) -> None:
    box.voiso.switches.block = 10
    token = get(box, per_page=10).json()["search_token"]
    assert get(box, per_page=10, search_token=token).ok
    assert get(box, per_page=10, search_token=token.replace("+", " ")).status_code == 422


@pytest.mark.parametrize("name", ["agents", "deleted_agents", "queues", "teams", "wrapup_codes", "campaigns"])
def test_lists_are_bare_arrays(box: Sandbox, name: str) -> None:
    rows = get(box, f"/cdr/{name}").json()
    assert isinstance(rows, list)
    assert all(set(row) in ({"id", "name"}, {"code", "description"}) for row in rows)


def test_agents_of_interactions_are_in_the_list_of_agents(box: Sandbox) -> None:
    agents = {row["id"] for row in get(box, "/cdr/agents").json()}
    generated = [row for row in box.voiso.cdr if row["agent_id"] and "Example" not in row["agent"]]
    assert generated
    assert {row["agent_id"] for row in generated} <= agents
