# SPDX-License-Identifier: Apache-2.0
"""Schemas that change with the version."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import request
from mininova.api.validation import parameter_types

BASE = {'type': 'object', 'properties': {'thing': {
    'type': 'object', 'properties': {'name': parameter_types.name, 'old': {}}, 'required': ['name'],
    'additionalProperties': False}}, 'required': ['thing'], 'additionalProperties': False}


def inner(schema_map, version, legacy=False):
    return schema_map.schema_for(version, legacy)['properties']['thing']


def req(version='2.1', path='/', legacy=False):
    made = request.Request.blank(path, version=version)
    if legacy:
        made.set_legacy_v2()
    return made


def test_a_plain_schema_holds_for_every_version():
    made = validation.body(BASE)
    assert made.schema_for('2.1') == made.schema_for('2.104') == made.schema_for('2.1', legacy=True) == BASE


def test_a_change_holds_from_its_version_on_and_leaves_the_base_alone():
    made = validation.extend(BASE, '2.19', {'new': {'type': 'string'}}, required=['new'], drop=['old'])
    assert set(inner(made, '2.18')['properties']) == {'name', 'old'}
    assert set(inner(made, '2.19')['properties']) == {'name', 'new'}
    assert inner(made, '2.104')['required'] == ['name', 'new']
    assert inner(made, '2.1', legacy=True) == BASE['properties']['thing']
    assert set(BASE['properties']['thing']['properties']) == {'name', 'old'}


def test_changes_may_be_told_in_any_order():
    changes = [('2.19', {'a': {}}), ('2.30', {'b': {}}), ('2.25', {'c': {}})]
    forward, backward = BASE, BASE
    for version, properties in changes:
        forward = validation.extend(forward, version, properties)
    for version, properties in reversed(changes):
        backward = validation.extend(backward, version, properties)
    for version in ('2.1', '2.19', '2.24', '2.25', '2.30', '2.104'):
        assert set(inner(forward, version)['properties']) == set(inner(backward, version)['properties'])
    assert set(inner(forward, '2.26')['properties']) == {'name', 'old', 'a', 'c'}


def test_names_can_become_optional():
    assert 'required' not in inner(validation.extend(BASE, '2.5', optional=['name']), '2.5')


def test_the_object_meant_can_be_named():
    made = validation.extend(BASE, '2.5', {'extra': {}}, at=())
    assert set(made.schema_for('2.5')['properties']) == {'thing', 'extra'}


def test_anything_else_is_a_function():
    made = validation.extend(BASE, '2.5', change=lambda schema: schema.update(additionalProperties=True))
    assert inner(made, '2.5')['additionalProperties'] is True
    assert inner(made, '2.4')['additionalProperties'] is False


def test_a_schema_can_be_replaced_until_the_next_change():
    made = validation.extend(BASE, '2.5', schema={'type': 'null'})
    assert made.schema_for('2.6') == {'type': 'null'}
    assert made.schema_for('2.4') == BASE


def test_dropping_what_is_not_there_is_a_mistake():
    with pytest.raises(KeyError):
        validation.extend(BASE, '2.5', drop=['nothing'])


def test_v2_0_has_a_schema_of_its_own_if_it_wants():
    made = validation.extend(BASE, '2.0', {'loose': {}})
    assert 'loose' in inner(made, '2.1', legacy=True)['properties']
    assert 'loose' not in inner(made, '2.1')['properties']
    later = validation.extend(made, '2.3', {'x': {}})
    assert 'x' not in inner(later, '2.1', legacy=True)['properties']


def test_a_body_is_checked_by_the_version_of_the_request():
    made = validation.extend(BASE, '2.19', {'new': {'type': 'string'}})
    body = {'thing': {'name': 'a', 'new': 'b'}}
    made.validate_body(req('2.19'), body)
    with pytest.raises(exception.ValidationError, match="'new' was unexpected"):
        made.validate_body(req('2.18'), body)


def test_each_validator_is_made_once(monkeypatch):
    made = validation.body(BASE)
    for _number in range(3):
        made.validate_body(req('2.5'), {'thing': {'name': 'a'}})
        made.validate_body(req('2.6'), {'thing': {'name': 'a'}})
    assert len(made._validators) == 1


def test_v2_removes_unknown_keys_at_every_depth():
    body = {'thing': {'name': ' a ', 'x': 1}, 'y': 2}
    validation.body(BASE).validate_body(req(legacy=True), body)
    assert body == {'thing': {'name': 'a'}}


def test_v2_keeps_keys_of_a_family():
    schema = {'type': 'object', 'properties': {'metadata': parameter_types.metadata}, 'additionalProperties': False}
    body = {'metadata': {'good': 'x', 'b/d': 'y'}}
    validation.body(schema).validate_body(req(legacy=True), body)
    assert body == {'metadata': {'good': 'x'}}


QUERY = validation.query({'a': parameter_types.multi_params({'type': 'string', 'maxLength': 3})}, closed='2.75',
                         pattern_properties={'^_': {}})


def test_an_open_query_drops_what_it_does_not_know():
    made = req('2.74', '/?a=1&b=2&_c=3&a=4&b=5')
    QUERY.validate_query(made)
    assert sorted(made.GET.items()) == [('_c', '3'), ('a', '1'), ('a', '4')]
    assert 'b' not in made.environ['QUERY_STRING']


def test_a_closed_query_refuses_what_it_does_not_know():
    with pytest.raises(exception.ValidationError, match="'b' does not match any"):
        QUERY.validate_query(req('2.75', '/?b=2'))


def test_a_query_error_names_the_key_and_not_the_index():
    with pytest.raises(exception.ValidationError, match='query parameters a. Value: long. '):
        QUERY.validate_query(req(path='/?a=1&a=long'))


def test_a_required_key_is_missed_in_an_empty_query():
    made = validation.extend(QUERY, '2.10', required=['a'])
    made.validate_query(req('2.9'))
    with pytest.raises(exception.ValidationError, match="'a' is a required property"):
        made.validate_query(req('2.10'))


def test_extending_a_query_keeps_open_what_is_open():
    made = validation.extend(QUERY, '2.60', {'new': parameter_types.multi_params({})})
    known = {version: set(made.schema_for(version)['properties']) for version in ('2.59', '2.60', '2.75')}
    assert known == {'2.59': {'a'}, '2.60': {'a', 'new'}, '2.75': {'a', 'new'}}
    assert made.schema_for('2.60')['additionalProperties'] is True
    assert made.schema_for('2.75')['additionalProperties'] is False


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3)))
def test_any_document_is_valid_or_a_small_validation_error(document):
    for legacy in (False, True):
        try:
            validation.body(BASE).validate_body(req(legacy=legacy), document)
        except exception.ValidationError as error:
            assert error.code == 400
            assert len(error.format_message()) < 3000
