# SPDX-License-Identifier: Apache-2.0
"""Compare the database with hypervisors, disks, addresses and claims; exit 1 and a list when something is off.

Takes nothing from the services' own opinion of themselves: each finding is a difference between two sources.
"""
import datetime

from oslo_utils import timeutils

import mininova.conf
from mininova import context, objects, rpc, servicegroup
from mininova.compute import moves, power_state, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.db import claims, migration_records
from mininova.network import api as network_api
from mininova.network import rpcapi as network_rpcapi
from mininova.objects import migration as migrations

CONF = mininova.conf.CONF

STUCK_AFTER = 60


def add_arguments(parser):
    parser.add_argument('--no-hosts', action='store_true', help='look at the database only, ask no host')
    parser.add_argument('--stuck-after', type=int, default=STUCK_AFTER, metavar='SECONDS',
                        help='report work that rested this long (default %(default)s)')
    parser.set_defaults(function=run)


def run(arguments):
    findings = list(find(not arguments.no_hosts, arguments.stuck_after))
    for finding in findings:
        print(finding)
    print(f'{len(findings)} findings' if findings else 'Everything agrees: 0 findings')
    return 1 if findings else 0


def find(ask_hosts=True, stuck_after=STUCK_AFTER):
    """Yield one sentence per difference."""
    admin = context.get_admin_context()
    yield from _claims()
    hosts = {service.host: service for service in objects.ServiceList.get_all(admin, binary='nova-compute')}
    instances = [instance for host in (*hosts, None) for instance in _instances_of(admin, host)]
    yield from _stuck(instances, stuck_after)
    yield from _claimed(admin, instances)
    records = list(objects.MigrationList.get_by_filters(admin, {'migration_type': list(moves.COLD)}))
    yield from _undecided(admin, instances, records, stuck_after)
    builtin = CONF.network.backend == 'builtin'
    if builtin:
        yield from _addresses(admin, instances)
        yield from _floating_ips(admin, instances)
    else:
        yield from _ports(admin, instances)
    if ask_hosts:
        rpc.init()
        for host, service in hosts.items():
            if servicegroup.service_is_up(service):
                mine = {instance.uuid: instance for instance in instances if instance.host == host}
                elsewhere = {instance.uuid: instance.host for instance in instances}
                keeps = {move.instance_uuid for move in records if move.source_compute == host and _keeps_disks(move)}
                yield from _guests(admin, host, mine, keeps, _under_way(admin, host), elsewhere)
                yield from _network(admin, host, mine) if builtin else ()


def _instances_of(admin, host):
    return objects.InstanceList.get_by_host(admin, host)


def _claims():
    wrong, orphans = claims.audit()
    for entry in wrong:
        yield (f'claims: node {entry["node"]} records {entry["resource"]}={entry["recorded"]}, '
               f'its claims add up to {entry["claimed"]}')
    for claim in orphans:
        yield (f'claims: node {claim["compute_node_id"]} still holds a claim of instance {claim["instance_uuid"]}, '
               f'which is gone')


def _claimed(admin, instances):
    for instance in instances:
        if instance.vm_state not in (vm_states.ACTIVE, vm_states.STOPPED, vm_states.RESIZED):
            continue
        held = list(objects.AllocationList.get_by_instance(admin, instance.uuid))
        if not held:
            yield f'claims: instance {instance.uuid} is {instance.vm_state} on {instance.host} without a claim'
        elif instance.task_state is None:
            mine = [claim for claim in held if claim.kind == 'instance']
            if instance.numa_topology not in (claim.numa_topology for claim in mine):
                yield (f'claims: instance {instance.uuid} on {instance.host} has other CPUs, pages or NUMA cells than '
                       'its claim')
            if (instance.pci_requests or instance.pci_devices) and instance.pci_devices not in (
                    objects.AllocationList.get_hardware(admin, claim.instance_uuid, claim.compute_node_id)[
                        'pci_devices'] for claim in mine):
                yield f'claims: instance {instance.uuid} on {instance.host} has other PCI devices than its claim'


def _stuck(instances, seconds):
    limit = timeutils.utcnow() - datetime.timedelta(seconds=seconds)
    for instance in instances:
        transitional = instance.task_state is not None or instance.vm_state == vm_states.BUILDING
        if transitional and instance.updated_at and instance.updated_at.replace(tzinfo=None) < limit:
            yield (f'stuck: instance {instance.uuid} is {instance.vm_state}/{instance.task_state} and nobody wrote it '
                   f'since {instance.updated_at}')


def _keeps_disks(move):
    """Tell whether a move's old host may hold the server's disks: it is undecided, or failed and left its evidence."""
    return move.status not in migration_records.FINAL or move.status == 'error'


def _undecided(admin, instances, records, seconds):
    """Compare servers, the records of their moves, and the claims on the old nodes."""
    limit = timeutils.utcnow() - datetime.timedelta(seconds=seconds)
    servers = {instance.uuid: instance for instance in instances}
    waiting = {move.instance_uuid for move in records if move.status == 'finished'}
    for move in records:
        server = servers.get(move.instance_uuid)
        if move.status in migration_records.FINAL or (move.updated_at or limit) > limit:
            continue
        if server is None:
            yield f'moves: record {move.id} is {move.status}, its instance {move.instance_uuid} is gone'
        elif server.task_state is None and server.vm_state != vm_states.RESIZED:
            yield (f'moves: record {move.id} is {move.status}, its instance {server.uuid} is {server.vm_state} and '
                   'nobody works on it')
    for server in instances:
        if server.vm_state == vm_states.RESIZED and server.task_state is None and server.uuid not in waiting:
            yield f'moves: instance {server.uuid} waits for a decision on a move that has no record'
        kept = [claim for claim in objects.AllocationList.get_by_instance(admin, server.uuid)
                if claim.kind == 'migration']
        if kept and not any(move.instance_uuid == server.uuid and _keeps_disks(move) for move in records) and (
                server.task_state is None):
            yield f'claims: instance {server.uuid} holds a claim of a move that is over'


def _addresses(admin, instances):
    live = {instance.uuid for instance in instances}
    for fixed_ip in objects.FixedIPList.get_allocated(admin):
        if fixed_ip.instance_uuid and fixed_ip.instance_uuid not in live:
            yield (f'addresses: {fixed_ip.address} is still allocated to instance {fixed_ip.instance_uuid}, '
                   f'which is gone')


def _ports(admin, instances):
    """Compare servers' cards with the ports that a network service has."""
    network = network_api.API()
    for instance in instances:
        if instance.task_state is None:
            ports = {card['port_id'] for card in network.list_interfaces(admin, instance)}
            shown = {vif['id'] for vif in instance.get_network_info()}
            yield from (f'addresses: card {port_id} of instance {instance.uuid} has no port'
                        for port_id in shown - ports)
            yield from (f'addresses: port {port_id} of instance {instance.uuid} is no card of it'
                        for port_id in ports - shown)


def _floating_ips(admin, instances):
    """Compare floating addresses, the fixed ones they lead to, and what servers show of them."""
    for floating in objects.FloatingIPList.get_broken(admin):
        yield (f'addresses: floating address {floating.address} of project {floating.project_id} leads to '
               f'{floating.fixed_address or "an address that is gone"}, which no server has' if floating.project_id else
               f'addresses: floating address {floating.address} leads to {floating.fixed_address}, but is nobody\'s')
    recorded = objects.FloatingIPList.get_addresses_by_instance(admin)
    live = {instance.uuid for instance in instances}
    for instance in instances:
        shown = sorted(ip['address'] for ip in instance.get_network_info().floating_ips())
        if instance.task_state is None and shown != recorded.get(instance.uuid, []):
            yield (f'addresses: instance {instance.uuid} shows the floating addresses {shown}, '
                   f'it has {recorded.get(instance.uuid, [])}')
    for uuid in sorted(set(recorded) - live):
        yield f'addresses: {", ".join(recorded[uuid])} still lead to instance {uuid}, which is gone'


def _under_way(admin, host):
    """Return the uuids of servers that move live from or to a host, or are evacuated from or to it."""
    return {record.instance_uuid for record in objects.MigrationList.get_by_filters(admin, {
        'host': host, 'in_progress': True, 'migration_type': [migrations.LIVE, migrations.EVACUATION]})}


def _guests(admin, host, mine, keeps, under_way, elsewhere):
    """Compare what a hypervisor has with what the database says it has.

    :param keeps: uuids of servers that moved away and whose disks the host keeps until that is decided
    :param under_way: uuids of servers of which two hosts may have something now
    :param elsewhere: uuid -> host, for directories of disks that several hosts share
    """
    try:
        inventory = compute_rpcapi.ComputeAPI().get_inventory(admin, host)
    except rpc.MessagingTimeout:
        yield f'host {host}: nova-compute counts as up but does not answer'
        return
    domains = {}
    for item in inventory:
        if item['kind'] == 'domain':
            domains[item['uuid']] = item
        elif item['kind'] == 'temporary':
            yield f'host {host}: temporary file {item["path"]} was left'
        elif item['kind'] == 'kept':
            if item['uuid'] not in keeps:
                yield f'host {host}: disks {item["path"]} are of a move that is decided'
        elif item['uuid'] not in mine and item['uuid'] not in under_way and (
                elsewhere.get(item['uuid']) not in item.get('shared_with', ())):
            yield f'host {host}: disks {item["path"]} belong to no instance of this host'
    for uuid in sorted(set(domains) - set(mine) - under_way, key=str):
        yield f'host {host}: guest {domains[uuid]["name"]} ({uuid}) belongs to no instance of this host'
    for uuid, instance in mine.items():
        if instance.task_state is None and instance.vm_state in (vm_states.ACTIVE, vm_states.STOPPED,
                                                                 vm_states.RESIZED):
            yield from _guest(host, instance, domains.get(uuid))


def _guest(host, instance, domain):
    if domain is None:
        yield f'host {host}: instance {instance.uuid} is {instance.vm_state} but has no guest'
    elif domain.get('power_state') != instance.power_state:
        yield (f'host {host}: instance {instance.uuid} is recorded as '
               f'{power_state.STATE_MAP.get(instance.power_state)}, the guest is '
               f'{power_state.STATE_MAP.get(domain.get("power_state"))}')


def _network(admin, host, mine):
    """Compare what nova-network serves with the addresses in the database."""
    try:
        facts = network_rpcapi.NetworkAPI().get_host_facts(admin, host)
    except rpc.MessagingTimeout:
        if any(instance.network_info for instance in mine.values()):
            yield f'host {host}: nova-network does not answer'
        return
    for finding in facts.get('findings', ()):
        yield f'host {host}: {finding}'
