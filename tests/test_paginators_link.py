"""Links are found however the header is written, followed as they are, and never to a foreign host or in circles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import FatalAPIError

from tap_callrecords.paging.base import CursorRepeated, Page
from tap_callrecords.paging.links import LinkPaginator, corrected_link, next_link

EXAMPLES = json.loads((Path(__file__).parents[1] / "sandbox" / "samples" / "webex_link_headers.json").read_text())
URL = EXAMPLES.pop("expected_next_url_for_all_but_last_two")
LINKS = [
    '<{}>; rel="next"',
    '<{}>;rel="next"',
    "<{}>; rel=next",
    '<<{}>;rel="next">',
    '<{}>; title="a"; REL="prev next"',
    "<{}>; rel='next'",
]
url_paths = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='<>"\\'), max_size=60)


def everywhere(_: str) -> bool:
    return True


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "last_page_header_absent"])
def test_the_vendors_examples_are_understood(name: str) -> None:
    expected = "https://example.invalid/v1/cdr_feed?startTime=2026-03-02T06:00:00.000Z" if "foreign" in name else URL
    assert next_link(EXAMPLES[name]) == expected


@given(url_paths.filter(lambda text: ";" not in text), st.sampled_from(LINKS))
def test_a_link_is_found_in_every_form_of_header(path: str, form: str) -> None:
    url = f"https://calls.example/{path}"
    other = '<https://calls.example/first>; rel="first"'
    assert next_link(form.format(url)) == url
    assert next_link(f"{other}, {form.format(url)}") == url
    assert next_link(f"{form.format(url)}, {other}") == url


@given(url_paths)
def test_commas_and_semicolons_in_a_well_formed_link_belong_to_it(path: str) -> None:
    assert next_link(f'<https://calls.example/a,b;c{path}>; rel="next"') == f"https://calls.example/a,b;c{path}"


@given(url_paths)
def test_semicolons_belong_to_a_link_that_is_closed_too_late(path: str) -> None:
    assert next_link(f'<https://calls.example/a;b?{path}; rel="next">') == f"https://calls.example/a;b?{path}"


HERE = "https://calls.example/v1/feed?max=5"


@pytest.mark.parametrize(
    ("link", "meant"),
    [
        ("/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("feed?at=2026-03-02T06:00:00.000Z", "https://calls.example/v1/feed?at=2026-03-02T06:00:00.000Z"),
        ("?next=1", "https://calls.example/v1/feed?next=1"),
        ("//calls.example/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("https,https://calls.example/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("https, http://calls.example/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("https://https://calls.example/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("https://calls.example:443/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("HTTPS://Calls.example/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("http://calls.example/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("http://calls.example:80/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("http://calls.example:443/v1/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("https:\\/\\/calls.example\\/v1\\/feed?next=1", "https://calls.example/v1/feed?next=1"),
        ("/v1/feed?max=5&amp;next=1", "https://calls.example/v1/feed?max=5&next=1"),
        ("/v1/feed?max=5\\u0026next=1", "https://calls.example/v1/feed?max=5&next=1"),
        ("/feed?locations=Z\xc3\xbcrich", "https://calls.example/feed?locations=Z%C3%BCrich"),
        ("/feed?locations=Z\xfcrich", "https://calls.example/feed?locations=Z%C3%BCrich"),
        ("/feed?locations=Main Street", "https://calls.example/feed?locations=Main%20Street"),
        ("https://calls.example/feed?a=%41;b,c:/?'[]", "https://calls.example/feed?a=%41;b,c:/?'[]"),
    ],
)
def test_a_link_that_can_be_mended_is_mended(link: str, meant: str) -> None:
    assert corrected_link(link, HERE) == meant


@pytest.mark.parametrize(
    "link",
    [
        "https://calls.example:8443/v1/feed",
        "http://calls.example:8080/v1/feed",
        "https://calls.example.evil.example/v1/feed",
        "https://calls.example@evil.example/v1/feed",
        "https://someone@calls.example/v1/feed",
        "http://evil.example/v1/feed",
        "https,https://evil.example/calls.example",
        "//evil.example/v1/feed",
        "https://[::1/v1/feed",
        "https:\\/\\/evil.example\\/v1\\/feed",
        "https://calls.example\\@evil.example/v1/feed",
    ],
)
def test_a_link_to_another_place_is_not_mended_to_lead_here(link: str) -> None:
    assert not corrected_link(link, HERE).startswith("https://calls.example/")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"), max_size=40))
def test_a_good_link_stays_as_it_is(path: str) -> None:
    link = f"https://calls.example/{path}"
    assert corrected_link(link, HERE) == link


@given(st.text(max_size=40))
def test_every_link_can_be_sent_once_it_is_mended(link: str) -> None:
    corrected = corrected_link(link, HERE)
    assert corrected.isascii()
    assert " " not in corrected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        '<https://calls.example/1>; rel="first"',
        "<https://calls.example/?rel=next>; rel=last",
        "<x>; rel=nextish",
    ],
)
def test_without_a_next_relation_there_is_no_link(header: str | None) -> None:
    assert next_link(header) is None


@given(st.lists(st.lists(st.lists(st.integers(), max_size=3), min_size=1, max_size=6), min_size=1, max_size=4))
def test_every_page_of_every_pass_is_read_empty_ones_too(passes: list[list[list[int]]]) -> None:
    paginator = LinkPaginator(everywhere, passes=len(passes))
    read: list[int] = []
    named: list[tuple[int, str | None]] = []
    more = True
    while more:
        number, url = paginator.current
        named.append(paginator.current)
        at = int(url or 0)
        read += passes[number][at]
        following = str(at + 1) if at + 1 < len(passes[number]) else None
        more = paginator.advance(Page(list(passes[number][at]), next=following))
    assert read == [row for pages in passes for page in pages for row in page]
    assert named == [
        (number, str(at) if at else None) for number, pages in enumerate(passes) for at in range(len(pages))
    ]


def test_one_pass_is_all_unless_more_are_asked_for() -> None:
    assert not LinkPaginator(everywhere).advance(Page([1], next=None))


def test_the_same_link_in_another_pass_is_no_repeat() -> None:
    paginator = LinkPaginator(everywhere, passes=2)
    assert paginator.advance(Page([], next="a"))
    assert paginator.advance(Page([], next=None))
    assert paginator.advance(Page([], next="a"))
    assert not paginator.advance(Page([], next=None))


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_repeated_link_is_an_error(before: int, between: int) -> None:
    paginator = LinkPaginator(everywhere)
    for name in [*(f"before {n}" for n in range(before)), "again", *(f"between {n}" for n in range(between))]:
        assert paginator.advance(Page([1], next=name))
    with pytest.raises(CursorRepeated, match="returned the same cursor twice"):
        paginator.advance(Page([1], next="again"))


def test_a_link_to_where_credentials_must_not_go_is_an_error_that_names_the_host() -> None:
    paginator = LinkPaginator(lambda url: url.startswith("https://calls.example/"))
    with pytest.raises(FatalAPIError, match=r"leads to evil\.example, where credentials must not go"):
        paginator.advance(Page([1], next="https://evil.example/calls?token=1"))


@pytest.mark.parametrize("link", ["file:///calls", "https://[broken/calls"])
def test_a_link_without_a_readable_host_is_refused_in_words(link: str) -> None:
    with pytest.raises(FatalAPIError) as told:
        LinkPaginator(lambda _: False).advance(Page([1], next=link))
    assert str(told.value) == (
        "The vendor's link to the next page leads to no host, where credentials must not go. The bookmark stays before "
        "this window."
    )


def test_an_address_in_the_link_s_query_is_left_alone() -> None:
    link = "https://calls.example:443/v1/feed?to=https://other.example/x"
    assert corrected_link(link, HERE) == "https://calls.example/v1/feed?to=https://other.example/x"


def test_the_port_of_https_is_another_server_where_pages_come_by_http() -> None:
    link = "http://calls.example:443/v1/feed?next=1"
    assert corrected_link(link, "http://calls.example/v1/feed") == link
