# SPDX-License-Identifier: Apache-2.0
"""CPUs of their own, huge pages and NUMA nodes of servers, on fake hosts that pretend to have them."""
import pytest

from mininova import exception, objects
from mininova.compute import resource_tracker
from mininova.db import claims
from mininova.image import local
from mininova.virt import hardware

PINNED = {'hw:cpu_policy': 'dedicated'}
OTHER = {'cmp1': 'cmp2', 'cmp2': 'cmp1'}
LIVE = {'os-migrateLive': {'host': None, 'block_migration': 'auto'}}


@pytest.fixture
def numa(whole):
    """Two hosts with two cells of four CPUs each: the first shared, three for single servers, and 64 huge pages."""
    whole.cloud.conf(group='fake', numa_cells=2, vcpus=8, memory_mb=8192, mempages={'2048': 64})
    whole.cloud.conf(group='compute', cpu_dedicated_set='1-3,5-7', cpu_shared_set='0,4')
    whole.hosts['cmp1'].manager.tracker.update_available_resource(whole.admin)
    whole.add_host('cmp2')
    return whole


def make_flavor(whole, flavorid, specs, vcpus=2, memory_mb=64):
    whole.api.post('/flavors', {'flavor': {'name': f'n{flavorid}', 'ram': memory_mb, 'vcpus': vcpus, 'disk': 1,
                                           'id': flavorid}})
    answer = whole.api.post(f'/flavors/{flavorid}/os-extra_specs', {'extra_specs': specs}, version='2.86')
    assert answer.status == 200, answer.body
    return flavorid


def topology(whole, server, client=None):
    return (client or whole.api).get(f'/servers/{server}/topology', version='2.78').json


def pins(whole, server):
    """Return {virtual CPU: CPU} as an administrator sees it, after comparing it with the guest and the claim."""
    shown = {vcpu: cpu for node in topology(whole, server)['nodes'] for vcpu, cpu in node['cpu_pinning'].items()}
    instance = objects.Instance.get_by_uuid(whole.admin, server)
    guest = whole.hosts[instance.host].manager.driver.host.guests[server]
    assert guest.numa_topology == instance.numa_topology
    assert {str(vcpu): cpu for vcpu, cpu in instance.get_numa_topology().cpu_pinning.items()} == shown
    return shown


def taken(whole):
    """Return {host: CPUs and pages that are claimed}."""
    found = {}
    for node in objects.ComputeNodeList.get_all(whole.admin):
        held = [hardware.InstanceNUMATopology.from_document(claim['numa_topology'])
                for claim in claims.list_by_node(node.id) if claim['numa_topology']]
        cpus = [cpu for each in held for cell in each.cells for cpu in cell.taken_cpus]
        assert len(cpus) == len(set(cpus)), 'a CPU twice'
        found[node.host] = (sorted(cpus), sum(cell.pages for each in held for cell in each.cells))
    assert claims.audit() == ([], [])
    return found


def fault(whole, server):
    return whole.show(server)['fault']['message']


# -- filling hosts ------------------------------------------------------------------------------


def test_hosts_are_filled_exactly_and_the_next_one_is_told_why(numa):
    flavor = make_flavor(numa, 'p3', PINNED, vcpus=3)
    servers = [numa.start_server(flavor) for _ in range(4)]
    assert taken(numa) == {host: ([1, 2, 3, 5, 6, 7], 0) for host in OTHER}
    assert sorted(numa.place(server) for server in servers) == ['cmp1', 'cmp1', 'cmp2', 'cmp2']
    for server in servers:
        assert len(set(pins(numa, server).values())) == 3

    lost = numa.boot(flavor=flavor)
    assert numa.wait(lost)['status'] == 'ERROR'
    assert fault(numa, lost) == (
        'No valid host was found. 0 of 2 hosts fit: 2 NUMATopologyFilter (cmp1 comes nearest: needs 3 dedicated CPUs '
        'in one NUMA cell, most free 0).')
    # Servers without such wishes go on as ever, on the shared CPUs.
    plain = numa.start_server('1')
    assert topology(numa, plain) == {'nodes': [], 'pagesize_kb': None}

    gone = servers[0]
    before, host = set(pins(numa, gone).values()), numa.place(gone)
    numa.api.delete(f'/servers/{gone}')
    numa.wait_gone(gone)
    new = numa.start_server(flavor)
    assert (set(pins(numa, new).values()), numa.place(new)) == (before, host)
    assert numa.findings() == []


def test_huge_pages_are_filled_exactly(numa):
    flavor = make_flavor(numa, 'h1', {'hw:mem_page_size': '2MB'}, vcpus=1, memory_mb=64)
    servers = [numa.start_server(flavor) for _ in range(8)]
    assert taken(numa) == {'cmp1': ([], 128), 'cmp2': ([], 128)}
    assert all(topology(numa, server)['pagesize_kb'] == 2048 for server in servers)
    lost = numa.boot(flavor=flavor)
    numa.wait(lost, 'ERROR')
    assert 'needs 32 memory pages of 2048 KiB in one NUMA cell, most free 0' in fault(numa, lost)
    # There is no host to be shown, only what it wanted.
    assert topology(numa, lost) == {'nodes': [
        {'vcpu_set': [0], 'siblings': [], 'memory_mb': 64, 'host_node': 0, 'cpu_pinning': {}}], 'pagesize_kb': 2048}
    for server in servers:
        numa.api.delete(f'/servers/{server}')
    for server in servers:
        numa.wait_gone(server)
    assert taken(numa) == {'cmp1': ([], 0), 'cmp2': ([], 0)}


def test_verify_tells_of_a_server_that_has_other_cpus_than_its_claim(numa):
    server = numa.start_server(make_flavor(numa, 'p2', PINNED))
    assert numa.findings() == []
    instance = objects.Instance.get_by_uuid(numa.admin, server)
    instance.numa_topology = {**instance.numa_topology, 'cells': []}
    instance.save()
    finding, = numa.findings()
    assert server in finding and 'other CPUs, pages or NUMA cells than its claim' in finding


def test_several_servers_of_one_request_get_cpus_of_their_own(numa):
    flavor = make_flavor(numa, 'p2', PINNED)
    answer = numa.api.post('/servers', {'server': {
        'name': 'many', 'flavorRef': flavor, 'imageRef': numa.image, 'networks': 'none', 'min_count': 4,
        'max_count': 4, 'return_reservation_id': True}}, version='2.96')
    assert answer.status == 202, answer.body
    listed = numa.api.get('/servers').json['servers']
    for server in listed:
        assert numa.wait(server['id'])['status'] == 'ACTIVE'
        assert len(pins(numa, server['id'])) == 2
    assert [len(cpus) for cpus, _ in taken(numa).values()] == [4, 4]


def test_only_administrators_see_the_host_in_a_topology(numa):
    flavor = make_flavor(numa, 'two', {**PINNED, 'hw:numa_nodes': '2', 'hw:mem_page_size': 'large'}, vcpus=4)
    server = numa.start_server(flavor)
    shown = topology(numa, server)
    assert shown['pagesize_kb'] == 2048
    assert [(node['vcpu_set'], node['memory_mb']) for node in shown['nodes']] == [([0, 1], 32), ([2, 3], 32)]
    assert {node['host_node'] for node in shown['nodes']} == {0, 1}
    owner = topology(numa, server, numa.api.user('owner', 'admin'))
    assert set(owner['nodes'][0]) == {'vcpu_set', 'siblings', 'memory_mb'} and owner['pagesize_kb'] == 2048


# -- moves ------------------------------------------------------------------------------------------


@pytest.fixture
def server(numa):
    """A pinned server on cmp1 with huge pages; every CPU that it has there is somebody else's on cmp2."""
    flavor = make_flavor(numa, 'p2', {**PINNED, 'hw:mem_page_size': '2MB'})
    numa.start_server(make_flavor(numa, 'fill', PINNED, vcpus=1), availability_zone='nova:cmp2')
    return numa.start_server(flavor, availability_zone='nova:cmp1')


def test_a_live_migrated_server_gets_new_cpus(numa, server):
    before = pins(numa, server)
    assert numa.act(server, LIVE, version='2.25').status == 202
    numa.until(lambda: numa.place(server) == 'cmp2' and numa.show(server)['OS-EXT-STS:task_state'] is None)
    after = pins(numa, server)
    assert set(after) == set(before) and topology(numa, server)['pagesize_kb'] == 2048
    numa.until(lambda: taken(numa)['cmp1'] == ([], 0))
    filler, = (set(taken(numa)['cmp2'][0]) - set(after.values()),)
    assert len(filler) == 1
    numa.until(lambda: numa.findings() == [])


def test_a_live_migration_that_fails_leaves_the_cpus_as_they_were(numa, server):
    before, filled = pins(numa, server), taken(numa)
    numa.faults('cmp1').add('live_migration', 'fail')
    numa.act(server, LIVE, version='2.25')
    numa.until(lambda: numa.show(server)['OS-EXT-STS:task_state'] is None)
    assert (numa.place(server), pins(numa, server)) == ('cmp1', before)
    numa.until(lambda: taken(numa) == filled)


def test_a_guest_from_before_moves_live_as_it_is_and_gets_its_share_cold(numa):
    """One that was made while its flavor's wishes had no effect: nothing can be pinned in a guest that runs."""
    old = numa.start_server('1', availability_zone='nova:cmp1')
    instance = objects.Instance.get_by_uuid(numa.admin, old)
    instance.flavor.extra_specs = dict(PINNED)
    instance.flavor = instance.flavor
    instance.save()
    numa.act(old, LIVE, version='2.25')
    numa.until(lambda: numa.place(old) == 'cmp2' and numa.show(old)['OS-EXT-STS:task_state'] is None)
    assert topology(numa, old)['nodes'] == []
    numa.until(lambda: numa.findings() == [])
    numa.act(old, {'migrate': None}, version='2.1')
    numa.wait(old, 'VERIFY_RESIZE')
    assert len(pins(numa, old)) == 1
    numa.act(old, {'revertResize': None})
    numa.wait(old, 'ACTIVE')
    assert topology(numa, old)['nodes'] == []
    numa.until(lambda: numa.findings() == [])


def test_a_resized_server_has_both_until_it_is_decided(numa, server):
    bigger = make_flavor(numa, 'p3', PINNED, vcpus=3)
    before, filled = pins(numa, server), taken(numa)
    for decision, host in (('revertResize', 'cmp1'), ('confirmResize', 'cmp2')):
        assert numa.act(server, {'resize': {'flavorRef': bigger}}).status == 202
        assert numa.wait(server, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] == 'cmp2'
        assert (len(pins(numa, server)), topology(numa, server)['pagesize_kb']) == (3, None)
        both = taken(numa)
        assert (both['cmp1'], len(both['cmp2'][0])) == (filled['cmp1'], 4)
        numa.act(server, {decision: None})
        assert numa.wait(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == host
        if decision == 'revertResize':
            assert pins(numa, server) == before
            numa.until(lambda: taken(numa) == filled)
    numa.until(lambda: taken(numa)['cmp1'] == ([], 0) and numa.findings() == [])
    assert len(pins(numa, server)) == 3


def test_a_resize_on_the_same_host_changes_cpus_and_goes_back(numa, server):
    numa.cloud.conf(allow_resize_to_same_host=True)
    numa.api.put(f'/os-services/{service_of(numa, "cmp2")}', {'status': 'disabled'}, version='2.53')
    before, filled = pins(numa, server), taken(numa)
    one = make_flavor(numa, 'p1', PINNED, vcpus=1)
    for decision in ('revertResize', 'confirmResize'):
        numa.act(server, {'resize': {'flavorRef': one}})
        assert numa.wait(server, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] == 'cmp1'
        new = pins(numa, server)
        assert len(new) == 1 and not set(new.values()) & set(before.values())
        numa.act(server, {decision: None})
        numa.wait(server, 'ACTIVE')
        assert pins(numa, server) == (before if decision == 'revertResize' else new)
        numa.until(lambda: len(taken(numa)['cmp1'][0]) == len(pins(numa, server)))
    assert taken(numa)['cmp2'] == filled['cmp2']
    numa.until(lambda: numa.findings() == [])


def service_of(whole, host):
    listed = whole.api.get(f'/os-services?host={host}&binary=nova-compute', version='2.53').json['services']
    return listed[0]['id']


def test_a_failed_resize_leaves_the_cpus_as_they_were(numa, server):
    before, filled = pins(numa, server), taken(numa)
    numa.faults('cmp1').add('migrate_disk_and_power_off.copy', 'fail')
    numa.act(server, {'resize': {'flavorRef': make_flavor(numa, 'p3', PINNED, vcpus=3)}})
    numa.until(lambda: numa.show(server)['OS-EXT-STS:task_state'] is None)
    assert pins(numa, server) == before
    numa.until(lambda: taken(numa) == filled)


def test_a_shelved_server_gives_its_cpus_back_and_gets_others(numa, server):
    numa.act(server, {'shelve': None})
    numa.wait(server, 'SHELVED_OFFLOADED')
    assert taken(numa)['cmp1'] == ([], 0)
    assert [node['cpu_pinning'] for node in topology(numa, server)['nodes']] == [{}]
    numa.act(server, {'unshelve': None}, version='2.1')
    numa.wait(server, 'ACTIVE')
    assert len(pins(numa, server)) == 2
    assert sum(pages for _, pages in taken(numa).values()) == 32
    numa.until(lambda: numa.findings() == [])


def test_an_evacuated_server_gets_cpus_of_its_new_host(numa, server):
    numa.hosts['cmp1'].stop()
    numa.services.remove(numa.hosts['cmp1'])
    numa.api.put(f'/os-services/{service_of(numa, "cmp1")}', {'forced_down': True}, version='2.53')
    assert numa.act(server, {'evacuate': {}}, version='2.68').status == 200
    numa.until(lambda: numa.place(server) == 'cmp2' and numa.show(server)['status'] == 'ACTIVE')
    assert len(pins(numa, server)) == 2
    assert len(taken(numa)['cmp2'][0]) == 3


def test_a_build_that_failed_here_gets_other_cpus_there(numa):
    for host in OTHER:
        numa.faults(host).add('spawn', 'fail')
    numa.faults('cmp1').clear()
    server = numa.boot(flavor=make_flavor(numa, 'p2', PINNED))
    numa.wait(server, 'ACTIVE')
    assert len(pins(numa, server)) == 2
    assert [len(cpus) for cpus, _ in taken(numa).values()] == [2, 0]


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(('specs', 'text'), [
    ({'hw:numa_nodes': '3'}, 'distributed evenly'), ({'hw:cpu_thread_policy': 'isolate'}, 'dedicated'),
    ({'hw:cpu_policy': 'mixed'}, 'hw:cpu_dedicated_mask'),
    ({'hw:cpu_max_sockets': '1', 'hw:cpu_max_cores': '1', 'hw:cpu_max_threads': '1'}, 'cannot be made of'),
    ({'hw:cpu_policy': 'dedicated', 'resources:PCPU': '2'}, 'cannot be used together')])
def test_wishes_that_contradict_themselves_are_refused_at_once(numa, specs, text):
    flavor = make_flavor(numa, 'bad', specs)
    answer = numa.api.post('/servers', {'server': {'name': 'no', 'flavorRef': flavor, 'imageRef': numa.image,
                                                   'networks': 'none'}}, version='2.96')
    assert answer.fault[0] == 'badRequest' and text in answer.fault[1]
    plain = numa.start_server('1')
    answer = numa.act(plain, {'resize': {'flavorRef': flavor}})
    assert answer.fault[0] == 'badRequest' and text in answer.fault[1]
    assert numa.api.get('/servers').json['servers'][0]['id'] == plain


def test_a_rebuild_cannot_change_the_topology(numa):
    server = numa.start_server(make_flavor(numa, 'any', {'hw:mem_page_size': 'any'}, vcpus=1))
    answer = numa.act(server, {'rebuild': {'imageRef': with_property(numa, hw_mem_page_size='2MB')}})
    assert answer.fault[0] == 'badRequest' and 'NUMA topology cannot be changed' in answer.fault[1]
    answer = numa.act(server, {'rebuild': {'imageRef': with_property(numa, hw_numa_nodes='x')}})
    assert answer.fault[0] == 'badRequest'
    before = pins(numa, server), taken(numa)
    assert numa.act(server, {'rebuild': {'imageRef': with_property(numa, hw_rng_model='virtio')}}).status == 202
    numa.wait(server, 'ACTIVE')
    assert (pins(numa, server), taken(numa)) == before


def with_property(whole, **properties):
    backend = local.LocalBackend()
    return backend.create(whole.admin, {'name': 'other', 'properties': properties}, data=b'\1' * 4096)['id']


def test_options_that_take_cpus_from_servers_keep_a_service_from_starting(numa, server):
    held = sorted(pins(numa, server).values())
    numa.cloud.conf(group='compute', cpu_dedicated_set='7' if 7 not in held else '1')
    tracker = resource_tracker.ResourceTracker('cmp1', numa.hosts['cmp1'].manager.driver)
    with pytest.raises(exception.InvalidConfiguration) as caught:
        tracker.update_available_resource(numa.admin)
    assert server in caught.value.format_message()
