# SPDX-License-Identifier: Apache-2.0
"""One domain: its power, its state, its counters.  Runs in nova-compute.  Nova: nova/virt/libvirt/guest.py."""
import contextlib
import time

from oslo_log import log as logging

from mininova import concurrency, exception
from mininova.compute import power_state
from mininova.virt import hardware
from mininova.virt.libvirt import guest_migration
from mininova.virt.libvirt.clib import libvirt
from mininova.virt.libvirt.config import devices, guest, live

LOG = logging.getLogger(__name__)

AGENT_TIMEOUT = 30  # seconds
RULES_COLLIDED = 'Failed to apply firewall rules'
RULES_ATTEMPTS, RULES_PAUSE = 5, 0.3  # seconds, longer each time

# libvirt's virDomainState numbers; Nova's power states are made after them.
POWER_STATES = {
    0: power_state.NOSTATE,
    1: power_state.RUNNING,
    2: power_state.RUNNING,     # blocked on a resource
    3: power_state.PAUSED,
    4: power_state.SHUTDOWN,    # being shut down
    5: power_state.SHUTDOWN,
    6: power_state.CRASHED,
    7: power_state.SUSPENDED,
}


class Guest(guest_migration.GuestMigration):
    """A virDomain; raises InstanceNotFound for one that is gone.

    :param host: the Host it lives on
    """

    def __init__(self, host, domain):
        self._host = host
        self._domain = domain
        self.uuid = domain.UUIDString()
        self.name = domain.name()

    def _call(self, method_name, *args):
        try:
            return self._host.call(getattr(self._domain, method_name), *args)
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
                raise exception.InstanceNotFound(instance_id=self.uuid)
            raise

    def _call_with_rules(self, method_name, *args):
        """Call what makes packet rules, again if they collide with somebody else's.

        ebtables over nftables gives up when the kernel's rules change while it changes them, as nova-network's do when
        another guest comes to this host.
        """
        for attempt in range(1, RULES_ATTEMPTS):
            try:
                return self._call(method_name, *args)
            except libvirt.libvirtError as error:
                if RULES_COLLIDED not in str(error):
                    raise
                LOG.info('Packet rules of guest %s collided with others (try %s): %s', self.uuid, attempt, error)
                concurrency.sleep(RULES_PAUSE * attempt)
        return self._call(method_name, *args)

    @property
    def internal_id(self):
        """libvirt's number of the running domain, None when it does not run."""
        number = self._domain.ID()
        return number if number >= 0 else None

    # -- power -------------------------------------------------------------------

    def launch(self, paused=False):
        """Start the domain; fine if it runs."""
        try:
            self._call_with_rules('createWithFlags', libvirt.VIR_DOMAIN_START_PAUSED if paused else 0)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID or not self.is_active():
                raise

    def resume(self):
        """Let a paused domain go on."""
        self._call('resume')

    def pause(self):
        """Freeze the domain; fine if it is frozen."""
        self._call('suspend')

    def has_saved_memory(self):
        """Tell whether the next start loads memory that was saved."""
        return bool(self._call('hasManagedSaveImage', 0))

    def save_memory(self):
        """Write the domain's memory to a file that libvirt keeps with the definition, and stop it."""
        self._call('managedSave', 0)

    def discard_saved_memory(self):
        """Forget saved memory, so that the next start is a boot; fine if there is none."""
        if self.has_saved_memory():
            self._call('managedSaveRemove', 0)

    def sync_time(self):
        """Have the guest's agent set its clock, which stood still; fine if there is no agent."""
        now = time.time()
        try:
            self._ask_agent('setTime', {'seconds': int(now), 'nseconds': int(now % 1 * 10 ** 9)}, 0)
        except (exception.InstanceNotFound, libvirt.libvirtError) as error:
            LOG.debug('The clock of guest %s was not set: %s', self.uuid, error)

    def inject_nmi(self):
        """Send a non-maskable interrupt."""
        self._call('injectNMI', 0)

    def set_user_password(self, user, password):
        """Have the guest's agent set a password; libvirtError if it does not answer or refuses."""
        self._ask_agent('setUserPassword', user, password, 0)

    def _ask_agent(self, method_name, *args):
        """Call a method that the agent in the guest answers; without a limit, one that hangs would hang us for ever."""
        self._call('agentSetResponseTimeout', AGENT_TIMEOUT, 0)
        self._call(method_name, *args)

    def poweroff(self):
        """Cut the domain's power; fine if it is off.

        :raises InstancePowerOffFailure: QEMU did not die
        """
        try:
            self._call('destroy')
        except exception.InstanceNotFound:
            return
        except libvirt.libvirtError as error:
            if not self.is_active():
                return
            raise exception.InstancePowerOffFailure(reason=str(error))

    def shutdown(self):
        """Ask the guest to switch itself off; it may not listen."""
        with contextlib.suppress(libvirt.libvirtError):
            self._call('shutdown')

    def undefine(self):
        """Remove the definition with everything libvirt keeps for it; fine if it is gone."""
        flags = (libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
                 | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)
        with contextlib.suppress(exception.InstanceNotFound):
            self._call('undefineFlags', flags)

    # -- state --------------------------------------------------------------------

    def is_active(self):
        """Say whether QEMU runs for it."""
        try:
            return bool(self._call('isActive'))
        except exception.InstanceNotFound:
            return False

    def get_info(self):
        """Return its InstanceInfo."""
        state, _reason = self._call('state')
        return hardware.InstanceInfo(POWER_STATES.get(state, power_state.NOSTATE), self.internal_id)

    def describe(self, inactive=False):
        """Return what libvirt says of it as a LiveGuest.

        :param inactive: as it will be at its next start, not as it is
        """
        return live.LiveGuest.parse(self._call('XMLDesc', libvirt.VIR_DOMAIN_XML_INACTIVE if inactive else 0))

    # -- devices ------------------------------------------------------------------

    def attach_device(self, document, live):
        """Plug a device in.

        :param document: XML text of the device
        :param live: into the running guest; else for its next start
        """
        self._call_with_rules('attachDeviceFlags', document, _affect(live))

    def detach_device(self, document, live):
        """Ask for a device to be let go; of a running guest it may take a while."""
        self._call('detachDeviceFlags', document, _affect(live))

    def update_device(self, document, live):
        """Change what can be changed of a device in its place."""
        self._call_with_rules('updateDeviceFlags', document, _affect(live))

    def is_ours(self):
        """Say whether the compute service made it: its document says so."""
        try:
            return bool(self._call('metadata', libvirt.VIR_DOMAIN_METADATA_ELEMENT, guest.NOVA_NAMESPACE))
        except (exception.InstanceNotFound, libvirt.libvirtError):
            return False

    def size(self):
        """Return (memory in KiB, virtual CPUs)."""
        _state, maximum, _memory, vcpus, _time = self._call('info')
        return maximum, vcpus

    # -- copies of a disk ----------------------------------------------------------------

    def start_copy(self, target_dev, path, disk_format):
        """Begin to copy a disk of the running domain, all of it, into a file of the same size that exists."""
        document = devices.CopyTarget(path, disk_format).to_xml()
        self._call('blockCopy', target_dev, document, {}, libvirt.VIR_DOMAIN_BLOCK_COPY_REUSE_EXT
                   | libvirt.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB)

    def copy_is_current(self, target_dev):
        """Tell whether the copy has all there is, and gets what the guest writes from now on.

        :raises libvirtError: the copy failed, there is no job any more
        """
        if not self._call('blockJobInfo', target_dev):
            raise libvirt.libvirtError(f'the copy of {target_dev} broke off')
        return next((disk.copied for disk in self.describe().disks if disk.target_dev == target_dev), False)

    def end_copy(self, target_dev):
        """End a copy; one that was current is from then on as the disk was at this moment.  Fine if there is none."""
        try:
            self._call('blockJobAbort', target_dev, 0)
        except exception.InstanceNotFound:
            return
        except libvirt.libvirtError as error:
            if self.is_active() and self._call('blockJobInfo', target_dev):
                raise
            LOG.debug('No copy of %s to end: %s', target_dev, error)

    def freeze(self):
        """Have the guest's agent write out and freeze all file systems; libvirtError if it cannot."""
        self._call('fsFreeze')

    def thaw(self):
        """Let frozen file systems go on; libvirtError if the agent does not answer."""
        self._call('fsThaw')

    # -- counters -------------------------------------------------------------------

    def cpu_times(self):
        """Return the CPU time of each virtual CPU in nanoseconds, [] when it does not run."""
        try:
            return [entry[2] for entry in self._call('vcpus')[0]]
        except libvirt.libvirtError:
            return []

    def memory_stats(self):
        """Return libvirt's memory counters in KiB, {} when it does not run."""
        try:
            return self._call('memoryStats')
        except libvirt.libvirtError:
            return {}

    def block_stats(self, target_dev):
        """Return (read requests, read bytes, write requests, write bytes, errors), None when it does not run."""
        try:
            return self._call('blockStats', target_dev)
        except libvirt.libvirtError:
            return None

    def interface_stats(self, target_dev):
        """Return (octets, packets, errors, drops) received and the same sent, None when it does not run."""
        try:
            return self._call('interfaceStats', target_dev)
        except libvirt.libvirtError:
            return None


def _affect(live):
    return libvirt.VIR_DOMAIN_AFFECT_LIVE if live else libvirt.VIR_DOMAIN_AFFECT_CONFIG
