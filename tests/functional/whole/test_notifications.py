# SPDX-License-Identifier: Apache-2.0
"""Every action is told on the bus, versioned and legacy: one start, and one end or error, by whoever does it."""
import collections

import pytest
from oslo_utils import timeutils

from mininova.network import ipam
from mininova.notifications import instance as notifications
from tests.functional.whole.test_evacuate import stop

# What is asked, where the server rests, and which steps are told.
STEPS = [
    ({'os-stop': None}, 'SHUTOFF', ('power_off',)), ({'os-start': None}, 'ACTIVE', ('power_on',)),
    ({'reboot': {'type': 'HARD'}}, 'ACTIVE', ('reboot',)), ({'reboot': {'type': 'SOFT'}}, 'ACTIVE', ('reboot',)),
    ({'pause': None}, 'PAUSED', ('pause',)), ({'unpause': None}, 'ACTIVE', ('unpause',)),
    ({'suspend': None}, 'SUSPENDED', ('suspend',)), ({'resume': None}, 'ACTIVE', ('resume',)),
    ({'rescue': None}, 'RESCUE', ('rescue',)), ({'unrescue': None}, 'ACTIVE', ('unrescue',)),
    ({'createImage': {'name': 'copy'}}, 'ACTIVE', ('snapshot',)),
    ({'createBackup': {'name': 'b', 'backup_type': 'daily', 'rotation': 1}}, 'ACTIVE', ('snapshot',)),
    ({'trigger_crash_dump': None}, 'ACTIVE', ('trigger_crash_dump',)),
    ({'rebuild': {}}, 'ACTIVE', ('rebuild',)),
    ({'os-migrateLive': {'host': None, 'block_migration': 'auto'}}, 'ACTIVE',
     ('live_migration_pre', 'live_migration_post', 'live_migration_post_dest')),
    ({'migrate': None}, 'VERIFY_RESIZE', ('resize_prep', 'resize', 'resize_finish')),
    ({'confirmResize': None}, 'ACTIVE', ('resize_confirm',)),
    ({'shelve': None}, 'SHELVED_OFFLOADED', ('shelve', 'shelve_offload')),
    ({'unshelve': None}, 'ACTIVE', ('unshelve',)),
]

# Before these billing hears of the server as it was.
BILLED = ('rebuild', 'rescue', 'resize_prep', 'resize_revert', 'shelve')


@pytest.fixture
def server(whole):
    ipam.create_network(whole.admin, 'private', '10.0.0.0/24')
    whole.add_host('cmp2')
    made = whole.boot('vm1', networks='auto')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


def told(notifier):
    """Return the counts of events of both formats since the last look, in the versioned names."""
    versioned = {legacy: name for name, legacy in notifications.LEGACY_NAMES.items()}
    both = []
    for legacy in (False, True):
        counts = collections.Counter()
        for event in notifier.events('instance.'):
            if event.startswith('compute.') == legacy:
                name, _dot, phase = event.removeprefix('compute.').removeprefix('instance.').rpartition('.')
                counts[versioned.get(name, name), phase] += 1
        both.append(counts)
    return both


def await_pairs(whole, notifier, *names, ends='end', billed=BILLED):
    wanted = collections.Counter((name, phase) for name in names for phase in ('start', ends))
    wanted.update(('', 'exists') for name in names if name in billed)
    try:
        whole.until(lambda: told(notifier) == [wanted, wanted])
    except AssertionError:
        assert told(notifier) == [wanted, wanted]
    notifier.sent.clear()


def test_every_action_is_told_in_pairs(whole, server, notifier):
    for body, status, names in STEPS:
        if 'rebuild' in body:
            body = {'rebuild': {'imageRef': whole.image}}
        assert whole.act(server, body).status in (200, 202, 204), body
        whole.wait(server, status)
        await_pairs(whole, notifier, *names)


def test_billing_hears_how_a_server_was_before_it_changes(whole, server, notifier):
    whole.cloud.conf(instance_usage_audit_period='month')
    whole.api.post('/flavors', {'flavor': {'name': 'm1.big', 'ram': 1024, 'vcpus': 2, 'disk': 2, 'id': '2'}})
    assert whole.act(server, {'resize': {'flavorRef': '2'}}).status == 202
    whole.wait(server, 'VERIFY_RESIZE')
    told_of = notifier.payload('instance.exists')['nova_object.data']
    assert told_of['flavor']['nova_object.data']['flavorid'] == '1' and told_of['state'] == 'active'
    period = told_of['audit_period']['nova_object.data']
    today = timeutils.utcnow().strftime('%Y-%m-')
    assert period['audit_period_beginning'] == f'{today}01T00:00:00Z'
    assert period['audit_period_ending'].startswith(today)
    assert notifier.payload('compute.instance.exists')['audit_period_beginning'] == f'{today}01 00:00:00'


def test_cards_are_told_in_pairs(whole, server, notifier):
    card = whole.api.post(f'/servers/{server}/os-interface', {'interfaceAttachment': {}}, version='2.96').json
    await_pairs(whole, notifier, 'interface_attach')
    whole.api.delete(f'/servers/{server}/os-interface/{card["interfaceAttachment"]["port_id"]}')
    await_pairs(whole, notifier, 'interface_detach')


@pytest.mark.parametrize('fault, body, names', [
    ('reboot', {'reboot': {'type': 'HARD'}}, ('reboot',)), ('power_on', {'os-start': None}, ('power_on',)),
    ('rescue', {'rescue': None}, ('rescue',)), ('pause', {'pause': None}, ('pause',)),
    ('snapshot', {'createImage': {'name': 'copy'}}, ('snapshot',)), ('suspend', {'suspend': None}, ('suspend',))])
def test_a_failure_is_told_once(whole, server, notifier, fault, body, names):
    if 'os-start' in body:
        whole.act(server, {'os-stop': None})
        whole.wait(server, 'SHUTOFF')
        await_pairs(whole, notifier, 'power_off')
    for host in ('cmp1', 'cmp2'):
        whole.faults(host).add(fault, 'fail')
    assert whole.act(server, body).status in (200, 202)
    await_pairs(whole, notifier, *names, ends='error')


@pytest.mark.parametrize('body, name', [
    ({'migrate': None}, 'resize_prep'),
    ({'os-migrateLive': {'host': None, 'block_migration': 'auto'}}, 'live_migration_pre')])
def test_a_move_that_no_host_takes_is_told_in_a_pair(whole, server, notifier, body, name):
    other, = {'cmp1', 'cmp2'} - {whole.show(server)['OS-EXT-SRV-ATTR:host']}
    whole.api.put('/os-services/disable', {'host': other, 'binary': 'nova-compute'})
    assert whole.act(server, body).status == 202
    await_pairs(whole, notifier, name, ends='error', billed=())     # no host began with it


def test_an_evacuation_is_told_as_a_rebuild(whole, server, notifier):
    old = whole.show(server)['OS-EXT-SRV-ATTR:host']
    stop(whole, old)
    notifier.sent.clear()
    whole.act(server, {'evacuate': {}}, version='2.94')
    whole.until(lambda: whole.show(server)['OS-EXT-SRV-ATTR:host'] != old)
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: 'instance.rebuild.end' in notifier.events('rebuild'))
    assert [event for event in notifier.events('evacuate', 'rebuild') if not event.startswith('compute.')] == [
        'instance.evacuate', 'instance.rebuild.start', 'instance.rebuild.end']
