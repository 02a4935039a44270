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
from mininova.virt import consoles, event, hardware

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


class ComputeDriver:
    """What nova-compute asks of a hypervisor.

    :param virtapi: a ``virt.virtapi.VirtAPI``
    """

    # What the manager and the scheduler may ask for without trying.
    capabilities = {
        'has_imagecache': False,
        'supports_attach_interface': False,
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
            (list of [architecture, hypervisor type, mode]), numa_topology (None)
        """
        self._unsupported('get_available_resource')

    def get_host_uptime(self) -> str:
        """Return the host's uptime as the command ``uptime`` prints it."""
        self._unsupported('get_host_uptime')

    def get_host_ip_addr(self) -> str:
        """Return the address by which other hosts reach this one."""
        self._unsupported('get_host_ip_addr')

    def inventory(self) -> list[dict]:
        """List everything this host holds of any guest, leftovers included, for ``nova-manage verify``.

        Works without ``init_host``.

        :returns: dicts with kind ('domain', 'disks', 'temporary'), uuid (None if unknown), name,
            path (None for domains) and power_state (domains only)
        """
        self._unsupported('inventory')

    def manage_image_cache(self, context, all_instances: list) -> None:
        """Drop cached images that no guest has used for a while.

        :param all_instances: the Instances of every host that shares this cache
        """

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
              block_device_info: dict | None = None) -> None:
        """Make the disks, define the guest, start it and wait until it runs.

        A guest that runs already is left alone; one that was half made is finished.  On failure the
        guest does not run and is not defined; disks may remain until ``destroy``.

        :param injected_files: list of (path in the guest, bytes), for the config drive
        :raises ImageUnacceptable: the image is dangerous, broken or not what it claims to be
        :raises FlavorDiskSmallerThanImage: the image does not fit the flavor's disk
        :raises DiskNotEnough: this host has no room; another may
        :raises InstanceDeployFailure: the guest did not start
        """
        self._unsupported('spawn')

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

    def get_vnc_console(self, context, instance: objects.Instance) -> consoles.Console:
        """Return where the guest's screen is served.

        :raises ConsoleTypeUnavailable: the guest has no such screen
        """
        self._unsupported('get_vnc_console')

    def get_serial_console(self, context, instance: objects.Instance) -> consoles.Console:
        """Return where the guest's serial port is served.

        :raises ConsoleTypeUnavailable: the guest has no such port
        """
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
        """Freeze a guest; its memory stays on the host."""
        self._unsupported('pause')

    def unpause(self, instance: objects.Instance) -> None:
        """Let a frozen guest go on."""
        self._unsupported('unpause')

    def suspend(self, context, instance: objects.Instance) -> None:
        """Write a guest's memory to disk and stop it."""
        self._unsupported('suspend')

    def resume(self, context, instance, network_info, block_device_info=None) -> None:
        """Load a suspended guest's memory and let it go on."""
        self._unsupported('resume')

    def rescue(self, context, instance, network_info, image_meta, rescue_password, block_device_info) -> None:
        """Boot a guest from another image with its own disk beside it."""
        self._unsupported('rescue')

    def unrescue(self, context, instance) -> None:
        """Boot a rescued guest from its own disk again and remove the rescue files."""
        self._unsupported('unrescue')

    def snapshot(self, context, instance, image_id: str, update_task_state) -> None:
        """Give an image that was made without bytes a copy of the guest's root disk as it is at one moment.

        A guest that runs goes on running.  What an interrupted call left is cleared away first.

        :param update_task_state: called as ``update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)`` when the
            copy begins and ``update_task_state(task_state=task_states.IMAGE_UPLOADING,
            expected_state=task_states.IMAGE_PENDING_UPLOAD)`` before it is sent; what it raises ends the snapshot
        :raises InstanceNotFound: no such guest here
        :raises InstanceQuiesceNotSupported: the image demands frozen file systems and the guest cannot freeze them
        :raises DiskNotEnough: this host has no room for the copy
        """
        self._unsupported('snapshot')

    def discard_snapshot(self, context, instance) -> None:
        """Remove what an interrupted snapshot left on the host, and let the guest go on; fine if there is nothing."""

    def set_admin_password(self, instance, new_password: str) -> None:
        """Change the guest's administrator password through its agent."""
        self._unsupported('set_admin_password')

    def inject_nmi(self, instance) -> None:
        """Send a non-maskable interrupt, which makes many guests write a crash dump."""
        self._unsupported('inject_nmi')

    def attach_interface(self, context, instance, image_meta, vif) -> None:
        """Plug a card into a guest, running or not."""
        self._unsupported('attach_interface')

    def detach_interface(self, context, instance, vif) -> None:
        """Take a card out of a guest, running or not; fine if it is not there."""
        self._unsupported('detach_interface')

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

    # -- moving to another size or host -----------------------------------------------

    def migrate_disk_and_power_off(self, context, instance, dest, flavor, network_info, block_device_info=None,
                                   timeout=0, retry_interval=0) -> str:
        """Stop a guest and bring its disks to `dest`; keep them here as well until ``confirm_migration``.

        :returns: JSON text with the disks, for ``finish_migration``
        """
        self._unsupported('migrate_disk_and_power_off')

    def finish_migration(self, context, migration, instance, disk_info, network_info, image_meta, resize_instance,
                         allocations, block_device_info=None, power_on=True) -> None:
        """Define a guest from disks that arrived, growing them to the instance's flavor."""
        self._unsupported('finish_migration')

    def confirm_migration(self, context, migration, instance, network_info) -> None:
        """Remove what a moved guest left on its old host."""
        self._unsupported('confirm_migration')

    def finish_revert_migration(self, context, instance, network_info, migration, block_device_info=None,
                                power_on=True) -> None:
        """Define a guest again on its old host from the disks kept there."""
        self._unsupported('finish_revert_migration')

    def check_can_live_migrate_destination(self, context, instance, src_compute_info, dst_compute_info,
                                           block_migration=False, disk_over_commit=False):
        """Check, on the destination, whether a running guest could move here; returns data for the source."""
        self._unsupported('check_can_live_migrate_destination')

    def check_can_live_migrate_source(self, context, instance, dest_check_data, block_device_info=None):
        """Check the same on the source; returns completed data."""
        self._unsupported('check_can_live_migrate_source')

    def pre_live_migration(self, context, instance, block_device_info, network_info, disk_info, migrate_data):
        """Make disks and cards ready on the destination; returns completed data."""
        self._unsupported('pre_live_migration')

    def live_migration(self, context, instance, dest, post_method, recover_method, block_migration=False,
                       migrate_data=None) -> None:
        """Move a running guest; calls `post_method` or `recover_method` at the end."""
        self._unsupported('live_migration')

    def live_migration_force_complete(self, instance) -> None:
        """Make a live migration end soon, at the price of a pause."""
        self._unsupported('live_migration_force_complete')

    def live_migration_abort(self, instance) -> None:
        """Stop a live migration; the guest stays on its source."""
        self._unsupported('live_migration_abort')

    def post_live_migration_at_source(self, context, instance, network_info) -> None:
        """Remove cards of a guest that moved away."""
        self._unsupported('post_live_migration_at_source')

    def post_live_migration_at_destination(self, context, instance, network_info, block_migration=False,
                                           block_device_info=None) -> None:
        """Make the definition of a guest that arrived permanent."""
        self._unsupported('post_live_migration_at_destination')

    def rollback_live_migration_at_destination(self, context, instance, network_info, block_device_info,
                                               destroy_disks=True, migrate_data=None) -> None:
        """Remove what ``pre_live_migration`` made."""
        self._unsupported('rollback_live_migration_at_destination')

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
