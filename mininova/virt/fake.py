# SPDX-License-Identifier: Apache-2.0
"""A hypervisor without hardware: the reference implementation of the driver contract.  Runs in nova-compute.

Guests are records; nothing else distinguishes its behaviour from a real host's: starts take time
(``[fake] spawn_delay``), calls fail on demand (``[fake] faults``), guests outlive the service (``[fake] persistent``).
Nova: nova/virt/fake.py.
"""
import json
import time

from oslo_log import log as logging
from oslo_utils import units

import mininova.conf
from mininova import concurrency, crashpoint, exception
from mininova.compute import power_state, task_states
from mininova.image import api as image_api
from mininova.virt import (
    configdrive,
    consoles,
    diagnostics,
    driver,
    event,
    fake_guest,
    fake_host,
    fake_interfaces,
    fake_live_migration,
    fake_migration,
    fake_pci,
    hardware,
    images,
    plugging,
)

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

HYPERVISOR_TYPE = 'fake'
HYPERVISOR_VERSION = 1000000
VNC_PORT = 6969
SERIAL_PORT = 6970
SPICE_PORT, SPICE_TLS_PORT = 6971, 6972


class FakeDriver(fake_guest.GuestActions, fake_migration.FakeMigration, fake_live_migration.FakeLiveMigration,
                 fake_interfaces.FakeInterfaces, driver.ComputeDriver):
    """All guests of one pretended machine, which several drivers of the process may share."""

    capabilities = dict(driver.ComputeDriver.capabilities, has_imagecache=True, supports_evacuate=True,
                        supports_attach_interface=True, supports_tagged_attach_interface=True,
                        supports_live_migration=True, supports_pause=True,
                        supports_rescue=True, supports_resize=True, supports_snapshot=True, supports_suspend=True)

    def __init__(self, virtapi):
        super().__init__(virtapi)
        self._host_name = None

    @property
    def host(self):
        """The machine; that of this service's name until ``init_host`` says otherwise."""
        return fake_host.get(self._host_name or CONF.host)

    @property
    def faults(self):
        """The FaultPlan of the machine, for tests."""
        return self.host.faults

    # -- the host ------------------------------------------------------------

    def init_host(self, host):
        self._host_name = host
        self.faults.hit('init_host')
        LOG.info('Fake hypervisor %s has %d guests.', host, len(self.host.guests))

    def get_available_nodes(self, refresh=False):
        return [self.host.name]

    def get_available_resource(self, nodename):
        self.faults.hit('get_available_resource')
        vcpus_used, memory_used, disk_used = self.host.used()
        cells = fake_host.numa_topology()
        return {
            'vcpus': len(hardware.shared_cpus(range(CONF.fake.vcpus))), 'vcpus_used': vcpus_used,
            'memory_mb': CONF.fake.memory_mb, 'memory_mb_used': memory_used,
            'local_gb': CONF.fake.local_gb, 'local_gb_used': disk_used,
            'disk_available_least': CONF.fake.local_gb - disk_used,
            'hypervisor_type': HYPERVISOR_TYPE, 'hypervisor_version': HYPERVISOR_VERSION,
            'hypervisor_hostname': self.host.name,
            'cpu_info': json.dumps({
                'arch': 'x86_64', 'model': 'Nehalem', 'vendor': 'Intel', 'features': ['pge', 'clflush'],
                'topology': {'cells': max(1, CONF.fake.numa_cells), 'sockets': 1, 'threads': CONF.fake.threads_per_core,
                             'cores': CONF.fake.vcpus // CONF.fake.threads_per_core}}),
            'supported_instances': [['x86_64', HYPERVISOR_TYPE, 'hvm']],
            'numa_topology': cells and cells.to_facts(),
            'pci_passthrough_devices': json.dumps(fake_pci.devices()),
        }

    def get_host_uptime(self):
        self.faults.hit('get_host_uptime')
        with open('/proc/uptime', encoding='ascii') as stream:
            minutes = int(float(stream.read().split()[0]) // 60)
        days, hours = minutes // 1440, minutes % 1440 // 60
        return (f' {time.strftime("%H:%M:%S")} up {days} days, {hours:2d}:{minutes % 60:02d},  0 users,'
                '  load average: 0.00, 0.00, 0.00\n')

    def get_host_cpu_stats(self):
        self.faults.hit('get_host_cpu_stats')
        return fake_host.cpu_stats(len([guest for guest in self.host.guests.values() if guest.running]))

    def get_host_ip_addr(self):
        return CONF.my_ip

    def inventory(self):
        found = []
        for guest in self.host.guests.values():
            if guest.domain:
                found.append({'kind': 'domain', 'uuid': guest.uuid, 'name': guest.name, 'path': None,
                              'power_state': guest.state})
            if guest.disks:
                found.append({'kind': 'disks', 'uuid': guest.uuid, 'name': guest.name,
                              'path': f'/fake/{self.host.name}/{guest.uuid}', 'power_state': None})
            if guest.kept:
                found.append({'kind': 'kept', 'uuid': guest.uuid, 'name': guest.name,
                              'path': f'/fake/{self.host.name}/{guest.uuid}_resize', 'power_state': None})
        return found

    def manage_image_cache(self, context, all_instances):
        self.faults.hit('manage_image_cache')

    def cache_image(self, context, image_id):
        self.faults.hit('cache_image')
        if image_id in self.host.images:
            return False
        image_api.API().get(context, image_id)
        self.host.images.add(image_id)
        return True

    # -- which guests are there -------------------------------------------------

    def _guest(self, instance):
        guest = self.host.guests.get(instance.uuid)
        if not guest or not guest.domain:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        return guest

    def get_info(self, instance, use_cache=True):
        self.faults.hit('get_info')
        guest = self._guest(instance)
        return hardware.InstanceInfo(guest.state, guest.internal_id)

    def list_instances(self):
        self.faults.hit('list_instances')
        return [guest.name for guest in self.host.guests.values() if guest.domain]

    def list_instance_uuids(self):
        self.faults.hit('list_instances')
        return [guest.uuid for guest in self.host.guests.values() if guest.domain]

    def instance_exists(self, instance):
        guest = self.host.guests.get(instance.uuid)
        return bool(guest and guest.domain)

    # -- life and death -----------------------------------------------------------

    def spawn(self, context, instance, image_meta, injected_files, admin_password, allocations,
              network_info=None, block_device_info=None, power_on=True):
        guest = self.host.guests.get(instance.uuid) or fake_host.Guest(instance.uuid, instance.name)
        if guest.domain and guest.running:
            return
        self.faults.hit('spawn')
        try:
            self._make_disks(guest, instance, image_meta, injected_files, admin_password, network_info,
                             block_device_info)
            self._define(guest, instance, network_info)
            if power_on:
                with plugging.awaited(self.virtapi, instance, plugging.awaited_events(network_info)):
                    self._start(guest, 'spawn.start')
        except Exception:
            guest.domain = False
            self.host.stop(guest)
            raise
        LOG.info('Fake guest made.', instance=instance)

    def prefetch_image(self, context, instance, image_meta):
        self.faults.hit('prefetch_image')
        self._check_size(instance, image_meta)

    @staticmethod
    def _check_size(instance, image_meta):
        limit = (instance.flavor.root_gb or 0) * units.Gi
        if limit and (image_meta.size or 0) > limit:
            raise exception.FlavorDiskSmallerThanImage(flavor_size=limit, image_size=image_meta.size)

    def discard_root_disk(self, instance):
        self.faults.hit('discard_root_disk')
        guest = self.host.guests.get(instance.uuid)
        if guest:
            guest.image_id, guest.config_drive = None, None
            self.host.keep(guest)

    def _make_disks(self, guest, instance, image_meta, injected_files, admin_password, network_info,
                    block_device_info):
        self.faults.hit('spawn.disk')
        flavor = instance.flavor
        self._check_size(instance, image_meta)
        configdrive.update_instance(instance)
        if instance.config_drive:
            files = self.virtapi.config_drive_files(instance, network_info, admin_password, injected_files)
            guest.config_drive = sorted(files)
        devices = block_device_info or {}
        guest.num_disks = 1 + len(devices.get('ephemerals') or ()) + bool(devices.get('swap'))
        guest.disk_gb = flavor.root_gb + flavor.ephemeral_gb
        if guest.image_id != image_meta.id or not guest.disks:
            guest.image_id, guest.disk_number = image_meta.id, self.host.next_disk_number()
        guest.content = guest.content or f'{instance.image_ref} on {self.host.name} for {instance.uuid}'
        guest.disks = True
        self.host.keep(guest)
        crashpoint.crashpoint('create.C13.disks_made.after')

    def _define(self, guest, instance, network_info):
        self.faults.hit('spawn.define')
        guest.macs = [vif['address'] for vif in network_info or ()]
        crashpoint.crashpoint('create.C14.plugged.after')
        guest.vcpus, guest.memory_mb = instance.flavor.vcpus, instance.flavor.memory_mb
        guest.numa_topology = instance.numa_topology if instance.obj_attr_is_set('numa_topology') else None
        guest.pci_devices = instance.pci_devices if instance.obj_attr_is_set('pci_devices') else None
        fake_pci.check_free(list(self.host.guests.values()), guest, guest.pci_devices)
        guest.domain = True
        self.host.keep(guest)
        instance.device_metadata = fake_host.places(guest)
        crashpoint.crashpoint('create.C15.defined.after')

    def _start(self, guest, step):
        self.faults.hit(step)
        if CONF.fake.spawn_delay:
            concurrency.sleep(CONF.fake.spawn_delay)
        self.host.start(guest)
        self._tell(guest, event.EVENT_LIFECYCLE_STARTED)

    def _stop(self, guest):
        was_running = guest.running
        self.host.stop(guest)
        if was_running:
            self._tell(guest, event.EVENT_LIFECYCLE_STOPPED)

    def _tell(self, guest, transition):
        concurrency.spawn(self.emit_event, event.LifecycleEvent.now(guest.uuid, transition))

    def destroy(self, context, instance, network_info, block_device_info=None, destroy_disks=True):
        self.faults.hit('destroy')
        guest = self.host.guests.get(instance.uuid)
        if guest and guest.domain:
            self._stop(guest)
            crashpoint.crashpoint('delete.D4.powered_off.after')
        self.cleanup(context, instance, network_info, block_device_info, destroy_disks)

    def cleanup(self, context, instance, network_info, block_device_info=None, destroy_disks=True):
        self.faults.hit('cleanup')
        guest = self.host.guests.get(instance.uuid)
        if not guest:
            return
        guest.domain, guest.macs, guest.saved = False, [], False
        self.host.keep(guest)
        crashpoint.crashpoint('delete.D5.undefined.after')
        if destroy_disks:
            guest.disks, guest.config_drive, guest.image_id, guest.rescue_image_id = False, None, None, None
            guest.kept, guest.content = None, ''
            self.host.keep(guest)

    def reboot(self, context, instance, network_info, reboot_type, block_device_info=None,
               bad_volumes_callback=None):
        self.faults.hit('reboot')
        guest = self._restorable(instance, network_info)
        if reboot_type == driver.REBOOT_SOFT and guest.running:
            self._wait_for_shutdown(instance, CONF.fake.shutdown_delay)
        self._stop(guest)
        guest.saved = False
        self._start(guest, 'reboot.start')

    def power_off(self, instance, timeout=0, retry_interval=0):
        self.faults.hit('power_off')
        guest = self._guest(instance)
        if timeout and guest.running:
            self._wait_for_shutdown(instance, min(timeout, CONF.fake.shutdown_delay))
        self._stop(guest)

    def power_on(self, context, instance, network_info, block_device_info=None):
        self.faults.hit('power_on')
        guest = self._restorable(instance, network_info)
        if guest.state != power_state.RUNNING:
            guest.saved = False
            self._start(guest, 'power_on.start')

    def _restorable(self, instance, network_info):
        """Return the guest, defined again from its disks if its definition is lost."""
        guest = self.host.guests.get(instance.uuid)
        if not guest or not (guest.domain or guest.disks):
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        if not guest.domain:
            self._define(guest, instance, network_info)
        return guest

    # -- rescue ---------------------------------------------------------------------------

    def rescue(self, context, instance, network_info, image_meta, rescue_password, block_device_info):
        guest = self._restorable(instance, network_info)
        self.faults.hit('rescue')
        guest.rescue_image_id = image_meta.id
        if configdrive.required(instance):
            guest.config_drive = sorted(self.virtapi.config_drive_files(instance, network_info, rescue_password, []))
        self._stop(guest)
        crashpoint.crashpoint('rescue.U3.disks_made.after')
        self._start(guest, 'rescue.start')

    def unrescue(self, context, instance, network_info, power_on=True):
        self.faults.hit('unrescue')
        guest = self._restorable(instance, network_info)
        self._stop(guest)
        guest.rescue_image_id = None
        self.host.keep(guest)
        crashpoint.crashpoint('unrescue.U5.removed.after')
        if power_on:
            self._start(guest, 'unrescue.start')

    # -- copies of a guest's disk ---------------------------------------------------------

    def snapshot(self, context, instance, image_id, update_task_state):
        guest = self._guest(instance)
        self.faults.hit('snapshot')
        update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
        guest.copying = True
        self.host.keep(guest)
        crashpoint.crashpoint('snapshot.S4.copied.after')
        self.faults.hit('snapshot.copy')
        if self.virtapi.is_overtaken(instance):
            raise exception.StaleAction(action_id=instance.action_id, instance_uuid=instance.uuid)
        update_task_state(task_state=task_states.IMAGE_UPLOADING, expected_state=task_states.IMAGE_PENDING_UPLOAD)
        self.faults.hit('snapshot.upload')
        images.upload_snapshot(context, instance, image_id, 'raw', f'disk of {instance.uuid}\n'.encode().ljust(512))
        crashpoint.crashpoint('snapshot.S5.uploaded.after')
        self.discard_snapshot(context, instance)

    def discard_snapshot(self, context, instance):
        guest = self.host.guests.get(instance.uuid)
        if guest and guest.copying:
            guest.copying = False
            self.host.keep(guest)

    # -- looking at a guest ---------------------------------------------------------

    def get_console_output(self, context, instance):
        self.faults.hit('get_console_output')
        return self._guest(instance).console.encode()[-consoles.MAX_CONSOLE_BYTES:]

    def get_vnc_console(self, context, instance):
        self._guest(instance)
        return consoles.Console(CONF.vnc.server_proxyclient_address, VNC_PORT)

    def get_spice_console(self, context, instance):
        self._guest(instance)
        return consoles.Console(CONF.spice.server_proxyclient_address, SPICE_PORT, tls_port=SPICE_TLS_PORT)

    def get_serial_console(self, context, instance):
        self._guest(instance)
        if not CONF.serial_console.enabled:
            raise exception.ConsoleTypeUnavailable(console_type='serial')
        return consoles.Console(CONF.serial_console.proxyclient_address, SERIAL_PORT)

    def get_diagnostics(self, instance):
        self.faults.hit('get_diagnostics')
        guest = self._guest(instance)
        counters = {'memory': guest.memory_mb * units.Ki, 'memory-actual': guest.memory_mb * units.Ki}
        for number in range(guest.vcpus):
            counters[f'cpu{number}_time'] = self._uptime(guest) * 10 ** 7
        for number in range(guest.num_disks):
            for key in ('read', 'read_req', 'write', 'write_req', 'errors'):
                counters[f'vd{"abcdefghijklmnop"[number]}_{key}'] = 0
        for number in range(len(guest.macs)):
            for key in ('rx', 'rx_packets', 'rx_errors', 'rx_drop', 'tx', 'tx_packets', 'tx_errors', 'tx_drop'):
                counters[f'vnet{number}_{key}'] = 0
        return counters

    def get_instance_diagnostics(self, instance):
        self.faults.hit('get_diagnostics')
        guest = self._guest(instance)
        document = diagnostics.standard(guest.state, 'libvirt', HYPERVISOR_TYPE, 'linux', self._uptime(guest),
                                        guest.config_drive is not None, guest.vcpus, guest.memory_mb)
        for number in range(guest.vcpus):
            diagnostics.add_cpu(document, number, self._uptime(guest) * 10 ** 7, 1)
        for mac in guest.macs:
            diagnostics.add_nic(document, mac, (0,) * 4, (0,) * 4)
        for _disk in range(guest.num_disks):
            diagnostics.add_disk(document, 0, 0, 0, 0, 0)
        return document

    @staticmethod
    def _uptime(guest):
        return int(time.time() - guest.started_at) if guest.running else 0

    # -- what happens without anybody asking (tests) --------------------------------------

    def change_state(self, uuid, state):
        """Let a guest stop, crash or start by itself, as if its owner or an accident did it.

        :param state: number of ``compute.power_state``
        """
        guest = self.host.guests[uuid]
        if state == power_state.RUNNING:
            self.host.start(guest)
            self._tell(guest, event.EVENT_LIFECYCLE_STARTED)
        elif state in (power_state.PAUSED, power_state.SUSPENDED):
            self._become(guest, state, event.EVENT_LIFECYCLE_PAUSED if state == power_state.PAUSED
                         else event.EVENT_LIFECYCLE_SUSPENDED)
        else:
            self.host.stop(guest, state)
            self._tell(guest, event.EVENT_LIFECYCLE_STOPPED)
