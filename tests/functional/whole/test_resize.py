# SPDX-License-Identifier: Apache-2.0
"""Resize and cold migration from the request to the decision, on two and three hosts."""
import pytest

from mininova import objects
from mininova.compute import power_state, task_states

OTHER = {'cmp1': 'cmp2', 'cmp2': 'cmp1'}


@pytest.fixture
def server(clouds):
    made = clouds.boot('vm1')
    assert clouds.wait(made)['status'] == 'ACTIVE'
    return made


def resize(whole, server, flavor='2'):
    answer = whole.act(server, {'resize': {'flavorRef': flavor}})
    assert answer.status == 202, answer.body
    return whole.wait(server, 'VERIFY_RESIZE')


def guest(whole, host, server):
    return whole.hosts[host].manager.driver.host.guests.get(server)


def record(whole, server):
    return whole.api.get(f'/os-migrations?instance_uuid={server}', version='2.80').json['migrations'][0]


def claims(whole, server):
    found = objects.AllocationList.get_by_instance(whole.admin, server)
    return sorted((claim.kind, claim.memory_mb) for claim in found)


def tidy(whole):
    whole.until(lambda: whole.findings() == [])


def test_a_resized_server_has_the_new_size_and_its_old_disk(clouds, server):
    old = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    content = guest(clouds, old, server).content
    shown = resize(clouds, server)
    new = OTHER[old]
    assert shown['OS-EXT-SRV-ATTR:host'] == new
    assert (shown['flavor']['ram'], shown['flavor']['vcpus'], shown['flavor']['disk']) == (1024, 2, 2)
    assert shown['OS-EXT-STS:power_state'] == power_state.RUNNING
    moved = guest(clouds, new, server)
    assert (moved.content, moved.memory_mb, moved.disk_gb) == (content, 1024, 2)
    assert guest(clouds, old, server).kept and not guest(clouds, old, server).domain
    assert clouds.used() == {old: 512, new: 1024}
    assert (record(clouds, server)['status'], record(clouds, server)['migration_type']) == ('finished', 'resize')
    assert clouds.findings() == []

    assert clouds.act(server, {'confirmResize': None}).status == 204
    shown = clouds.wait(server, 'ACTIVE')
    assert shown['OS-EXT-SRV-ATTR:host'] == new
    assert guest(clouds, old, server) is None
    assert clouds.used() == {old: 0, new: 1024}
    assert record(clouds, server)['status'] == 'confirmed'
    tidy(clouds)
    spec = objects.RequestSpec.get_by_instance_uuid(clouds.admin, server)
    assert spec.flavor.flavorid == '2'
    events = clouds.actions(server)['resize']['events']
    assert {(event['event'], event['result']) for event in events} == {
        ('compute_prep_resize', 'Success'), ('compute_resize_instance', 'Success'),
        ('compute_finish_resize', 'Success')}


def test_a_reverted_server_is_as_it_was(clouds, server):
    old = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    content = guest(clouds, old, server).content
    resize(clouds, server)
    guest(clouds, OTHER[old], server).content = 'changed after the resize'
    assert clouds.act(server, {'revertResize': None}).status == 202
    shown = clouds.wait(server, 'ACTIVE')
    assert shown['OS-EXT-SRV-ATTR:host'] == old
    assert shown['flavor']['ram'] == 512
    back = guest(clouds, old, server)
    assert (back.content, back.memory_mb, back.disk_gb, back.kept) == (content, 512, 1, None)
    assert guest(clouds, OTHER[old], server) is None
    assert clouds.used() == {old: 512, OTHER[old]: 0}
    assert claims(clouds, server) == [('instance', 512)]
    assert record(clouds, server)['status'] == 'reverted'
    assert objects.RequestSpec.get_by_instance_uuid(clouds.admin, server).flavor.flavorid == '1'
    tidy(clouds)


def test_a_stopped_server_stays_off_on_every_way(clouds, server):
    clouds.act(server, {'os-stop': None})
    clouds.wait(server, 'SHUTOFF')
    for decision in ('revertResize', 'confirmResize'):
        assert resize(clouds, server)['OS-EXT-STS:power_state'] == power_state.SHUTDOWN
        clouds.act(server, {decision: None})
        assert clouds.wait(server, 'SHUTOFF')['OS-EXT-STS:power_state'] == power_state.SHUTDOWN
    tidy(clouds)


def test_a_server_is_migrated_and_keeps_its_flavor(clouds, server):
    old = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    assert clouds.act(server, {'migrate': None}, version='2.1').status == 202
    shown = clouds.wait(server, 'VERIFY_RESIZE')
    assert (shown['OS-EXT-SRV-ATTR:host'], shown['flavor']['ram']) == (OTHER[old], 512)
    assert record(clouds, server)['migration_type'] == 'migration'
    assert 'migrate' in clouds.actions(server)
    clouds.act(server, {'confirmResize': None})
    clouds.wait(server, 'ACTIVE')
    tidy(clouds)


def test_a_server_goes_to_the_host_that_the_request_names(clouds, server):
    clouds.add_host('cmp3')
    here = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    for host in [host for host in ('cmp1', 'cmp2', 'cmp3') if host != here]:
        assert clouds.act(server, {'migrate': {'host': host}}, version='2.56').status == 202
        assert clouds.wait(server, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] == host
        clouds.act(server, {'confirmResize': None})
        clouds.wait(server, 'ACTIVE')
    assert clouds.used()[here] == 0
    tidy(clouds)


def test_a_resize_may_stay_on_its_host_only_where_that_is_allowed(whole):
    whole.api.post('/flavors', {'flavor': {'name': 'm1.big', 'ram': 1024, 'vcpus': 2, 'disk': 2, 'id': '2'}})
    server = whole.boot('vm1')
    whole.wait(server, 'ACTIVE')
    whole.act(server, {'resize': {'flavorRef': '2'}})
    whole.until(lambda: whole.actions(server)['resize']['message'] == 'Error')
    assert whole.wait(server, 'ACTIVE')['flavor']['ram'] == 512
    details = whole.actions(server)['resize']['events'][0]['details']
    assert details.startswith('No valid host was found. 0 of 1 hosts fit') and 'ignored' in details
    assert claims(whole, server) == [('instance', 512)]
    assert record(whole, server)['status'] == 'error'

    whole.cloud.conf(allow_resize_to_same_host=True)
    for decision, memory, disk in (('revertResize', 512, 1), ('confirmResize', 1024, 2)):
        content = guest(whole, 'cmp1', server).content
        resize(whole, server)
        assert whole.used() == {'cmp1': 512 + 1024}
        assert whole.findings() == []
        whole.act(server, {decision: None})
        assert whole.wait(server, 'ACTIVE')['flavor']['ram'] == memory
        assert whole.used() == {'cmp1': memory}
        found = guest(whole, 'cmp1', server)
        assert (found.content, found.disk_gb, found.kept, found.memory_mb) == (content, disk, None, memory)
    tidy(whole)


def test_a_host_that_fails_to_take_a_server_is_passed_over(clouds, server):
    clouds.add_host('cmp3')
    old = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    others = [host for host in ('cmp1', 'cmp2', 'cmp3') if host != old]
    for host in others[:1]:
        clouds.faults(host).add('prepare_migration', 'full', count=0)
    shown = resize(clouds, server)
    assert shown['OS-EXT-SRV-ATTR:host'] == others[1]
    assert clouds.used() == {old: 512, others[0]: 0, others[1]: 1024}
    clouds.act(server, {'confirmResize': None})
    clouds.wait(server, 'ACTIVE')
    tidy(clouds)


def test_when_no_host_takes_a_server_it_stays_and_the_reasons_are_told(clouds, server):
    old = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    clouds.faults(OTHER[old]).add('prepare_migration', 'full', count=0, value='no space left')
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    clouds.until(lambda: record(clouds, server)['status'] == 'error')
    shown = clouds.wait(server, 'ACTIVE')
    assert (shown['OS-EXT-SRV-ATTR:host'], shown['flavor']['ram']) == (old, 512)
    details = [event['details'] for event in clouds.actions(server)['resize']['events']
               if event['event'] == 'conductor_migrate_server'][0]
    assert f'Tried: {OTHER[old]}' in details
    assert clouds.used() == {old: 512, OTHER[old]: 0}
    tidy(clouds)


@pytest.mark.parametrize('step', ['migrate_disk_and_power_off', 'migrate_disk_and_power_off.rename',
                                  'migrate_disk_and_power_off.copy'])
def test_what_fails_before_the_hand_over_leaves_the_server_as_it_was(clouds, server, step):
    old = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    clouds.faults(old).add(step, 'fail', value='the cable is cut')
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    clouds.until(lambda: record(clouds, server)['status'] == 'error')
    shown = clouds.wait(server, 'ACTIVE')
    assert (shown['OS-EXT-SRV-ATTR:host'], shown['flavor']['ram']) == (old, 512)
    assert shown['OS-EXT-STS:power_state'] == power_state.RUNNING
    assert clouds.used() == {old: 512, OTHER[old]: 0}
    assert 'the cable is cut' in str(clouds.actions(server)['resize']['events'])
    tidy(clouds)
    resize(clouds, server)


@pytest.mark.parametrize('step', ['finish_migration', 'finish_migration.grow', 'finish_migration.start'])
def test_what_fails_after_the_hand_over_is_an_error_with_all_disks_kept(clouds, server, step):
    old = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    clouds.faults(OTHER[old]).add(step, 'fail', value='no such luck')
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    shown = clouds.wait(server, 'ERROR')
    assert 'no such luck' in shown['fault']['message']
    assert shown['OS-EXT-SRV-ATTR:host'] == OTHER[old]
    assert record(clouds, server)['status'] == 'error'
    assert guest(clouds, old, server).kept
    clouds.api.delete(f'/servers/{server}')
    clouds.wait_gone(server)
    clouds.until(lambda: guest(clouds, old, server) is None)
    assert clouds.used() == {old: 0, OTHER[old]: 0}
    tidy(clouds)


def test_a_moment_without_hypervisor_only_delays(clouds, server):
    old = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    clouds.faults(old).add('migrate_disk_and_power_off.copy', 'lost')
    clouds.faults(OTHER[old]).add('finish_migration', 'lost')
    assert resize(clouds, server)['OS-EXT-SRV-ATTR:host'] == OTHER[old]
    clouds.faults(OTHER[old]).add('destroy', 'lost')
    clouds.faults(old).add('finish_revert_migration', 'lost')
    clouds.act(server, {'revertResize': None})
    assert clouds.wait(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == old
    tidy(clouds)


def test_nobody_decided_and_the_window_is_over(clouds, server):
    resize(clouds, server)
    clouds.cloud.conf(resize_confirm_window=1)
    new = clouds.show(server)['OS-EXT-SRV-ATTR:host']
    clouds.until(lambda: (clouds.hosts[new].manager.periodic.confirm_overdue_moves(),
                          clouds.show(server)['status'] == 'ACTIVE')[1])
    assert clouds.actions(server)['confirmResize']['user_id'] is None
    tidy(clouds)


def test_task_states_of_a_move_show_as_resize(clouds, server):
    clouds.faults(clouds.show(server)['OS-EXT-SRV-ATTR:host']).add('migrate_disk_and_power_off', 'delay', value='0.5')
    clouds.act(server, {'resize': {'flavorRef': '2'}})
    clouds.until(lambda: clouds.show(server)['OS-EXT-STS:task_state'] == task_states.RESIZE_MIGRATING)
    assert clouds.show(server)['status'] == 'RESIZE'
    for body in ({'os-stop': None}, {'resize': {'flavorRef': '2'}}, {'migrate': None}, {'confirmResize': None}):
        assert clouds.act(server, body).status == 409
    clouds.wait(server, 'VERIFY_RESIZE')


@pytest.mark.parametrize(('decision', 'legacy', 'versioned'), [
    ('confirmResize', 'resize.confirm', 'resize_confirm'), ('revertResize', 'resize.revert', 'resize_revert')])
def test_every_step_is_told_in_pairs(clouds, server, notifier, decision, legacy, versioned):
    resize(clouds, server)
    clouds.act(server, {decision: None})
    clouds.wait(server, 'ACTIVE')
    clouds.until(lambda: f'instance.{versioned}.end' in notifier.events('instance.'))
    for prefix, names in (('compute.instance.', ('resize.prep', 'resize', 'finish_resize', legacy)),
                          ('instance.', ('resize_prep', 'resize', 'resize_finish', versioned))):
        told = sorted(event for event in notifier.events(prefix) if event.startswith(prefix))
        assert [event for event in told if event != f'{prefix}exists'] == sorted(
            f'{prefix}{name}.{phase}' for name in names for phase in ('start', 'end'))
        assert len(told) == 8 + (1 if decision == 'confirmResize' else 2)   # how the server was, for billing
    payload = notifier.payload('instance.resize_prep.start')
    assert payload['nova_object.name'] == 'InstanceActionResizePrepPayload'
    assert payload['nova_object.data']['new_flavor']['nova_object.data']['flavorid'] == '2'
    assert notifier.payload('compute.instance.resize.prep.start')['new_instance_type'] == 'm1.big'
