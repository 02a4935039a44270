# SPDX-License-Identifier: Apache-2.0
"""LibvirtDriver: real guests through libvirt and QEMU.  Runs in nova-compute.  Nova: nova/virt/libvirt/driver.py.

Only the order of things is here.  What a guest looks like is in guest_config.py, its disks in disks.py and
imagebackend/, its cards in vif.py, its consoles in console.py, one domain in guest.py, the connection in host.py.
"""
import contextlib
import os

from oslo_log import log as logging
from oslo_service import loopingcall
from oslo_utils import timeutils

import mininova.conf
from mininova import crashpoint, exception, objects, privsep
from mininova.compute import power_state
from mininova.exception import excutils
from mininova.image import api as image_api
from mininova.virt import configdrive, driver, imagecache, plugging
from mininova.virt.libvirt import (
    blockinfo,
    clib,
    cold_migration,
    console,
    disks,
    firewall,
    guest_actions,
    guest_config,
    interfaces,
    kvm_probe,
    live_migration,
    moving_disks,
    rescue,
    snapshot,
    stats,
    utils,
)
from mininova.virt.libvirt import host as libvirt_host
from mininova.virt.libvirt.clib import libvirt

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

DEFAULT_URI = 'qemu:///system'
POWER_OFF_ATTEMPTS = 3
SHUTDOWN_REPEAT = 10


class LibvirtDriver(guest_actions.GuestActions, cold_migration.ColdMigration, live_migration.LiveMigration,
                    interfaces.Interfaces, driver.ComputeDriver):
    """The guests of one libvirtd."""

    capabilities = dict(driver.ComputeDriver.capabilities, has_imagecache=True, supports_resize=True,
                        supports_attach_interface=True, supports_tagged_attach_interface=True,
                        supports_evacuate=True, supports_live_migration=True,
                        supports_snapshot=True, supports_rescue=True, supports_pause=True, supports_suspend=True)

    def __init__(self, virtapi):
        clib.quiet()
        super().__init__(virtapi)
        self._host = libvirt_host.Host(
            CONF.libvirt.connection_uri or DEFAULT_URI, self.emit_event, self._connection_changed,
            (CONF.libvirt.keepalive_interval, CONF.libvirt.keepalive_count))
        self._nodename = None
        self._virt_type = None
        self._monitors = {}

    # -- the host ------------------------------------------------------------

    def init_host(self, host):
        privsep.init()
        os.makedirs(CONF.instances_path, mode=0o755, exist_ok=True)
        moving_disks.register_host(host)
        self._host.initialize(lambda: CONF.libvirt.reconnect_interval)
        try:
            capabilities = self._host.capabilities()
            self._virt_type = self._detect_virt_type(capabilities)
            self.get_available_nodes()
            if CONF.libvirt.use_nwfilter:
                firewall.define(self._host)
        except exception.HypervisorUnavailable as error:
            raise driver.DriverUnavailable(name='libvirt', reason=(
                f'{error.format_message()} Is libvirtd running, and may this user connect to it (group libvirt)?'))
        except libvirt.libvirtError as error:
            raise driver.DriverUnavailable(name='libvirt', reason=f'libvirt refused the network filters: {error}')
        LOG.info('Guests of this host run with virt_type %s (%s).', self._virt_type, self._host.uri)

    @property
    def virt_type(self):
        """'kvm' or 'qemu', as found at start."""
        if self._virt_type is None:
            self._virt_type = self._detect_virt_type(self._host.capabilities())
        return self._virt_type

    def _detect_virt_type(self, capabilities):
        wanted = CONF.libvirt.virt_type
        offered = 'kvm' in capabilities.guests.get(capabilities.arch, ())
        if wanted != 'kvm' and not offered:
            return 'qemu'
        if wanted == 'kvm' and capabilities.arch != 'x86_64':
            return 'kvm'
        probe = kvm_probe.kvm_works(capabilities.arch)
        if offered and not probe.works:
            LOG.warning('libvirtd sees %s, but KVM does not work here: %s. libvirtd may need most of a minute for each '
                        'guest start while it does. Remedy: hide the device from it, e.g. with DeviceAllow or a mount '
                        'namespace of its own.', kvm_probe.DEVICE, probe.reason)
        if wanted == 'kvm' and not (offered and probe.works):
            raise driver.DriverUnavailable(name='libvirt', reason=(
                f'[libvirt] virt_type is kvm, but {probe.reason if not probe.works else "libvirtd does not offer it"}. '
                'Set virt_type = auto or qemu, or repair KVM.'))
        if wanted == 'auto':
            return 'kvm' if offered and probe.works else 'qemu'
        return wanted

    def cleanup_host(self, host):
        self._host.close()

    def _connection_changed(self, up, reason):
        try:
            self.virtapi.host_available(up, reason and f'libvirt: {reason}')
        except Exception:
            LOG.exception('It could not be recorded that libvirt is %s.', 'back' if up else 'away')

    def get_available_nodes(self, refresh=False):
        if self._nodename is None:
            self._nodename = self._host.hostname()
        return [self._nodename]

    def get_available_resource(self, nodename):
        return stats.host_resources(self._host, self.virt_type, nodename)

    def get_host_uptime(self):
        return stats.uptime()

    def get_host_cpu_stats(self):
        return self._host.cpu_stats()

    def get_host_ip_addr(self):
        return CONF.my_ip

    def inventory(self):
        found = []
        for guest in self._host.list_guests():
            with contextlib.suppress(exception.InstanceNotFound):  # it left meanwhile
                if guest.is_ours():
                    found.append({'kind': 'domain', 'uuid': guest.uuid, 'name': guest.name, 'path': None,
                                  'power_state': guest.get_info().state})
        shared_with = moving_disks.registered_hosts()
        for uuid, path, removed in utils.list_instance_paths():
            found.append({'kind': 'temporary' if removed else 'disks', 'uuid': uuid, 'name': None, 'path': path,
                          'power_state': None, 'shared_with': shared_with})
        found += [{'kind': 'kept' if suffix == moving_disks.KEPT else 'temporary', 'uuid': uuid, 'name': None,
                   'path': path, 'power_state': None} for uuid, path, suffix in moving_disks.list_paths()]
        found += [{'kind': 'temporary', 'uuid': None, 'name': None, 'path': path, 'power_state': None}
                  for path in imagecache.unfinished()]
        return found

    def manage_image_cache(self, context, all_instances):
        wanted = disks.image_ids_in_use()
        for instance in all_instances:
            wanted.update(filter(None, (instance.image_ref, instance.kernel_id, instance.ramdisk_id)))
        imagecache.age({imagecache.file_name(image_id) for image_id in wanted})

    def cache_image(self, context, image_id):
        known = imagecache.is_cached(image_id)
        imagecache.ensure(context, objects.ImageMeta.from_dict(image_api.API().get(context, image_id)))
        return not known

    # -- which guests are there -------------------------------------------------

    def get_info(self, instance, use_cache=True):
        return self._host.get_guest(instance).get_info()

    def list_instances(self):
        return [guest.name for guest in self._host.list_guests()]

    def list_instance_uuids(self):
        return [guest.uuid for guest in self._host.list_guests()]

    def instance_exists(self, instance):
        return self._find_guest(instance) is not None

    def _find_guest(self, instance):
        try:
            return self._host.get_guest(instance)
        except exception.InstanceNotFound:
            return None

    # -- spawn -----------------------------------------------------------------

    def spawn(self, context, instance, image_meta, injected_files, admin_password, allocations,
              network_info=None, block_device_info=None, power_on=True):
        guest = self._find_guest(instance)
        if guest and guest.get_info().state == power_state.RUNNING:
            return
        try:
            builder = guest_config.GuestConfig(self._host, self.virt_type, instance, image_meta)
            files = None
            configdrive.update_instance(instance)
            if instance.config_drive:
                files = self.virtapi.config_drive_files(instance, network_info, admin_password, injected_files)
            disk_set = self._create_image(context, instance, image_meta, builder, block_device_info, files)
            if power_on:
                self._start(instance, builder, disk_set, network_info, plugging.awaited_events(network_info),
                            config_drive_files=files)
            else:
                self._define(instance, self._get_guest_xml(instance, builder, disk_set, network_info))
        except Exception:
            with excutils.save_and_reraise_exception():
                self._undo(instance, network_info)
        LOG.info('Instance spawned successfully.', instance=instance)

    def default_root_device_name(self, instance, image_meta):
        arch = guest_config.architecture(image_meta, self._host.capabilities().arch)
        return blockinfo.root_device_name(instance, image_meta, guest_config.machine_type(image_meta, arch))

    def _start(self, instance, builder, disk_set, network_info, events=(), config_drive_files=None):
        """Define and start a guest whose disks are there, and wait until it runs.

        :param events: what must come before it may run
        :param config_drive_files: what its config drive holds, if that was just made
        """
        document = self._get_guest_xml(instance, builder, disk_set, network_info)

        def note_places(guest):
            instance.device_metadata = guest.describe(inactive=True).places()
            # The drive was made before anybody knew where the devices are going to be.
            if config_drive_files and self.virtapi.renew_config_drive_files(config_drive_files, instance, network_info):
                disks.renew_config_drive(disk_set, config_drive_files)

        self._create_domain_and_network(instance, document, network_info, note_places, events)
        self._wait_for_boot(instance)

    def _create_image(self, context, instance, image_meta, builder, block_device_info, config_drive_files):
        """Make the guest's disks."""
        slots = blockinfo.get_disk_slots(instance, image_meta, builder.machine, block_device_info)
        disk_set = disks.DiskSet(instance)
        disk_set.create(context, image_meta, slots, block_device_info, config_drive_files)
        crashpoint.crashpoint('create.C13.disks_made.after')
        return disk_set

    def _get_guest_xml(self, instance, builder, disk_set, network_info):
        """Return the document of the guest."""
        listen = console.acquire_serial_port(self._serial_ports()) if CONF.serial_console.enabled else None
        document = builder.build(disk_set.disks(), disk_set.direct_boot_files(), network_info, listen)
        LOG.debug('Guest document: %s', document.to_xml(), instance=instance)
        return document

    def _serial_ports(self):
        descriptions = [guest.describe() for guest in self._host.list_guests()]
        return {description.serial[1] for description in descriptions if description.serial}

    def _define(self, instance, document):
        """Define the guest and leave it off."""
        try:
            self._host.define(document)
        except libvirt.libvirtError as error:
            raise exception.InstanceDeployFailure(reason=str(error)) from error
        finally:
            console.release_serial_port(document.serial_port())

    def _create_domain_and_network(self, instance, document, network_info, note_places, events):
        """Define the guest, plug its cards and start it; it is held until the events came.

        :param note_places: called with the guest when it is defined
        """
        try:
            self.plug_vifs(instance, network_info)
            crashpoint.crashpoint('create.C14.plugged.after')
            console.prepare_log(instance)
            guest = self._host.define(document)
            crashpoint.crashpoint('create.C15.defined.after')
            note_places(guest)
            with plugging.awaited(self.virtapi, instance, events):
                guest.launch(paused=bool(events))
            if guest.get_info().state == power_state.PAUSED:
                guest.resume()
        except libvirt.libvirtError as error:
            LOG.error('libvirt refused the guest: %s', error, instance=instance)
            raise exception.InstanceDeployFailure(reason=str(error))
        finally:
            console.release_serial_port(document.serial_port())

    def _wait_for_boot(self, instance):
        """Wait, by a timer, until libvirt says that the guest runs."""
        def look():
            state = self.get_info(instance).state
            if state == power_state.RUNNING:
                raise loopingcall.LoopingCallDone()
            if state in (power_state.SHUTDOWN, power_state.CRASHED):
                raise exception.InstanceDeployFailure(reason='the guest stopped as soon as it was started')

        loopingcall.FixedIntervalLoopingCall(look).start(interval=0.5).wait()

    def _undo(self, instance, network_info):
        """Take back a definition that did not lead to a running guest; the disks stay for ``destroy``."""
        try:
            guest = self._find_guest(instance)
            if guest:
                guest.poweroff()
                guest.undefine()
            self.unplug_vifs(instance, network_info)
        except (exception.NovaException, libvirt.libvirtError) as error:
            LOG.warning('The half made guest could not be taken back: %s', error, instance=instance)

    # -- destroy ------------------------------------------------------------------

    def destroy(self, context, instance, network_info, block_device_info=None, destroy_disks=True):
        guest = self._find_guest(instance)
        if guest:
            self._power_off(guest, instance)
            crashpoint.crashpoint('delete.D4.powered_off.after')
        self.cleanup(context, instance, network_info, block_device_info, destroy_disks)

    def _power_off(self, guest, instance):
        for attempt in range(1, POWER_OFF_ATTEMPTS + 1):
            try:
                return guest.poweroff()
            except exception.InstancePowerOffFailure as error:
                if attempt == POWER_OFF_ATTEMPTS:
                    raise
                LOG.warning('Power off failed, trying again: %s', error, instance=instance)

    def cleanup(self, context, instance, network_info, block_device_info=None, destroy_disks=True):
        guest = self._find_guest(instance)
        if guest:
            guest.undefine()
        self.unplug_vifs(instance, network_info)
        crashpoint.crashpoint('delete.D5.undefined.after')
        if destroy_disks:
            utils.remove_instance_path(instance)
            moving_disks.remove_all(instance)

    # -- power ---------------------------------------------------------------------

    def reboot(self, context, instance, network_info, reboot_type, block_device_info=None,
               bad_volumes_callback=None):
        if reboot_type == driver.REBOOT_SOFT:
            if self._soft_reboot(instance):
                LOG.info('Instance soft rebooted successfully.', instance=instance)
                return
            LOG.warning('The guest did not obey a soft reboot; it is rebooted hard.', instance=instance)
        self._hard_reboot(context, instance, network_info)

    def _soft_reboot(self, instance):
        guest = self._find_guest(instance)
        if not guest or guest.get_info().state != power_state.RUNNING:
            return False
        if not self._shut_down(guest, instance, CONF.libvirt.wait_soft_reboot_seconds, SHUTDOWN_REPEAT):
            return False
        try:
            guest.launch()
        except (exception.InstanceNotFound, libvirt.libvirtError) as error:
            LOG.warning('Start after a soft shutdown failed: %s', error, instance=instance)
            return False
        self._wait_for_boot(instance)
        return True

    def _hard_reboot(self, context, instance, network_info):
        """Cut power, define the guest anew from what is recorded and start it; one that is rescued stays so."""
        disk_set = rescue.disks_to_boot(instance)
        disks.check_complete(disk_set, instance)
        guest = self._find_guest(instance)
        if guest:
            self._power_off(guest, instance)
            guest.discard_saved_memory()
        image_meta = instance.image_meta
        disk_set.restore_base(context, image_meta)
        builder = guest_config.GuestConfig(self._host, self.virt_type, instance, image_meta)
        self._start(instance, builder, disk_set, network_info)

    def power_off(self, instance, timeout=0, retry_interval=0):
        guest = self._host.get_guest(instance)
        if timeout and guest.get_info().state == power_state.RUNNING:
            if self._shut_down(guest, instance, timeout, retry_interval):
                return
            LOG.info('The guest did not shut down in %d s; its power is cut.', timeout, instance=instance)
        self._power_off(guest, instance)

    def power_on(self, context, instance, network_info, block_device_info=None):
        guest = self._find_guest(instance)
        if guest and guest.get_info().state == power_state.RUNNING:
            return
        self._hard_reboot(context, instance, network_info)

    def prefetch_image(self, context, instance, image_meta):
        disks.prefetch(context, instance, image_meta)

    def discard_root_disk(self, instance):
        disks.DiskSet(instance).discard_root()

    # -- rescue -------------------------------------------------------------------------

    def default_rescue_image(self):
        return CONF.libvirt.rescue_image_id

    def rescue(self, context, instance, network_info, image_meta, rescue_password, block_device_info):
        own = disks.DiskSet(instance)
        disks.check_complete(own, instance)
        guest = self._find_guest(instance)
        if guest:
            self._power_off(guest, instance)
            guest.discard_saved_memory()
        own.restore_base(context, instance.image_meta)
        builder = guest_config.GuestConfig(self._host, self.virt_type, instance, instance.image_meta)
        files = None
        if configdrive.required(instance):
            files = self.virtapi.config_drive_files(instance, network_info, rescue_password, [])
        rescue_set = rescue.RescueSet(instance)
        rescue_set.create(context, image_meta, builder.machine, files)
        crashpoint.crashpoint('rescue.U3.disks_made.after')
        self._start(instance, builder, rescue_set, network_info, config_drive_files=files)

    def unrescue(self, context, instance, network_info, power_on=True):
        guest = self._find_guest(instance)
        if guest:
            self._power_off(guest, instance)
        rescue.RescueSet(instance).remove()
        crashpoint.crashpoint('unrescue.U5.removed.after')
        if power_on:
            self._hard_reboot(context, instance, network_info)
            return
        disk_set = disks.DiskSet(instance)
        disks.check_complete(disk_set, instance)
        builder = guest_config.GuestConfig(self._host, self.virt_type, instance, instance.image_meta)
        self._define(instance, self._get_guest_xml(instance, builder, disk_set, network_info))

    # -- copies of a guest's disk ----------------------------------------------------

    def snapshot(self, context, instance, image_id, update_task_state):
        snapshot.Snapshot(self._host, instance, lambda: self.virtapi.is_overtaken(instance)).take(
            context, image_id, update_task_state)

    def discard_snapshot(self, context, instance):
        snapshot.Snapshot(self._host, instance).discard()

    # -- looking at a guest -----------------------------------------------------------

    def get_console_output(self, context, instance):
        self._host.get_guest(instance)
        return console.read_log(instance)

    def get_vnc_console(self, context, instance):
        return console.vnc_address(self._host.get_guest(instance).describe())

    def get_spice_console(self, context, instance):
        return console.spice_address(self._host.get_guest(instance).describe())

    def get_serial_console(self, context, instance):
        return console.serial_address(self._host.get_guest(instance).describe())

    def get_diagnostics(self, instance):
        return stats.legacy_diagnostics(self._host.get_guest(instance))

    def get_instance_diagnostics(self, instance):
        uptime = int(timeutils.delta_seconds(instance.launched_at, timeutils.utcnow())) if instance.launched_at else 0
        return stats.standard_diagnostics(self._host.get_guest(instance), self.virt_type,
                                          configdrive.required(instance), uptime)
