# SPDX-License-Identifier: Apache-2.0
"""[pci] alias, and what flavors make of it."""
import json
import types

import pytest

from mininova import exception
from mininova.compute import create
from mininova.pci import request

GPU = {'name': 'gpu', 'vendor_id': '10DE', 'product_id': '1eb8'}


@pytest.fixture
def alias(conf):
    """Set the option: ``alias(document, ...)``."""
    return lambda *documents: conf.config(group='pci', alias=[
        each if isinstance(each, str) else json.dumps(each) for each in documents])


def flavor(text, **specs):
    return types.SimpleNamespace(extra_specs={'pci_passthrough:alias': text, **specs})


def test_a_flavor_asks_for_what_its_aliases_mean(alias):
    alias(GPU, {**GPU, 'product_id': '20b0'}, {'name': 'fast card', 'resource_class': 'my card', 'traits': 'a,b',
                                              'device_type': 'type-PF', 'numa_policy': 'required'})
    first, second = request.get_pci_requests_from_flavor(flavor('gpu:2, fast card : 1'))
    assert (first.count, first.alias_name, first.numa_policy, first.wants_whole) == (2, 'gpu', 'legacy', False)
    assert [each['product_id'] for each in first.spec] == ['1eb8', '20b0'] and first.spec[0]['vendor_id'] == '10de'
    assert (second.count, second.numa_policy, second.wants_whole) == (1, 'required', True)
    assert second.spec == [{'resource_class': 'MY_CARD', 'traits': ['A', 'B'], 'dev_type': 'type-PF'}]
    assert (first.describe(), second.describe()) == ('gpu (10de:1eb8 or 10de:20b0)', 'fast card (MY_CARD)')
    assert first.request_id != second.request_id
    alias({**GPU, 'live_migratable': 'yes'}, {**GPU, 'product_id': '20b0', 'live_migratable': 'no'})
    both, = request.get_pci_requests_from_flavor(flavor('gpu:1'))
    alias({**GPU, 'live_migratable': 'True'})
    one, = request.get_pci_requests_from_flavor(flavor('gpu:1'))
    assert (first.moves_live, both.moves_live, one.moves_live) == (False, False, True)
    assert request.from_documents([first.to_document()]) == [first] and request.from_documents(None) == []


def test_flavors_without_an_alias_ask_for_nothing():
    assert request.describe_requests(types.SimpleNamespace(extra_specs=None)) is None
    assert request.describe_requests(flavor('')) is None


@pytest.mark.parametrize(('text', 'error'), [
    ('gpu', exception.PciRequestInvalid), ('gpu:', exception.PciRequestInvalid), (':1', exception.PciRequestInvalid),
    ('gpu:0', exception.PciRequestInvalid), ('gpu:-1', exception.PciRequestInvalid),
    ('gpu:1.5', exception.PciRequestInvalid), ('gpu:1,', exception.PciRequestInvalid),
    ('gpu:99999', exception.PciRequestInvalid), ('GPU:1', exception.PciRequestAliasNotDefined)])
def test_nonsense_of_a_flavor_is_the_callers_fault(alias, text, error):
    alias(GPU)
    with pytest.raises(error) as caught:
        request.get_pci_requests_from_flavor(flavor(text))
    assert caught.value.code == 400


@pytest.mark.parametrize(('specs', 'properties', 'policy'), [
    ({}, {}, 'legacy'), ({'hw:pci_numa_affinity_policy': 'socket'}, {}, 'socket'),
    ({}, {'hw_pci_numa_affinity_policy': 'preferred'}, 'preferred'),
    ({'hw:pci_numa_affinity_policy': 'socket'}, {'hw_pci_numa_affinity_policy': 'socket'}, 'socket')])
def test_flavor_and_image_say_how_near(alias, specs, properties, policy):
    alias(GPU)
    image = types.SimpleNamespace(properties=properties)
    found, = request.get_pci_requests_from_flavor(flavor('gpu:1', **specs), image)
    assert found.numa_policy == policy


def test_a_policy_that_there_is_not_is_refused(alias):
    alias(GPU)
    with pytest.raises(exception.InvalidPCINUMAAffinity, match='near'):
        request.get_pci_requests_from_flavor(flavor('gpu:1', **{'hw:pci_numa_affinity_policy': 'near'}))


@pytest.mark.parametrize(('entry', 'reason'), [
    ('{', 'Expecting'), ('[]', 'no JSON object'), ({'vendor_id': '10de', 'product_id': '1eb8'}, "needs a 'name'"),
    ({**GPU, 'name': 'a:b'}, "needs a 'name'"), ({'name': 'x', 'vendor_id': '10de'}, 'needs vendor_id and product_id'),
    ({**GPU, 'vendor_id': '10d'}, 'vendor_id'), ({**GPU, 'count': '1'}, 'count is none of'),
    ({**GPU, 'product_id': 1234}, 'product_id is no text'), ({**GPU, 'device_type': 'vdpa'}, 'device_type'),
    ({**GPU, 'numa_policy': 'near'}, 'numa_policy'), ({**GPU, 'capability_type': 'usb'}, 'capability_type'),
    ({**GPU, 'resource_class': ' '}, 'empty'), ({**GPU, 'live_migratable': 'maybe'}, 'maybe')])
def test_an_alias_that_makes_no_sense_is_refused_at_the_start_by_its_name(alias, entry, reason):
    alias(entry)
    with pytest.raises(exception.PciInvalidAlias) as caught:
        create.ServerCreator(None, None, None)
    text = entry if isinstance(entry, str) else json.dumps(entry)
    assert text in caught.value.format_message() and reason in caught.value.format_message()


@pytest.mark.parametrize(('other', 'reason'), [
    ({'numa_policy': 'required'}, "NUMA policy mismatch for alias 'gpu'"),
    ({'device_type': 'type-VF'}, "Device type mismatch for alias 'gpu'")])
def test_alternatives_agree_in_type_and_policy(alias, other, reason):
    alias(GPU, {**GPU, **other})
    with pytest.raises(exception.PciInvalidAlias, match=reason):
        request.get_alias_from_config()
