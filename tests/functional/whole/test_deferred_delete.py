# SPDX-License-Identifier: Apache-2.0
"""Deleted servers that are kept for a while: restored, reclaimed, forced out; lost messages and killed steps."""
import datetime

import pytest

from mininova import crashpoint, objects
from mininova.compute import power_state, remains
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor import rpcapi as conductor_rpcapi

RESTORE, FORCE = {'restore': None}, {'forceDelete': None}
LONG_AGO = datetime.datetime(2020, 1, 1)


@pytest.fixture
def server(whole):
    whole.cloud.conf(reclaim_instance_interval=3600)
    made = whole.boot('vm1')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


def driver(whole, host='cmp1'):
    return whole.hosts[host].manager.driver


def instance(whole, server):
    return objects.Instance.get_by_uuid(whole.admin, server)


def age(whole, server):
    """Let a kept server have been deleted long ago."""
    kept = instance(whole, server)
    kept.deleted_at = LONG_AGO
    kept.save()


def lose(monkeypatch, owner, name):
    """Lose the first message of a kind; return the list of what was lost."""
    lost, original = [], getattr(owner, name)

    def send(self, *args, **kwargs):
        if not lost:
            lost.append(args)
            return None
        return original(self, *args, **kwargs)
    monkeypatch.setattr(owner, name, send)
    return lost


class Killed(BaseException):
    """Ends a step as SIGKILL does: nobody writes anything any more."""


def die_at(monkeypatch, name):
    """Break off at a crash point, once; return the list of the times it was passed."""
    passed = []

    def observe(point):
        if point == name:
            passed.append(point)
            if len(passed) == 1:
                raise Killed(point)
    monkeypatch.setattr(crashpoint, 'observers', [observe])
    return passed


def test_a_deleted_server_is_kept_off_and_restored(whole, server):
    assert whole.api.delete(f'/servers/{server}').status == 204
    kept = whole.wait(server, 'SOFT_DELETED')
    assert kept['OS-EXT-STS:power_state'] == power_state.SHUTDOWN
    assert driver(whole).get_info(instance(whole, server)).state == power_state.SHUTDOWN
    assert whole.used() == {'cmp1': 512}, 'its place is kept too'
    assert [event['event'] for event in whole.actions(server)['delete']['events']] == ['compute_soft_delete_instance']
    assert whole.act(server, RESTORE).status == 202
    shown = whole.wait(server, 'ACTIVE')
    assert shown['OS-EXT-STS:power_state'] == power_state.RUNNING
    assert instance(whole, server).deleted_at is None
    assert whole.actions(server)['restore']['events'][0]['result'] == 'Success'
    assert whole.findings() == []


def test_a_kept_server_is_reclaimed_when_its_time_is_over(whole, server):
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    periodic = whole.hosts['cmp1'].manager.periodic
    periodic.reclaim_deleted()
    assert whole.show(server)['status'] == 'SOFT_DELETED'
    age(whole, server)
    whole.cloud.conf(reclaim_instance_interval=0)
    periodic.reclaim_deleted()
    assert whole.show(server)['status'] == 'SOFT_DELETED'
    whole.cloud.conf(reclaim_instance_interval=3600)
    periodic.reclaim_deleted()
    whole.wait_gone(server)
    assert whole.used() == {'cmp1': 0}
    whole.until(lambda: whole.findings() == [])


def test_a_locked_server_is_reclaimed(whole, server):
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    kept = instance(whole, server)
    kept.locked, kept.locked_by, kept.deleted_at = True, 'owner', LONG_AGO
    kept.save()
    whole.hosts['cmp1'].manager.periodic.reclaim_deleted()
    whole.wait_gone(server)


def test_a_host_reclaims_its_own_only(whole, server):
    whole.add_host('cmp2')
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    age(whole, server)
    whole.hosts['cmp2'].manager.periodic.reclaim_deleted()
    assert whole.show(server)['status'] == 'SOFT_DELETED'


def test_a_kept_server_is_forced_out(whole, server):
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    assert whole.act(server, FORCE).status == 202
    whole.wait_gone(server)
    assert driver(whole).list_instances() == []


def test_a_deletion_that_fails_is_tried_again_and_not_forgotten(whole, server):
    whole.faults('cmp1').add('power_off', 'fail', count=2)
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED', seconds=30)
    assert whole.findings() == []


def test_a_restore_that_fails_leaves_it_deleted_with_a_reason(whole, server):
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    whole.faults('cmp1').add('power_on', 'fail', value='no')
    whole.act(server, RESTORE)
    whole.until(lambda: whole.actions(server)['restore']['message'] == 'Error')
    assert whole.wait(server, 'SOFT_DELETED')
    assert whole.act(server, RESTORE).status == 202
    whole.wait(server, 'ACTIVE')


@pytest.mark.parametrize('method', ['soft_delete_instance', 'restore_instance'])
def test_a_lost_message_is_made_up_for(whole, server, monkeypatch, method):
    lost = lose(monkeypatch, compute_rpcapi.ComputeAPI, method)
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED', seconds=30)
    whole.act(server, RESTORE)
    whole.wait(server, 'ACTIVE', seconds=30)
    assert lost


@pytest.mark.parametrize('point, ends', [
    ('softdelete.F1.accepted.after', 'SOFT_DELETED'), ('softdelete.F2.powered_off.after', 'SOFT_DELETED'),
    ('restore.T2.running.after', 'ACTIVE')])
def test_a_step_that_was_killed_is_done_again(whole, server, monkeypatch, point, ends):
    passed = die_at(monkeypatch, point)
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED', seconds=30)
    if ends == 'ACTIVE':
        whole.act(server, RESTORE)
        whole.wait(server, 'ACTIVE', seconds=30)
    assert len(passed) >= 2
    assert whole.findings() == []


@pytest.mark.parametrize('point', [
    'delete.D3.accepted.after', 'delete.D4.destroyed.before', 'delete.D4.destroyed.after',
    'delete.D7.network_released.after', 'delete.D8.files_removed.after', 'delete.D9.claim_dropped.before'])
def test_a_deletion_that_was_killed_is_done_again(whole, monkeypatch, point):
    server = whole.boot('vm1')
    whole.wait(server)
    passed = die_at(monkeypatch, point)
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server, seconds=30)
    assert len(passed) >= 2
    whole.until(lambda: whole.findings() == [])


def test_on_a_host_that_is_down_it_waits_and_its_guest_is_turned_off_later(whole, server):
    compute = whole.hosts['cmp1']
    compute.stop()
    whole.services.remove(compute)
    force_down(whole, 'cmp1', True)
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    assert driver(whole).get_info(instance(whole, server)).state == power_state.RUNNING
    force_down(whole, 'cmp1', False)
    whole.add_host('cmp1')
    whole.hosts['cmp1'].manager.periodic.sync_power_states()
    whole.until(lambda: driver(whole).get_info(instance(whole, server)).state == power_state.SHUTDOWN)
    assert whole.act(server, RESTORE).status == 202
    whole.wait(server, 'ACTIVE')


def force_down(whole, host, value):
    whole.api.put('/os-services/force-down', {'host': host, 'binary': 'nova-compute', 'forced_down': value},
                  version='2.11')


@pytest.mark.parametrize('state', ['stopped', 'paused', 'suspended', 'rescued', 'error', 'shelved', 'resized'])
def test_a_server_in_any_state_is_deleted_and_nothing_stays(whole, server, state):
    record = instance(whole, server)
    record.vm_state = state
    record.save()
    assert whole.act(server, FORCE).status == 202
    whole.wait_gone(server)
    assert driver(whole).list_instances() == [] and whole.used() == {'cmp1': 0}
    whole.until(lambda: whole.findings() == [])


# -- what a move left on another host --------------------------------------------------------------------


def leave_on(whole, server, host, status='finished'):
    """Let a server have moved from a host, which still has its guest."""
    moved = instance(whole, server)
    values = objects.Migration.pack(whole.admin, moved, objects.migration.RESIZE)
    values.update(source_compute=host, dest_compute=moved.host, status=status)
    objects.migration.db.insert(values)
    driver(whole, host).spawn(whole.admin, moved, moved.image_meta, [], None, None)


@pytest.mark.parametrize('status', ['finished', 'migrating', 'error'])
def test_a_deletion_removes_what_the_other_host_of_a_move_has(whole, server, status):
    whole.add_host('cmp2')
    leave_on(whole, server, 'cmp2', status)
    whole.act(server, FORCE)
    whole.wait_gone(server)
    assert driver(whole, 'cmp2').list_instances() == [] == driver(whole, 'cmp1').list_instances()


def test_a_guest_that_is_moving_here_is_no_stray(whole, server):
    whole.add_host('cmp2')
    leave_on(whole, server, 'cmp2', 'migrating')
    objects.RequestSpec.add_attempt(whole.admin, server, 'cmp2', 'its build failed there once')
    assert remains.may_be_on(whole.admin, instance(whole, server), 'cmp2')
    whole.hosts['cmp2'].manager.reconciler.remove_strays()
    assert len(driver(whole, 'cmp2').list_instances()) == 1


def test_remains_are_removed_only_of_a_server_that_is_deleted(whole, server):
    whole.add_host('cmp2')
    leave_on(whole, server, 'cmp2')
    compute_rpcapi.ComputeAPI().remove_remains(whole.admin, 'cmp2', instance(whole, server))
    assert len(driver(whole, 'cmp2').list_instances()) == 1


def test_another_host_that_is_down_does_not_keep_a_server_alive(whole, server):
    whole.add_host('cmp2')
    leave_on(whole, server, 'cmp2')
    force_down(whole, 'cmp2', True)
    whole.act(server, FORCE)
    whole.wait_gone(server)
    whole.until(lambda: driver(whole, 'cmp2').list_instances() == [])


def test_a_reclaim_of_a_server_on_no_host_is_conductors(whole, server, monkeypatch):
    record = instance(whole, server)
    whole.hosts['cmp1'].manager.parts.leave(whole.admin, record)
    record.vm_state = 'shelved_offloaded'
    record.save()
    objects.AllocationList.release(whole.admin, server)
    lost = lose(monkeypatch, conductor_rpcapi.ComputeTaskAPI, 'delete_unhosted')
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED', seconds=30)
    assert lost
    lose(monkeypatch, conductor_rpcapi.ComputeTaskAPI, 'restore_unhosted')
    whole.act(server, RESTORE)
    whole.wait(server, 'SHELVED_OFFLOADED', seconds=30)
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    age(whole, server)
    whole.services[0].manager.compute_task.deletes.reclaim()
    whole.wait_gone(server)


def test_a_restored_server_whose_resize_is_undecided_counts_with_the_larger_flavor(clouds):
    """Else revertResize would give it what others took meanwhile."""
    clouds.cloud.conf(reclaim_instance_interval=3600)
    clouds.cloud.conf(group='quota', cores=2)
    clouds.api.post('/flavors', {'flavor': {'name': 'm1.narrow', 'ram': 1024, 'vcpus': 1, 'disk': 2, 'id': '3'}})
    server = clouds.boot('vm1', flavor='2')
    clouds.wait(server, 'ACTIVE')
    clouds.act(server, {'resize': {'flavorRef': '3'}})
    clouds.wait(server, 'VERIFY_RESIZE')
    clouds.api.delete(f'/servers/{server}')
    clouds.wait(server, 'SOFT_DELETED')
    for host in clouds.hosts.values():
        host.manager.reconciler.remove_strays()
    other = clouds.boot('vm2')
    clouds.wait(other, 'ACTIVE')
    assert clouds.act(server, RESTORE).status == 403
    clouds.api.delete(f'/servers/{other}')
    clouds.wait(other, 'SOFT_DELETED')
    assert clouds.act(server, RESTORE).status == 202
    clouds.wait(server, 'VERIFY_RESIZE')
    clouds.act(server, {'revertResize': None})
    assert clouds.wait(server, 'ACTIVE')['flavor']['vcpus'] == 2
    assert clouds.api.get('/limits').json['limits']['absolute']['totalCoresUsed'] == 2
