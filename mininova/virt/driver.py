# SPDX-License-Identifier: Apache-2.0
"""The contract between nova-compute and a hypervisor.  Runs in nova-compute.  Nova: nova/virt/driver.py.

Rules that hold for every method and every driver (``tests/contract`` checks them on each):

* ``instance`` is an ``objects.Instance``; ``network_info`` a ``network.model.NetworkInfo``;
  ``image_meta`` an ``objects.ImageMeta``.
* Methods block until done, other greenthreads run meanwhile.  For one instance the caller serialises them.
* Every method may be called again after it failed or the process died in it, and then ends as if it
  had been called once.  What is gone already is no error for whoever wants it gone.
* Errors are ``mininova.exception`` classes.  `InstanceNotFound`: no such guest here;
  `HypervisorUnavailable`: the hypervisor does not answer, nothing is known about the guest.
* Sizes carry their unit in their name: ``memory_mb`` is MiB, ``local_gb`` is GiB.
* A method that a driver lacks raises `MethodNotSupported`, which the API shows as 501.

block_device_info: ``{'root_device_name': '/dev/vda', 'image': [], 'ephemerals': [{'device_name', 'size' (GiB),
'guest_format', 'device_type', 'disk_bus'}], 'swap': {'device_name', 'swap_size' (MiB), 'disk_bus'} or None,
'block_device_mapping': []}``.
"""
from __future__ import annotations

import typing

from oslo_log import log as logging
from stevedore import driver as stevedore_driver

import mininova.conf
from mininova import exception
from mininova.virt import cold_driver, consoles, event, hardware, live_driver

if typing.TYPE_CHECKING:
    from mininova import objects
    from mininova.network import model

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

NAMESPACE = 'mininova.virt.drivers'
REBOOT_SOFT = 'SOFT'
REBOOT_HARD = 'HARD'


class MethodNotSupported(exception.NotSupported, NotImplementedError):
    msg_fmt = 'The %(driver)s driver does not support %(method)s.'


class DriverUnavailable(exception.NovaException):
    msg_fmt = 'Compute driver %(name)s cannot be used: %(reason)s'


class ComputeDriver(live_driver.LiveMigrationDriver, cold_driver.ColdMigrationDriver):
    """What nova-compute asks of a hypervisor.

    :param virtapi: a ``virt.virtapi.VirtAPI``
    """

    # What the manager and the scheduler may ask for without trying.
    capabilities = {
        'has_imagecache': False,
        'supports_attach_interface': False,
        'supports_tagged_attach_interface': False,
        'supports_device_tagging': False,
        'supports_evacuate': False,
        'supports_extend_volume': False,
        'supports_migrate_to_same_host': False,
        'supports_multiattach': False,
        'supports_pause': False,
        'supports_rescue': False,
        'supports_resize': False,
        'supports_live_migration': False,
        'supports_snapshot': False,
        'supports_suspend': False,
    }

    def __init__(self, virtapi):
        self.virtapi = virtapi
        self._event_listener = None

    # -- the host -------------------------------------------------------------

    def init_host(self, host: str) -> None:
        """Connect to the hypervisor and check that guests can run; called once before anything else.

        :raises DriverUnavailable: guests cannot run here; the text says what to do
        """

    def cleanup_host(self, host: str) -> None:
        """Let go of the hypervisor at service stop; guests keep running."""

    def get_available_nodes(self, refresh: bool = False) -> list[str]:
        """Return the names of the hypervisors behind this service."""
        self._unsupported('get_available_nodes')

    def node_is_available(self, nodename: str) -> bool:
        """Say whether a node is one of ours."""
        return nodename in self.get_available_nodes()

    def get_available_resource(self, nodename: str) -> dict:
        """Measure the host.

        :returns: vcpus, vcpus_used, memory_mb, memory_mb_used, local_gb, local_gb_used, disk_available_least
            (GiB that is free if every sparse disk grew to its full size; may be negative), hypervisor_type,
            hypervisor_version (int, major * 1000000 + minor * 1000 + micro), hypervisor_hostname,
            cpu_info (JSON text: arch, model, vendor, features, topology), supported_instances
            (list of [architecture, hypervisor type, mode]), numa_topology (facts of a
            hardware.NUMATopology, None if the host has or tells of no cells), pci_passthrough_devices (JSON text: a
            list of dev_id, address, vendor_id, product_id, numa_node, dev_type, label, parent_addr of all PCI
            devices, also those that no guest may have)
        """
        self._unsupported('get_available_resource')

    def get_host_uptime(self) -> str:
        """Return the host's uptime as the command ``uptime`` prints it."""
        self._unsupported('get_host_uptime')

    def get_host_cpu_stats(self) -> dict:
        """Return kernel, idle, user, iowait (ns since the host started, over all processors) and frequency (MHz)."""
        self._unsupported('get_host_cpu_stats')

    def get_host_ip_addr(self) -> str:
        """Return the address by which other hosts reach this one."""
        self._unsupported('get_host_ip_addr')

    def inventory(self) -> list[dict]:
        """List everything this host holds of any guest, leftovers included, for ``nova-manage verify``.

        Works without ``init_host``.

        :returns: dicts with kind ('domain', 'disks', 'temporary', or 'kept' for disks of a guest that moved away), uuid
            (None if unknown), name, path (None for domains), power_state (domains only) and, for disks in a directory
            that several hosts see, shared_with: the names of these hosts
        """
        self._unsupported('inventory')

    def manage_image_cache(self, context, all_instances: list) -> None:
        """Drop cached images that no guest has used for a while.

        :param all_instances: the Instances of every host that shares this cache
        """

    def cache_image(self, context, image_id: str) -> bool:
        """Have an image at hand before a guest needs it.

        :returns: True if it was fetched, False if it was there
        :raises ImageNotFound: there is no such image, or it is not the caller's
        :raises ImageUnacceptable: it is dangerous or damaged
        """
        self._unsupported('cache_image')

    def estimate_instance_overhead(self, instance_info) -> dict:
        """Say what a guest costs beyond its flavor.

        :param instance_info: an Instance or Flavor
        :returns: memory_mb, disk_gb, vcpus
        """
        return {'memory_mb': 0, 'disk_gb': 0, 'vcpus': 0}

    # -- which guests are there -------------------------------------------------

    def get_info(self, instance: objects.Instance, use_cache: bool = True) -> hardware.InstanceInfo:
        """Return the power state of a guest.

        :raises InstanceNotFound: no such guest here
        """
        self._unsupported('get_info')

    def list_instances(self) -> list[str]:
        """Return the names of all guests, running or not."""
        self._unsupported('list_instances')

    def list_instance_uuids(self) -> list[str]:
        """Return the UUIDs of all guests, running or not."""
        self._unsupported('list_instance_uuids')

    def instance_exists(self, instance: objects.Instance) -> bool:
        """Say whether the hypervisor knows the guest, running or not."""
        return instance.uuid in self.list_instance_uuids()

    def get_num_instances(self) -> int:
        """Count the guests."""
        return len(self.list_instances())

    # -- life and death ---------------------------------------------------------

    def spawn(self, context, instance: objects.Instance, image_meta: objects.ImageMeta, injected_files: list,
              admin_password: str | None, allocations: dict | None, network_info: model.NetworkInfo | None = None,
              block_device_info: dict | None = None, power_on: bool = True) -> None:
        """Make the disks, define the guest, start it and wait until it runs.

        A guest that runs already is left alone; one that was half made is finished.  On failure the
        guest does not run and is not defined; disks may remain until ``destroy``.

        :param injected_files: list of (path in the guest, bytes), for the config drive
        :param power_on: False leaves the guest defined and off
        :raises ImageUnacceptable: the image is dangerous, broken or not what it claims to be
        :raises FlavorDiskSmallerThanImage: the image does not fit the flavor's disk
        :raises DiskNotEnough: this host has no room; another may
        :raises InstanceDeployFailure: the guest did not start
        """
        self._unsupported('spawn')

    def default_root_device_name(self, instance: objects.Instance, image_meta: objects.ImageMeta) -> str:
        """Return the device as which a guest sees its root disk, e.g. '/dev/vda'.

        :raises ImageUnacceptable: the image asks for a bus that does not exist
        """
        return '/dev/vda'

    def prefetch_image(self, context, instance: objects.Instance, image_meta: objects.ImageMeta) -> None:
        """Fetch and check an image before anything is given up for a disk that shall be made of it.

        :raises ImageUnacceptable, FlavorDiskSmallerThanImage, DiskNotEnough: as ``spawn``
        """

    def discard_root_disk(self, instance: objects.Instance) -> None:
        """Remove what a guest that is not defined boots from, and keep its ephemeral disks and swap for ``spawn``."""

    def destroy(self, context, instance: objects.Instance, network_info: model.NetworkInfo | None,
                block_device_info: dict | None = None, destroy_disks: bool = True) -> None:
        """Stop a guest at once and remove all trace of it; no error if there is none.

        :raises InstancePowerOffFailure: the guest will not stop; nothing was removed
        """
        self._unsupported('destroy')

    def cleanup(self, context, instance: objects.Instance, network_info: model.NetworkInfo | None,
                block_device_info: dict | None = None, destroy_disks: bool = True) -> None:
        """Remove what a stopped guest leaves on the host: definition, cards, disks."""
        self._unsupported('cleanup')

    def reboot(self, context, instance: objects.Instance, network_info: model.NetworkInfo, reboot_type: str,
               block_device_info: dict | None = None, bad_volumes_callback=None) -> None:
        """Restart a guest; it runs afterwards.

        :param reboot_type: REBOOT_SOFT asks the guest first and turns hard if it does not obey;
            REBOOT_HARD cuts power and defines the guest anew, whatever state it is in
        :raises InstanceNotFound: no such guest here and no disks to make it from
        """
        self._unsupported('reboot')

    def power_off(self, instance: objects.Instance, timeout: int = 0, retry_interval: int = 0) -> None:
        """Switch a guest off; fine if it is off.

        :param timeout: seconds it gets to shut itself down; 0 cuts power at once
        :param retry_interval: seconds between two requests to shut down
        :raises InstanceNotFound: no such guest here
        :raises StaleAction: something else was asked of the server during the wait (``virtapi.is_overtaken``)
        """
        self._unsupported('power_off')

    def power_on(self, context, instance: objects.Instance, network_info: model.NetworkInfo,
                 block_device_info: dict | None = None) -> None:
        """Switch a guest on; fine if it runs.

        :raises InstanceNotFound: no such guest here and no disks to make it from
        """
        self._unsupported('power_on')

    def resume_state_on_host_boot(self, context, instance: objects.Instance, network_info: model.NetworkInfo,
                                  block_device_info: dict | None = None) -> None:
        """Start a guest that ran before the host went down; fine if it runs."""
        self.power_on(context, instance, network_info, block_device_info)

    def plug_vifs(self, instance: objects.Instance, network_info: model.NetworkInfo) -> None:
        """Prepare the host side of a guest's cards before it starts."""

    def unplug_vifs(self, instance: objects.Instance, network_info: model.NetworkInfo) -> None:
        """Undo ``plug_vifs``; fine if nothing is plugged."""

    # -- looking at a guest ------------------------------------------------------

    def get_console_output(self, context, instance: objects.Instance) -> bytes:
        """Return the last bytes of the guest's serial console, at most ``consoles.MAX_CONSOLE_BYTES``.

        :raises InstanceNotFound: no such guest here
        """
        self._unsupported('get_console_output')

    # Consoles raise ConsoleTypeUnavailable where the guest has no such screen or port.

    def get_vnc_console(self, context, instance: objects.Instance) -> consoles.Console:
        """Return where the guest's screen is served over VNC."""
        self._unsupported('get_vnc_console')

    def get_spice_console(self, context, instance: objects.Instance) -> consoles.Console:
        """Return where the guest's screen is served over SPICE."""
        self._unsupported('get_spice_console')

    def get_mks_console(self, context, instance: objects.Instance) -> consoles.Console:
        """Return where the guest's screen is served by a hypervisor with WebMKS."""
        self._unsupported('get_mks_console')

    def get_serial_console(self, context, instance: objects.Instance) -> consoles.Console:
        """Return where the guest's serial port is served."""
        self._unsupported('get_serial_console')

    def get_diagnostics(self, instance: objects.Instance) -> dict:
        """Return counters in the driver's own words (API before 2.48)."""
        self._unsupported('get_diagnostics')

    def get_instance_diagnostics(self, instance: objects.Instance) -> dict:
        """Return counters in the standard form of API 2.48, see ``virt.diagnostics``."""
        self._unsupported('get_instance_diagnostics')

    # -- events ------------------------------------------------------------------

    def register_event_listener(self, callback) -> None:
        """Have ``callback(event)`` called for each ``virt.event.LifecycleEvent``."""
        self._event_listener = callback

    def emit_event(self, lifecycle_event: event.LifecycleEvent) -> None:
        """Hand an event to the listener; its failures stay there."""
        if not self._event_listener:
            return
        try:
            self._event_listener(lifecycle_event)
        except Exception:
            LOG.exception('The listener failed on event %s.', lifecycle_event.get_name(),
                          resource={'type': 'instance', 'id': lifecycle_event.uuid, 'name': lifecycle_event.uuid})

    # -- actions that a driver may lack --------------------------------------------

    def pause(self, instance: objects.Instance) -> None:
        """Freeze a guest; its memory stays on the host.  Fine if it is frozen.

        :raises InstanceNotFound: no such guest here
        :raises InstanceInvalidState: it is off
        """
        self._unsupported('pause')

    def unpause(self, instance: objects.Instance) -> None:
        """Let a frozen guest go on, with its clock put right where an agent can; fine if it runs.

        :raises InstanceNotFound: no such guest here
        :raises InstanceInvalidState: it is off
        """
        self._unsupported('unpause')

    def suspend(self, context, instance: objects.Instance) -> None:
        """Write a guest's memory to disk and stop it; fine if that was done.

        What is saved outlives service and host; ``destroy``, ``cleanup`` and every boot but ``resume`` remove it.

        :raises InstanceNotFound: no such guest here
        :raises InstanceInvalidState: it is off and nothing is saved
        :raises InstanceSuspendFailure: it could not be saved; the guest runs on
        """
        self._unsupported('suspend')

    def resume(self, context, instance, network_info, block_device_info=None) -> None:
        """Load a suspended guest's memory and let it go on; fine if it runs, a boot if nothing is saved.

        :raises InstanceNotFound: no such guest here and no disks to make it from
        :raises InstanceResumeFailure: the memory could not be loaded; it is still there
        """
        self._unsupported('resume')

    def default_rescue_image(self) -> str | None:
        """Return the id of the image that guests of this host are rescued with if nothing is said, or None."""
        return None

    def rescue(self, context, instance, network_info, image_meta, rescue_password, block_device_info) -> None:
        """Boot a guest from another image with its own disk beside it; one that runs is cut off first.

        :raises InstanceNotFound: no such guest here and no disks to make it from
        """
        self._unsupported('rescue')

    def unrescue(self, context, instance, network_info, power_on: bool = True) -> None:
        """Boot a rescued guest from its own disk again, or leave it off; what the rescue made is removed."""
        self._unsupported('unrescue')

    def snapshot(self, context, instance, image_id: str, update_task_state) -> None:
        """Give an image that was made without bytes a copy of the guest's root disk as it is at one moment.

        A guest that runs goes on running.  What an interrupted call left is cleared away first.

        :param update_task_state: called with ``task_state=IMAGE_PENDING_UPLOAD`` when the copy begins, and with
            IMAGE_UPLOADING and ``expected_state=IMAGE_PENDING_UPLOAD`` before it is sent; what it raises ends it
        :raises InstanceNotFound: no such guest here
        :raises InstanceQuiesceNotSupported: the image demands frozen file systems and the guest cannot freeze them
        :raises DiskNotEnough: this host has no room for the copy
        """
        self._unsupported('snapshot')

    def discard_snapshot(self, context, instance) -> None:
        """Remove what an interrupted snapshot left on the host, and let the guest go on; fine if there is nothing."""

    def set_admin_password(self, instance, new_password: str) -> None:
        """Change the guest's administrator password through its agent.

        The user is the image's ``os_admin_user``, else Administrator (Windows) or root.

        :raises InstanceAgentNotEnabled: the image does not say that there is an agent (hw_qemu_guest_agent)
        :raises SetAdminPasswordUnavailable: the agent does not answer
        :raises InstancePasswordSetFailed: it refused; the text never repeats the password
        """
        self._unsupported('set_admin_password')

    def inject_nmi(self, instance) -> None:
        """Send a non-maskable interrupt, which makes many guests write a crash dump.

        :raises InstanceNotFound: no such guest here
        :raises InstanceInvalidState: it is off
        """
        self._unsupported('inject_nmi')

    def power_update_event(self, instance, target_power_state: str) -> None:
        """Take over that the machine was turned on ('POWER_ON') or off by another service; only bare metal has that."""
        self._unsupported('power_update_event')

    def attach_interface(self, context, instance, image_meta, vif) -> None:
        """Plug a card into a guest, running or not; fine if it is there.

        :raises InstanceNotFound, InterfaceAttachFailed: no such guest here; it is not plugged
        """
        self._unsupported('attach_interface')

    def detach_interface(self, context, instance, vif) -> None:
        """Take a card out of a guest, which must let it go if it runs; fine if card or guest is not there.

        :raises InterfaceDetachFailed: the guest keeps it
        """
        self._unsupported('detach_interface')

    def update_interface(self, context, instance, image_meta, vif) -> None:
        """Let a guest use the addresses that its card has by now, and no others; fine if the card is not there."""

    def attach_volume(self, context, connection_info, instance, mountpoint, disk_bus=None, device_type=None) -> None:
        """Connect a volume and plug it into a guest."""
        self._unsupported('attach_volume')

    def detach_volume(self, context, connection_info, instance, mountpoint) -> None:
        """Take a volume out of a guest and disconnect it."""
        self._unsupported('detach_volume')

    def extend_volume(self, context, connection_info, instance, requested_size: int) -> None:
        """Tell a guest that a volume grew to `requested_size` bytes."""
        self._unsupported('extend_volume')

    def get_volume_connector(self, instance) -> dict:
        """Describe this host to the volume service."""
        self._unsupported('get_volume_connector')

    def _unsupported(self, method):
        raise MethodNotSupported(driver=type(self).__name__, method=method)


def entry_point_name(compute_driver: str) -> str:
    """Turn Nova's spelling of a driver (libvirt.LibvirtDriver) into our entry point's name (libvirt)."""
    return compute_driver.removeprefix('nova.virt.').partition('.')[0]


def load_compute_driver(virtapi, compute_driver: str | None = None) -> ComputeDriver:
    """Load the configured driver without touching the hypervisor.

    :param compute_driver: instead of ``[DEFAULT] compute_driver``
    :raises DriverUnavailable: there is no such driver or it cannot be imported
    """
    wanted = compute_driver or CONF.compute_driver
    if not wanted:
        raise DriverUnavailable(name='(none)', reason='set compute_driver in nova.conf to libvirt or fake.')
    try:
        manager = stevedore_driver.DriverManager(NAMESPACE, entry_point_name(wanted), invoke_on_load=True,
                                                 invoke_args=(virtapi,))
    except stevedore_driver.NoMatches:
        raise DriverUnavailable(name=wanted, reason=(
            f'no entry point of group {NAMESPACE} has that name. Known to the project: libvirt, fake. '
            'In a source checkout run `pip install -e .` first.'))
    except ImportError as error:
        raise DriverUnavailable(name=wanted, reason=f'{error}. For libvirt: pip install "mininova[libvirt]".')
    LOG.info('Loaded compute driver %s.', wanted)
    return manager.driver
