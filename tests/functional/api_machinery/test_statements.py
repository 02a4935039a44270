# SPDX-License-Identifier: Apache-2.0
"""What is read costs as many SQL statements for one row as for twenty of each kind, and few."""
import datetime

import pytest
import sqlalchemy as sa
from oslo_utils import uuidutils

from mininova.compute import audit_period
from mininova.db import models, session
from tests.fixtures.api_client import api, cloud  # noqa: F401  (fixtures)
from tests.functional.api_machinery import personas
from tests.functional.api_machinery.test_roles import ends, may, present, report
from tests.functional.api_machinery.world import world  # noqa: F401  (fixture)

MANY = 20
# The most statements of an operation, at any version; what is not named needs one, and none without a database.
MOST = {
    '/os-aggregates': 3, '/os-aggregates/{id}': 3, '/os-availability-zone': 2, '/os-availability-zone/detail': 2,
    '/os-console-auth-tokens/{id}': 2, '/flavors/detail': 2, '/flavors/{id}': 2,
    '/flavors/{flavor_id}/os-flavor-access': 3, '/flavors/{flavor_id}/os-extra_specs': 3,
    '/flavors/{flavor_id}/os-extra_specs/{id}': 3, '/os-hosts': 2, '/os-hosts/{id}': 2,
    '/os-hypervisors': 2, '/os-hypervisors/detail': 2, '/os-hypervisors/{id}': 2, '/os-hypervisors/{id}/servers': 2,
    '/os-instance_usage_audit_log': 2, '/os-instance_usage_audit_log/{id}': 2, '/limits': 4,
    '/os-quota-sets/{id}': 6, '/os-quota-sets/{id}/detail': 8, '/os-server-groups': 2, '/os-server-groups/{id}': 2,
    '/os-security-groups': 3, '/os-security-groups/{id}': 2, '/servers/{server_id}/os-security-groups': 3,
    '/os-services': 2, '/servers': 2, '/servers/detail': 7, '/servers/{id}': 8,
    '/servers/{server_id}/os-interface': 4, '/servers/{server_id}/os-interface/{id}': 4,
    '/servers/{server_id}/os-instance-actions': 2, '/servers/{server_id}/os-instance-actions/{id}': 3,
    '/servers/{server_id}/diagnostics': 2, '/servers/{server_id}/metadata': 2, '/servers/{server_id}/metadata/{id}': 2,
    '/servers/{server_id}/migrations': 4, '/servers/{server_id}/migrations/{id}': 4, '/servers/{server_id}/tags': 2,
    '/servers/{server_id}/tags/{id}': 2, '/servers/{server_id}/os-volume_attachments': 2,
    '/servers/{server_id}/os-volume_attachments/{id}': 2,
}
# Lists that get longer with what :func:`grow` adds.
GROWING = frozenset('''
    /os-aggregates /os-aggregates/{id} /os-availability-zone /os-availability-zone/detail /flavors /flavors/detail
    /flavors/{flavor_id}/os-flavor-access /flavors/{flavor_id}/os-extra_specs /os-hosts /os-hypervisors
    /os-hypervisors/detail /os-instance_usage_audit_log /os-keypairs /os-migrations /os-networks /os-server-groups
    /os-server-groups/{id} /os-floating-ips /os-security-groups /os-services
    /os-simple-tenant-usage /os-simple-tenant-usage/{id} /os-tenant-networks
    /servers /servers/detail /servers/{id} /servers/{server_id}/os-interface /servers/{server_id}/os-instance-actions
    /servers/{server_id}/ips /servers/{server_id}/metadata /servers/{server_id}/migrations /servers/{server_id}/tags
    /servers/{server_id}/os-volume_attachments /os-volumes_boot /os-volumes_boot/detail'''.split())


def grow(world, numbers):  # noqa: F811
    """Add one of everything for each number: on its own, and to what there was."""
    hidden, network = (_id_of(table, column, value) for table, column, value in (
        (models.flavors, 'flavorid', 'hidden'), (models.networks, 'uuid', world.network)))
    for number in numbers:
        _add_hosts(world, f'host{number}')
        _add_of_projects(world, number, hidden)
        twin = _add_server(world, number)
        for server in (world.server, twin):
            _add_to_server(world, server, number, network)
        group = world.cloud.insert('instance_groups', uuid=uuidutils.generate_uuid(), name=f'group{number}',
                                   project_id=personas.OWN, user_id='manager', policy='affinity', rules={})
        for id_ in (group, _id_of(models.instance_groups, 'uuid', world.own['/os-server-groups'])):
            world.cloud.insert('instance_group_member', group_id=id_, instance_uuid=twin)


def _id_of(table, column, value):
    with session.reader() as connection:
        return connection.scalar(sa.select(table.c.id).where(table.c[column] == value))


def _copy_of(table, column, value):
    with session.reader() as connection:
        found = dict(connection.execute(sa.select(table).where(table.c[column] == value)).mappings().one())
    del found['id']
    return found


def _add_hosts(world, host):  # noqa: F811
    world.lab.host(host, zone=f'zone-{host}')
    aggregate = world.own['/os-aggregates']
    world.cloud.insert('aggregate_hosts', host=host, aggregate_id=aggregate)
    world.cloud.insert('aggregate_metadata', aggregate_id=aggregate, key=host, value='fast')
    begin, end = audit_period.last_completed()
    world.cloud.insert('task_log', task_name='instance_usage_audit', host=host, state='DONE', period_beginning=begin,
                       period_ending=end, message='ran', task_items=1, errors=0)


def _add_of_projects(world, number, hidden):  # noqa: F811
    world.lab.flavor(f'flavor{number}', extra_specs={'hw:cpu_policy': 'shared', 'hw:mem_page_size': 'large'})
    world.cloud.insert('flavor_projects', flavor_id=hidden, project_id=f'project{number}')
    world.cloud.insert('flavor_extra_specs', flavor_id=hidden, key=f'quota:{number}', value='1')
    world.cloud.insert('key_pairs', user_id='manager', name=f'key{number}', type='ssh', fingerprint='aa',
                       public_key='ssh-rsa A', created_at=session.now())
    world.lab.network(f'net{number}', f'10.{number + 1}.0.0/24', addresses=0)
    world.cloud.insert('floating_ips', uuid=uuidutils.generate_uuid(), address=f'172.24.5.{number}', pool='nova',
                       project_id=personas.OWN, auto_assigned=False)
    group = world.cloud.insert('security_groups', uuid=uuidutils.generate_uuid(), name=f'group{number}',
                               description='', project_id=personas.OWN, user_id='member')
    world.cloud.insert('security_group_rules', uuid=uuidutils.generate_uuid(), parent_group_id=group, cidr='0.0.0.0/0')


def _add_server(world, number):  # noqa: F811
    row, spec = (_copy_of(table, column, world.server) for table, column in (
        (models.instances, 'uuid'), (models.request_specs, 'instance_uuid')))
    twin = uuidutils.generate_uuid()
    world.cloud.insert('instances', **{**row, 'uuid': twin, 'display_name': f'vm{number}', 'vm_state': 'error',
                                       'host': f'host{number}'})
    world.cloud.insert('request_specs', **{**spec, 'instance_uuid': twin})
    world.cloud.insert('instance_faults', instance_uuid=twin, code=500, message='broken', created_at=session.now())
    return twin


def _add_to_server(world, server, number, network):  # noqa: F811
    insert, port, now = world.cloud.insert, uuidutils.generate_uuid(), session.now()
    insert('instance_metadata', instance_uuid=server, key=f'key{number}', value='v')
    world.cloud.execute(sa.insert(models.instance_tags).values(resource_id=server, tag=f'tag{number}'))
    insert('block_device_mapping', uuid=uuidutils.generate_uuid(), instance_uuid=server, source_type='volume',
           destination_type='volume', volume_id=uuidutils.generate_uuid(), device_name=f'/dev/vd{number}',
           boot_index=-1)
    action = insert('instance_actions', instance_uuid=server, action='stop', request_id=f'req-{number}', user_id='u',
                    project_id=personas.OWN, start_time=now, created_at=now, updated_at=now)
    insert('instance_actions_events', action_id=action, event='compute_stop_instance', start_time=now, created_at=now)
    insert('migrations', uuid=uuidutils.generate_uuid(), instance_uuid=server, status='running', hidden=False,
           source_compute='cmp1', dest_compute='cmp2', migration_type='live-migration', project_id=personas.OWN,
           created_at=now + datetime.timedelta(seconds=number))
    insert('virtual_interfaces', uuid=port, address=f'fa:{port[:8]}', network_id=network, instance_uuid=server,
           position=number + 1)
    insert('fixed_ips', address=f'10.0.{number}.{200 if server == world.server else 201}', network_id=network,
           virtual_interface_uuid=port, instance_uuid=server, allocated=True, host='cmp1')
    _plug(world, server, port, number)


def _plug(world, server, port, number):  # noqa: F811
    instance = world.lab.instance(server)
    card = instance.network_info[0]
    instance.network_info = [*instance.network_info, {**card, 'id': port, 'network': {
        **card['network'], 'label': f'net{number}'}}]
    instance.save()


def measure(world, api, cloud):  # noqa: F811
    """Return {(path, version): (statements, length of the answer)} of all that is read."""
    found = {}
    for operation in present():
        if operation[0] == 'GET':
            client = personas.client(api, 'manager' if may('manager', operation) else 'admin')
            for version in ends(operation):
                with cloud.statements() as statements:
                    answer = world.request(client, operation, version)
                found[operation[1], str(version)] = (list(statements), len(answer.body))
    return found


@pytest.fixture
def measured(world, api, cloud):  # noqa: F811
    """What is read with one of each kind, and with many."""
    grow(world, [0])
    few = measure(world, api, cloud)
    grow(world, range(1, MANY))
    return few, measure(world, api, cloud)


def test_what_is_read_costs_the_same_for_many(measured):
    few, many = measured
    grown = [(key, len(few[key][0]), len(many[key][0]), many[key][0][-1][:300]) for key in few
             if len(many[key][0]) > len(few[key][0])]
    assert not grown, report(grown)
    idle = [key for key in few if key[0] in GROWING and many[key][1] <= few[key][1]]
    assert not idle, report(idle)


def most(path):
    return MOST.get(path.replace('/os-volumes_boot', '/servers'), 1)


def test_what_is_read_costs_few_statements(measured):
    _few, many = measured
    over = [(key, len(statements), most(key[0])) for key, (statements, _length) in many.items()
            if len(statements) > most(key[0])]
    assert not over, report(over)
    assert set(MOST) <= {path for path, _version in many}
