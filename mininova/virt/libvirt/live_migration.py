# SPDX-License-Identifier: Apache-2.0
"""Guests that move to another host while they run: from one libvirtd to the other, peer to peer.  Runs in nova-compute.

The libvirtd of the source leads; it goes on when this service is killed, which then goes along with it again.  Disks
that both hosts see stay where they are, others are copied by QEMU into disks that the destination has made before.
Cut out of Nova's nova/virt/libvirt/driver.py.
"""
import os
import socket

from oslo_log import log as logging
from oslo_utils import netutils

import mininova.conf
from mininova import concurrency, exception
from mininova.virt import images
from mininova.virt.libvirt import console, disks, live_disks, live_monitor, moving_disks, numa_config, pci, utils
from mininova.virt.libvirt.clib import libvirt
from mininova.virt.libvirt.config import arrival

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

# Seconds in which libvirt ends what it began when a migration is over.
SETTLING = 20


class LiveMigration:
    """Part of :class:`mininova.virt.libvirt.driver.LibvirtDriver`."""

    # -- checks --

    def check_can_live_migrate_destination(self, context, instance, block_migration, disk_over_commit):
        if self.get_live_migration_state(instance) in ('here', 'outgoing'):
            raise exception.MigrationPreCheckError(reason=f'a guest {instance.name} runs on {self._nodename} already')
        os.makedirs(CONF.instances_path, mode=0o755, exist_ok=True)
        return {
            'token': moving_disks.write_token(instance), 'block_migration': block_migration,
            'disk_over_commit': bool(disk_over_commit), 'free_space': live_disks.free_space(disk_over_commit),
            'virt_type': self.virt_type, 'instances_path': os.path.abspath(CONF.instances_path),
            'graphics_listen': {'vnc': CONF.vnc.server_listen, 'spice': CONF.spice.server_listen},
            'address': CONF.libvirt.live_migration_inbound_addr, 'my_ip': CONF.my_ip}

    def cleanup_live_migration_destination_check(self, instance):
        images.remove(moving_disks.token_path(instance))

    def check_can_live_migrate_source(self, context, instance, dest_check_data, block_device_info=None):
        data, guest = dict(dest_check_data), self._host.get_guest(instance)
        if guest.live_state() != 'here':
            raise exception.MigrationPreCheckError(reason=f'the guest does not run on {self._nodename}')
        record, directory = utils.read_record(utils.instance_path(instance)), utils.instance_path(instance)
        shared = moving_disks.sees_token(instance, data.pop('token'))
        _check_storage(data['block_migration'], shared, instance, record, self._nodename)
        copied = not shared and bool(record)
        if copied:
            needed = live_disks.needed_space(record, directory, data['disk_over_commit'])
            if data['free_space'] < needed:
                raise exception.MigrationPreCheckError(
                    reason=f'Unable to migrate {instance.uuid}: Disk of instance is too large(available on destination '
                           f'host:{data["free_space"]} < need:{needed})')
        kind, machine, arch, cpu = arrival.processor(guest.document())
        data.update(is_shared_instance_path=shared, copied=copied, disks=record, domain_type=kind, machine=machine,
                    arch=arch, cpu=cpu, source=CONF.my_ip, source_directory=os.path.abspath(directory))
        return data

    def complete_live_migration_check(self, instance, dest_check_data):
        kind, arch = dest_check_data['domain_type'], dest_check_data['arch']
        capabilities = self._host.capabilities()
        if kind not in capabilities.guests.get(arch, ()) or (kind == 'kvm' and self.virt_type != 'kvm'):
            raise exception.InvalidCPUInfo(reason=f'{self._nodename} cannot run guests of kind {kind} ({arch})')
        if kind != 'kvm' or not dest_check_data['cpu']:
            return
        try:
            result = self._host.ask('compareHypervisorCPU', None, arch, None, kind, dest_check_data['cpu'], 0)
        except libvirt.libvirtError as error:
            raise exception.InvalidCPUInfo(reason=str(error)) from error
        if result <= libvirt.VIR_CPU_COMPARE_INCOMPATIBLE:
            raise exception.InvalidCPUInfo(reason=f'the processor of the guest is more than {self._nodename} offers')

    # -- the destination --

    def pre_live_migration(self, context, instance, block_device_info, network_info, migrate_data):
        data = dict(migrate_data)
        if self.get_live_migration_state(instance) in ('off', 'incoming'):
            # Left by an earlier try, which is over: its source begins anew.
            self._remove_domain(instance, network_info)
        if data['copied']:
            arriving = live_disks.ArrivingDisks(context, instance, data['disks'], (data['source'],
                                                                                   data['source_directory']))
            arriving.make(lambda: self.virtapi.config_drive_files(instance, network_info, None, []))
        elif data['is_shared_instance_path']:
            disks.check_complete(disks.DiskSet(instance), instance)
            disks.DiskSet(instance).restore_base(context, instance.image_meta)
        data['numa_info'] = numa_config.arrival_info(self._host, instance, instance.image_meta,
                                                     data.get('numa_topology'))
        self.plug_vifs(instance, network_info)
        if CONF.serial_console.enabled:
            data['serial_listen'] = list(console.acquire_serial_port(self._serial_ports()))
        return data

    def post_live_migration_at_destination(self, context, instance, network_info, block_device_info=None):
        guest = self._host.get_guest(instance)
        if guest.live_state() not in ('here', 'off'):
            raise exception.MigrationError(reason=f'the guest has not arrived on {self._nodename}')
        self._release_serial_port(guest)
        if not guest.is_persistent():
            self._host.ask('defineXML', guest.migratable_document())

    def rollback_live_migration_at_destination(self, context, instance, network_info, destroy_disks=True):
        if self.get_live_migration_state(instance) == 'here':
            raise exception.MigrationError(reason=f'the guest runs on {self._nodename}')
        self._remove_domain(instance, network_info)
        if destroy_disks:
            utils.remove_instance_path(instance)

    def _remove_domain(self, instance, network_info):
        guest = self._find_guest(instance)
        if guest:
            self._release_serial_port(guest)
            guest.poweroff()
            guest.undefine()
        self.unplug_vifs(instance, network_info)

    @staticmethod
    def _release_serial_port(guest):
        serial = guest.describe().serial
        if serial:
            console.release_serial_port(serial[1])

    def instance_on_disk(self, instance):
        record = utils.read_record(utils.instance_path(instance))
        return bool(record) and all(os.path.exists(utils.file_path(instance, name)) for name in record)

    # -- the source --

    def get_live_migration_state(self, instance):
        guest = self._find_guest(instance)
        return guest.live_state() if guest else 'none'

    def live_migration(self, context, instance, dest, report, migrate_data):
        guest, record = self._host.get_guest(instance), utils.read_record(utils.instance_path(instance))
        memory_kib, _vcpus = guest.size()
        copied = migrate_data is None or migrate_data['copied']
        size = memory_kib * 1024 + (sum(entry['size'] for entry in record.values()) if copied else 0)
        postcopy = CONF.libvirt.live_migration_permit_post_copy
        monitor = self._monitors[instance.uuid] = live_monitor.Monitor(guest, instance, size, report, postcopy)
        try:
            if migrate_data is None or guest.live_state() == 'outgoing':
                monitor.watch(lambda: guest.live_state() != 'outgoing')
                error = None
            else:
                error = self._migrate(guest, instance, dest, migrate_data, monitor)
        finally:
            del self._monitors[instance.uuid]
        self._check_result(instance, monitor, error)

    def _migrate(self, guest, instance, dest, data, monitor):
        """Move the guest, and return libvirt's complaint if it did not."""
        document = guest.migratable_document()
        adapted = arrival.adapt(document, instance.uuid, os.path.abspath(CONF.instances_path), data['instances_path'],
                                data['graphics_listen'], data.get('serial_listen'), data.get('numa_info'),
                                pci.counterparts(instance, data.get('pci_devices')))
        uri, flags, parameters = _plan(dest, data, adapted, arrival.writable_disks(document))
        LOG.info('Moving to %s.', uri, instance=instance)
        over, outcome = concurrency.event(), []

        def work():
            try:
                guest.migrate(uri, flags, parameters)
            except Exception as error:
                outcome.append(error)
            finally:
                over.set()
        concurrency.spawn(work)
        try:
            monitor.watch(over.is_set)
        except exception.HypervisorUnavailable:
            over.wait(CONF.libvirt.keepalive_interval * (CONF.libvirt.keepalive_count + 1))
            raise
        return outcome[0] if outcome else None

    def _check_result(self, instance, monitor, error):
        """Tell by where the guest is now how it ended.

        :raises MigrationCancelled, MigrationError: it is here
        """
        if isinstance(error, exception.HypervisorUnavailable):
            raise error
        waited, state = 0, self.get_live_migration_state(instance)
        while state in ('outgoing', 'incoming') and waited < SETTLING:
            concurrency.sleep(live_monitor.POLL)
            waited += live_monitor.POLL
            state = self.get_live_migration_state(instance)
        if error is None and state in ('none', 'off'):
            return
        if monitor.aborted:
            raise exception.MigrationCancelled(reason=monitor.aborted)
        if error is None and state == 'here':
            error = 'libvirt gave it up'
        raise exception.MigrationError(reason=str(error or f'the guest is {state}'))

    def _monitor(self, instance):
        monitor = self._monitors.get(instance.uuid)
        if monitor is None:
            raise exception.MigrationError(reason='no live migration is under way')
        return monitor

    def live_migration_force_complete(self, instance):
        self._monitor(instance).hurry()

    def live_migration_abort(self, instance):
        self._monitor(instance).abort('the hypervisor was told to stop')

    def post_live_migration_at_source(self, context, instance, network_info):
        guest = self._find_guest(instance)
        if guest:
            if guest.live_state() == 'here':
                raise exception.MigrationError(reason=f'the guest still runs on {self._nodename}')
            guest.poweroff()
            guest.undefine()
        self.unplug_vifs(instance, network_info)


def _check_storage(block_migration, shared, instance, record, node):
    """Refuse a copy of disks that both hosts see, and no copy of those that they do not.

    :raises InvalidLocalStorage, InvalidSharedStorage: (400)
    """
    if block_migration and shared:
        raise exception.InvalidLocalStorage(
            path=node, reason='Block migration can not be used with shared storage.')
    if block_migration is False and not shared and record:
        raise exception.InvalidSharedStorage(
            path=node, reason='Live migration can not be used without shared storage except a booted from volume VM '
                              'which does not have a local disk.')


def _plan(dest, data, document, disks_to_copy):
    """Return (URI of the other libvirtd, flags, parameters) of a migration."""
    options = CONF.libvirt
    address, resolves = data['address'], True
    if address:
        address = address.replace('%s', dest)
    elif not _resolves(dest):
        address, resolves = data['my_ip'], False
    host = netutils.escape_ipv6(address or dest)
    uri = options.live_migration_uri % host if options.live_migration_uri else (
        f'qemu+{options.live_migration_scheme or "tcp"}://{host}/system')
    flags = (libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PEER2PEER | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
             | libvirt.VIR_MIGRATE_PERSIST_DEST)
    parameters = {libvirt.VIR_MIGRATE_PARAM_DEST_XML: document, libvirt.VIR_MIGRATE_PARAM_PERSIST_XML: document}
    if data['address'] or not resolves:
        parameters[libvirt.VIR_MIGRATE_PARAM_URI] = f'tcp://{host}'
    if options.live_migration_bandwidth:
        parameters[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH] = options.live_migration_bandwidth
    if data['copied']:
        flags |= libvirt.VIR_MIGRATE_NON_SHARED_INC
        parameters[libvirt.VIR_MIGRATE_PARAM_MIGRATE_DISKS] = disks_to_copy
    if options.live_migration_permit_post_copy:
        flags |= libvirt.VIR_MIGRATE_POSTCOPY
    elif options.live_migration_permit_auto_converge:
        flags |= libvirt.VIR_MIGRATE_AUTO_CONVERGE
    if options.live_migration_with_native_tls:
        flags |= libvirt.VIR_MIGRATE_TLS
    return uri, flags, parameters


def _resolves(name):
    try:
        socket.getaddrinfo(name, None)
    except socket.gaierror:
        return False
    return True
