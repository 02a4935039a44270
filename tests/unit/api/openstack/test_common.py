# SPDX-License-Identifier: Apache-2.0
"""Links, paging and small helpers."""
import pytest
import webob.exc
from hypothesis import given
from hypothesis import strategies as st

from mininova import exception
from mininova.api.openstack import common, request


def req(path):
    return request.Request.blank(path)


@pytest.mark.parametrize(('parts', 'joined'), [
    (('http://a', 'v2', ''), 'http://a/v2/'), (('http://a/', '/v2', '/b/'), 'http://a/v2/b'), (('a', '', 'b'), 'a/b'),
    (('a',), 'a'), (('', ''), '')])
def test_urls_are_joined_with_single_slashes(parts, joined):
    assert common.url_join(*parts) == joined


@pytest.mark.parametrize(('href', 'expected'), [
    ('http://a/v2.1', 'http://a'), ('http://a/v2.1/', 'http://a'), ('http://a/v2', 'http://a'), ('http://a/b', 'http://a/b'),
    ('http://a/compute/v2.1', 'http://a/compute'), ('http://a/v3', 'http://a/v3'), ('http://v2.1.org/x', 'http://v2.1.org/x')])
def test_the_version_at_the_end_is_removed(href, expected):
    assert common.remove_trailing_version_from_href(href) == expected


@pytest.mark.parametrize(('href', 'identifier'), [
    ('http://a/v2.1/flavors/1', '1'), ('1', '1'), (7, '7'), ('/flavors/a-b', 'a-b'), ('http://a/1?x=2', '1')])
def test_an_id_is_the_end_of_a_link(href, identifier):
    assert common.get_id_from_href(href) == identifier


def test_a_link_without_id_is_invalid():
    with pytest.raises(exception.InvalidInput):
        common.get_id_from_href('http://a/flavors/')


@pytest.mark.parametrize(('query', 'expected'), [
    ('', (['created_at'], ['desc'])), ('sort_key=a', (['a'], ['desc'])), ('sort_key=a&sort_dir=asc', (['a'], ['asc'])),
    ('sort_key=a&sort_key=b&sort_dir=asc', (['a', 'b'], ['asc', 'asc'])),
    ('sort_key=a&sort_dir=asc&sort_dir=desc', (['a'], ['asc'])), ('sort_dir=asc', (['created_at'], ['asc']))])
def test_sort_keys_pair_with_directions(query, expected):
    assert common.get_sort_params(req(f'/?{query}').GET) == expected


@given(st.text(max_size=30))
def test_any_limit_is_a_number_or_a_400(text):
    made = request.Request.blank('/')
    made.GET['limit'] = text.encode('utf-8', 'replace').decode()
    try:
        limit, _marker = common.get_limit_and_marker(made)
    except webob.exc.HTTPBadRequest:
        return
    assert 0 <= limit <= 1000


class Things(common.ViewBuilder):
    _collection_name = 'things'


def test_the_marker_of_the_next_page_comes_from_an_object_or_a_row():
    class Thing:
        uuid = 'x'

    made = req('/?limit=1')
    for item in (Thing(), {'uuid': 'x'}):
        (link,) = Things()._get_collection_links(made, [item], 'things')
        assert link == {'rel': 'next', 'href': 'http://localhost/things?limit=1&marker=x'}


def test_text_in_a_next_link_is_encoded():
    href = Things()._get_next_link(req('/?name=a%26b'), 'm/1 \u00e9')
    assert href == 'http://localhost/things?marker=m%2F1+%C3%A9&name=a%26b'


@pytest.mark.parametrize(('text', 'value'), [('true', True), ('ON', True), ('0', False), ('No', False)])
def test_words_for_yes_and_no(text, value):
    assert common.bool_from_string_strict(text) is value


def test_other_words_are_refused():
    with pytest.raises(webob.exc.HTTPBadRequest):
        common.bool_from_string_strict('maybe')
