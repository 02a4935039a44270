# SPDX-License-Identifier: Apache-2.0
"""What the requests of the API reference are about."""
import datetime

import sqlalchemy as sa
from oslo_utils import uuidutils

from mininova import objects
from mininova.compute import vm_states
from mininova.db import floating_ips, models
from mininova.network import ipam
from mininova.virt import diagnostics

PUBLIC_KEY = ('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEp2VN0u8wBkF6v6f6m0RxwBvGx8v3J4bTkq1m5S3cQe user@example')
NOW = datetime.datetime(2026, 1, 2, 3, 4, 5)
URL = 'http://127.0.0.1:6080/vnc_auto.html?path=%3Ftoken%3D8a0a0b1c-0000-4000-8000-000000000000'


class World:
    """Makes things by the name of the collection that they are in; what a request uses up is made anew.

    :ivar api: a client who is an administrator, in whose project everything is
    """

    def __init__(self, api, cloud, lab, edge):
        self.api, self.cloud, self.lab, self.edge = api, cloud, lab, edge
        self.public_key, self._number, self._has_pool = PUBLIC_KEY, 0, False
        self._free = 200           # last number of an address that nobody got yet
        cloud.conf(group='quota', **dict.fromkeys(
            ('security_groups', 'floating_ips', 'key_pairs', 'server_groups', 'instances', 'cores', 'ram'), -1))
        lab.host('cmp1')
        lab.host('cmp2')
        lab.flavor('2', memory_mb=1024, root_gb=2)
        self.network = lab.network(addresses=240)
        self.server = self.new_server(name='vm1', metadata={'role': 'web'})
        api.post('/os-keypairs', {'keypair': {'name': 'key1', 'public_key': PUBLIC_KEY}})
        self._answers()

    def _answers(self):
        figures = diagnostics.standard(1, 'libvirt', 'qemu', 'linux', 46, False, num_cpus=1, memory_mb=512)
        diagnostics.add_cpu(figures, 0, time=17300000000)
        diagnostics.add_nic(figures, '52:54:00:12:34:56', (2070139, 26701, 0, 0), (140208, 662, 0, 0))
        diagnostics.add_disk(figures, 112, 262144, 488, 5778432, 0)
        self.edge.answers.update(
            get_console_output='mini-guest: ready\n', get_diagnostics={'cpu0_time': 17300000000},
            get_instance_diagnostics=figures, get_host_uptime=' 08:32:11 up 93 days, 18:25, 12 users',
            set_admin_password=None, attach_interface=None, live_migrate_instance=None, add_fixed_ip_to_instance=None,
            **dict.fromkeys(('get_vnc_console', 'get_spice_console', 'get_serial_console'), URL))

    def unique(self, prefix):
        self._number += 1
        return f'{prefix}{self._number}'

    def new_server(self, vm_state=vm_states.ACTIVE, **body):
        return self.lab.server(self.api, version='2.90', vm_state=vm_state, **{'name': 'vm1', **body})

    def ready(self, vm_state, host='cmp1'):
        """Bring the one server into a state."""
        self.lab.settle(self.server, vm_state=vm_state, task_state=None, host=host, locked=False)
        return self.server

    def new_flavor(self):
        name = self.unique('flavor')
        self.lab.flavor(name, name, extra_specs={'hw:cpu_policy': 'shared'})
        return name

    def private_flavor(self, *projects):
        name = self.unique('private')
        self.lab.flavor(name, name, is_public=False)
        for project in projects:
            self.api.post(f'/flavors/{name}/action', {'addTenantAccess': {'tenant': project}})
        return name

    def new_keypair(self):
        name = self.unique('key')
        assert self.api.post('/os-keypairs', {'keypair': {'name': name, 'public_key': PUBLIC_KEY}}).status == 200
        return name

    def new_aggregate(self, *hosts):
        made = self.api.post('/os-aggregates', {'aggregate': {'name': self.unique('agg')}}).json['aggregate']['id']
        for host in hosts:
            self.api.post(f'/os-aggregates/{made}/action', {'add_host': {'host': host}})
        return made

    def new_group(self):
        body = {'server_group': {'name': self.unique('group'), 'policies': ['anti-affinity']}}
        return self.api.post('/os-server-groups', body).json['server_group']['id']

    def new_service(self, version):
        """Make a nova-compute and return its id as a version names it."""
        host = self.lab.host(self.unique('old'))
        found = self.api.get(f'/os-services?host={host}&binary=nova-compute', version).json['services']
        return found[0]['id']

    def hypervisor(self, version):
        return self.api.get('/os-hypervisors', version).json['hypervisors'][0]['id']

    def card(self, tag=None):
        """Give the server another card and return its id."""
        self.ready(vm_states.ACTIVE)
        network = objects.NetworkList.get_all(self.lab.admin)[0]
        record = objects.InstanceAction.pack_start(self.lab.admin, self.server, 'create', uuidutils.generate_uuid())
        port = objects.VirtualInterface.reserve(self.lab.admin, self.server, 'cmp1', {
            'network_id': network.id, 'address': None, 'tag': tag}, {}, record)
        objects.VirtualInterface.complete(self.lab.admin, self.server, port, 'attaching', [], 'cmp1')
        return port

    def address(self):
        """Return an address of a card of the server that has two."""
        port = self.with_card()
        second = f'10.0.0.{self._free}'
        self._free -= 1
        table = models.fixed_ips
        self.cloud.execute(sa.update(table).where(table.c.address == second).values(
            virtual_interface_uuid=port, instance_uuid=self.server, host='cmp1', allocated=True, position=1))
        return second

    def with_address(self):
        """Show the server with an address, as compute writes it."""
        self.ready(vm_states.ACTIVE)
        self.lab.settle(self.server, network_info=[{
            'id': uuidutils.generate_uuid(), 'address': '52:54:00:12:34:56', 'network': {
                'id': self.network, 'label': 'private', 'bridge': 'br100', 'subnets': [{'cidr': '10.0.0.0/24', 'ips': [
                    {'address': '10.0.0.5', 'version': 4, 'type': 'fixed'}]}]}}])
        return self.server

    def floating_pool(self):
        """Have addresses in the pool `public`."""
        if not self._has_pool:
            floating_ips.create_range([f'172.24.4.{number}' for number in range(1, 200)], 'public', None)
            self._has_pool = True
        return True

    def floating_ip(self, of_server=False, by_id=False):
        """Allocate an address and return it, or its id.

        :param of_server: it is the server's
        """
        self.floating_pool()
        made = self.api.post('/os-floating-ips', {'pool': 'public'}).json['floating_ip']
        self.with_card()
        if of_server:
            body = {'addFloatingIp': {'address': made['ip']}}
            answer = self.api.post(f'/servers/{self.server}/action', body)
            assert answer.status == 202, answer.body
        return made['id'] if by_id else made['ip']

    def with_card(self):
        """Give the server a card, its addresses known as compute writes them."""
        port = self.card()
        wiring = objects.VirtualInterfaceList.get_wiring(self.lab.admin, self.server)
        self.lab.settle(self.server, network_info=ipam.network_info(wiring).plain())
        return port

    def security_group(self, of_server=False, by_id=False):
        """Make a security group and return its name, or its id."""
        body = {'security_group': {'name': self.unique('web'), 'description': 'web servers'}}
        made = self.api.post('/os-security-groups', body).json['security_group']
        if of_server:
            answer = self.api.post(f'/servers/{self.ready(vm_states.ACTIVE)}/action',
                                   {'addSecurityGroup': {'name': made['name']}})
            assert answer.status == 202, answer.body
        return made['id'] if by_id else made['name']

    def security_group_rule(self):
        body = {'parent_group_id': self.security_group(by_id=True), 'ip_protocol': 'tcp', 'from_port': 22,
                'to_port': 22, 'cidr': '0.0.0.0/0'}
        return self.api.post('/os-security-group-rules', {'security_group_rule': body}).json['security_group_rule'][
            'id']

    def _migration(self, **values):
        instance = self.lab.instance(self.server)
        flavor = objects.Flavor.get_by_flavor_id(self.lab.admin, '2')
        kind = values.get('migration_type', 'resize')
        packed = objects.Migration.pack(self.lab.admin, instance, kind, flavor)
        return self.cloud.insert('migrations', **{**packed, 'source_compute': 'cmp1', 'source_node': 'cmp1.lab',
                                                  'dest_node': 'cmp2.lab', 'dest_compute': 'cmp2', 'created_at': NOW,
                                                  'updated_at': NOW, 'user_id': 'admin',
                                                  'project_id': 'admin', **values})

    def resized(self):
        """Bring the server into the middle of a resize, which waits to be confirmed."""
        self._forget_migrations()
        self.ready(vm_states.ACTIVE)
        self._migration(status='finished')
        self.ready(vm_states.RESIZED, host='cmp2')
        return self.server

    def migrating(self):
        """Have a live migration of the server under way and return its id."""
        self._forget_migrations()
        self.ready(vm_states.ACTIVE)
        made = self._migration(migration_type='live-migration', status='running', memory_total=512,
                               memory_remaining=200, memory_processed=312)
        self.lab.settle(self.server, task_state='migrating')
        return made

    def _forget_migrations(self):
        self.cloud.execute(sa.delete(models.migrations))

    def image(self):
        return self.lab.image(properties={'architecture': 'x86_64', 'note': 'a'}, owner='admin')

    def console_token(self, console_type):
        """Return a token that opens a console of the server."""
        self.ready(vm_states.ACTIVE)
        return objects.ConsoleAuthToken(
            self.lab.admin, console_type=console_type, host='127.0.0.1', port=5900, instance_uuid=self.server,
            compute_host='cmp1', access_url_base='http://127.0.0.1:6080/vnc_auto.html').authorize(600)

    def volume(self):
        """Give the server a volume, as it has one in a cloud that lost its volume service."""
        volume = uuidutils.generate_uuid()
        self.cloud.insert('block_device_mapping', uuid=uuidutils.generate_uuid(), instance_uuid=self.server,
                          volume_id=volume, device_name='/dev/vdb', source_type='volume', destination_type='volume',
                          boot_index=-1, delete_on_termination=False)
        return volume

    def on_dead_host(self):
        """Put a new server on a host that is down."""
        host = self.lab.host(self.unique('dead'), forced_down=True)
        server = self.new_server()
        self.lab.settle(server, host=host)
        return server
