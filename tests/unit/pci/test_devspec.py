# SPDX-License-Identifier: Apache-2.0
"""[pci] device_spec: what an entry means, and what makes no sense."""
import json
import re

import hypothesis
import pytest
from hypothesis import strategies

from mininova import exception
from mininova.pci import devspec
from tests.fixtures import pci_devices

NUMBERS = strategies.tuples(*(strategies.integers(0, largest) for _, largest, _ in devspec.PARTS))


def text(numbers, stars=(False,) * 4):
    parts = [('*' if star else f'{number:0{digits}x}')
             for number, star, (_, _, digits) in zip(numbers, stars, devspec.PARTS, strict=True)]
    return '{}:{}:{}.{}'.format(*parts)


def matches(document, device):
    return devspec.Whitelist([json.dumps(document)]).get_devspec(device) is not None


@hypothesis.given(NUMBERS, NUMBERS, strategies.tuples(*[strategies.booleans()] * 4))
def test_each_part_of_an_address_counts_or_is_any(mine, theirs, stars):
    expected = all(star or one == other for one, other, star in zip(mine, theirs, stars, strict=True))
    assert matches({'address': text(mine, stars)}, pci_devices.device(text(theirs))) == expected


@hypothesis.given(NUMBERS, strategies.tuples(*[strategies.booleans()] * 4))
def test_an_address_and_its_parts_left_out_mean_its_device(numbers, empty):
    short = text(numbers, empty).replace('*', '')
    device = pci_devices.device(text(numbers))
    assert matches({'address': short}, device)
    # Domain and bus may be left off altogether.
    assert matches({'address': short.split(':')[-1]}, device) and matches({'address': short.partition(':')[2]}, device)


@hypothesis.given(NUMBERS, strategies.data())
def test_regular_expressions_mean_what_they_match_from_its_beginning(numbers, data):
    device = pci_devices.device(text(numbers))
    parts = dict(zip((name for name, _, _ in devspec.PARTS), devspec.parse_address(device['address']), strict=True))
    chosen = data.draw(strategies.dictionaries(strategies.sampled_from(sorted(parts)), strategies.sampled_from(
        ['.*', '0', '[0-7]', '[0-9a-f]+', '0[0-3]', '1', '.', 'f$'])))
    expected = all(re.match(expression, parts[name]) for name, expression in chosen.items())
    assert matches({'address': chosen}, device) == bool(expected)


@hypothesis.given(strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(
        strategies.sampled_from(devspec.KEYS) | strategies.text(max_size=5), inner, max_size=4)))
def test_whatever_is_written_is_taken_or_refused_by_name(document):
    try:
        devspec.Whitelist([json.dumps(document)])
    except exception.PciConfigInvalidSpec as error:
        assert json.dumps(document) in error.format_message()


def test_vendor_product_and_the_first_entry_count():
    known = devspec.Whitelist([
        '{"vendor_id": "10DE", "product_id": "1eb8", "address": "0000:01:00.0", "traits": "fast, CUSTOM_COLD"}',
        '[{"vendor_id": "10de", "resource_class": "my gpu", "physical_network": null}, {"product_id": "ffff"}]'])
    first, second, third = pci_devices.gpus(3)
    third.update(vendor_id='8086')
    found = known.select([second, third, first, pci_devices.device('10000:00:00.0')])
    assert [(each['address'], each['tags']) for each in found] == [
        ('0000:01:00.0', {'traits': ['COLD', 'FAST']}),
        ('0000:01:01.0', {'resource_class': 'MY_GPU', 'physical_network': None})]
    assert devspec.Whitelist([]).select([first]) == []


def test_the_address_of_a_card_means_its_functions_too():
    whole, one, other = pci_devices.card(0x81, 2)
    assert all(matches({'address': '0000:81:00.0'}, each) for each in (whole, one, other))
    assert not matches({'address': '0000:81:00.*'}, one)
    assert not matches({'address': '0000:81:00.0', 'product_id': '154c'}, one)


@pytest.mark.parametrize(('entry', 'reason'), [
    ('{"address": "0000:01:20.0"}', "field 'slot'"), ('{"address": "0000:01:00.8"}', "field 'function'"),
    ('{"address": "1:2:3:4.0"}', 'incorrect format'), ('{"address": "0000:zz:00.0"}', "field 'bus'"),
    ('{"address": {"buss": "01"}}', 'incorrect format'), ('{"address": {"bus": "["}}', 'incorrect format'),
    ('{"address": 7}', 'incorrect format'), ('{"vendor_id": "10d"}', 'vendor_id'),
    ('{"product_id": 1234}', 'product_id'), ('{"colour": "red"}', 'colour is none of'),
    ('{"devname": "eth0"}', "give the 'address'"), ('{"trusted": "perhaps"}', 'perhaps'),
    ('{"resource_class": ""}', 'empty or too long'), ('{', 'no JSON'), ('"x"', 'must be a JSON object')])
def test_what_makes_no_sense_is_refused_by_its_name(entry, reason):
    with pytest.raises(exception.PciConfigInvalidSpec) as caught:
        devspec.Whitelist(['{"vendor_id": "*"}', entry])
    assert caught.value.format_message().startswith(f'Invalid [pci] device_spec config: {entry}: ')
    assert reason in caught.value.format_message()
