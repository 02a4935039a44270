# SPDX-License-Identifier: Apache-2.0
"""Which devices a server gets: all that can be given are given, and nothing else."""
import itertools

import hypothesis
import pytest
from hypothesis import strategies

from mininova.pci import device, request, stats
from mininova.pci.device import PF, VF
from tests.fixtures import pci_devices
from tests.fixtures.pci_devices import card, gpus, wanted


def pools(*devices):
    return stats.PciDeviceStats.from_devices(devices)


def cells(*ids, sockets=None):
    return stats.NUMACells(frozenset(ids), sockets or {0: 0, 1: 0, 2: 1, 3: 1})


def test_devices_of_a_kind_are_one_pool():
    taken = pci_devices.device('0000:0a:00.0', status='allocated')
    found = pools(*gpus(3), *gpus(1, numa_node=1, bus=2), *card(9, 2), taken)
    assert [(pool['dev_type'], pool['numa_node'], pool['count']) for pool in found.pools] == [
        ('type-PCI', None, 3), ('type-PCI', 1, 1), ('type-PF', None, 1), ('type-VF', None, 2)]
    assert found.count == 7 and stats.PciDeviceStats(None).count == 0


def test_as_many_as_are_asked_for_or_none():
    assert pools(*gpus(3)).fit([wanted(2)]) == {'gpu': ['0000:01:00.0', '0000:01:01.0']}
    found = pools(*gpus(3)).fit([wanted(4)])
    assert found == ('needs 4 PCI devices of alias gpu (10de:1eb8), has 3 free', 4, 3)
    assert pools().fit([]) == {}


def test_one_request_does_not_take_the_last_device_of_another():
    special = pci_devices.device('0000:00:00.0', tags={'traits': ['FAST']})
    found = pools(special, *gpus(1)).fit([wanted(1), wanted(1, 'fast', traits=['FAST'])])
    assert found == {'gpu': ['0000:01:00.0'], 'fast': ['0000:00:00.0']}
    found = pools(special).fit([wanted(1), wanted(1, 'fast', traits=['FAST'])])
    assert found.text == 'needs 1 PCI devices of alias fast (10de:1eb8), has 1 free, which others of its requests need'


def test_tags_and_types_count():
    tagged = pci_devices.device('0000:00:00.0', tags={'resource_class': 'GPU', 'traits': ['A', 'B']})
    assert pools(tagged).fit([wanted(traits=['B'], resource_class='GPU')]) == {'gpu': ['0000:00:00.0']}
    assert pools(tagged).fit([wanted(resource_class='TPU')]).had == 0
    assert pools(tagged).fit([wanted(traits=['B', 'C'])]).had == 0
    moving = pci_devices.device('0000:00:00.0', tags={'live_migratable': True})
    assert pools(moving, *gpus(1)).fit([wanted(live_migratable=True)]) == {'gpu': ['0000:00:00.0']}
    assert pools(moving, *gpus(1)).fit([wanted(live_migratable=False)]) == {'gpu': ['0000:01:00.0']}
    # A whole card is for those only that say so.
    assert pools(*card(9, 0)).fit([wanted()]).had == 0
    assert pools(*card(9, 2)).fit([wanted(2)]) == {'gpu': ['0000:09:01.0', '0000:09:01.1']}
    assert pools(*card(9, 2)).fit([wanted(dev_type=PF)]) == {'gpu': ['0000:09:00.0']}


def test_what_rules_out_least_goes_first():
    found = pools(*card(8, 3), *card(9, 1))
    assert found.fit([wanted(dev_type=PF)]) == {'gpu': ['0000:09:00.0']}
    both = found.fit([wanted(dev_type=PF, name='whole'), wanted(2, dev_type=VF)])
    assert both == {'whole': ['0000:09:00.0'], 'gpu': ['0000:08:01.0', '0000:08:01.1']}
    # The card that is split already is split further.
    assert found.without(['0000:08:01.0']).fit([wanted(2, dev_type=VF)]) == {'gpu': ['0000:08:01.1', '0000:08:01.2']}
    assert pools(*card(9, 1)).fit([wanted(dev_type=PF, name='whole'), wanted(dev_type=VF)]).had == 0


def test_a_card_that_is_gone_takes_its_functions_along():
    left = pools(*card(8, 2), *card(9, 2)).without(['0000:08:00.0', '0000:09:01.0'])
    assert [(pool['dev_type'], pool['devices']) for pool in left.pools] == [('type-VF', ['0000:09:01.1'])]


@pytest.mark.parametrize(('policy', 'near'), [
    (request.LEGACY, [0, None]), (request.REQUIRED, [0]), (request.SOCKET, [0, 1]),
    (request.PREFERRED, [0, None, 1, 2])])
def test_a_servers_cells_and_its_policy(policy, near):
    found = pools(*(pci_devices.device(f'0000:0{bus}:00.0', numa_node=node)
                    for bus, node in enumerate((2, 1, None, 0))))
    order = {0: '0000:03:00.0', None: '0000:02:00.0', 1: '0000:01:00.0', 2: '0000:00:00.0'}
    chosen = []
    while not isinstance(fit := found.fit([wanted(numa_policy=policy)], cells(0)), stats.Shortage):
        chosen += fit['gpu']
        found = found.without(fit['gpu'])
    assert sorted(chosen) == sorted(order[node] for node in near) and chosen[0] == order[0]
    assert found.fit([wanted(numa_policy=policy)]) is not None
    if policy != request.PREFERRED:
        assert f'where NUMA policy {policy} lets the server have them (on NUMA cells 0)' in fit.text


def test_without_numa_nodes_no_policy_keeps_a_device_away():
    far = pools(*gpus(1, numa_node=7))
    assert far.fit([wanted(numa_policy=request.REQUIRED)]) == {'gpu': ['0000:01:00.0']}
    assert far.fit([wanted(numa_policy=request.SOCKET)], cells(0)).had == 0


TRAITS = strategies.sets(strategies.sampled_from('ABC')).map(sorted)


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(strategies.lists(strategies.tuples(strategies.sampled_from([None, 0, 1]), TRAITS), max_size=5),
                  strategies.lists(strategies.tuples(strategies.integers(1, 2), TRAITS,
                                                     strategies.sampled_from(request.POLICIES)), max_size=3))
def test_devices_are_found_if_there_is_any_way_to_give_them(facts, requests):
    devices = [pci_devices.device(f'0000:00:{number:02x}.0', numa_node=node, tags={'traits': traits})
               for number, (node, traits) in enumerate(facts)]
    asked = [wanted(count, f'r{number}', policy, traits=traits)
             for number, (count, traits, policy) in enumerate(requests)]
    found, on = pools(*devices).fit(asked, cells(0)), cells(0)

    def suits(each, one):
        near = {request.LEGACY: (0, None), request.REQUIRED: (0,), request.SOCKET: (0, 1),
                request.PREFERRED: (None, 0, 1)}[each.numa_policy]
        return one['numa_node'] in near and set(each.spec[0]['traits']) <= set(one['tags']['traits'])
    slots = [each for each in asked for _ in range(each.count)]
    possible = any(all(suits(each, one) for each, one in zip(slots, chosen, strict=True))
                   for chosen in itertools.permutations(devices, len(slots)))
    assert isinstance(found, dict) == possible
    if possible:
        by_address = {one['address']: one for one in devices}
        given = [(each, by_address[address]) for each in asked for address in found[each.request_id]]
        assert len(given) == len({one['address'] for _, one in given}) == len(slots)
        assert all(suits(each, one) for each, one in given) and on.ids
        assert all(len(found[each.request_id]) == each.count for each in asked)


def test_statuses_that_follow_from_what_is_taken():
    devices = [*card(8, 2), *card(9, 2)]
    devices[0]['status'] = devices[4]['status'] = device.ALLOCATED
    assert device.blocked(devices) == {'0000:08:01.0', '0000:08:01.1', '0000:09:00.0'}
