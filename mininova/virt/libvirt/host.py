# SPDX-License-Identifier: Apache-2.0
"""The connection to libvirtd and what is asked of the host as a whole.  Runs in nova-compute.

Opens the connection, notices when it breaks (keepalive, close callback), opens it again and registers
for events anew.  Every call into libvirt's C code goes through `Host.call`, which keeps other greenthreads
running and tells a broken connection from a failed request.  Nova: nova/virt/libvirt/host.py.
"""
from oslo_log import log as logging

from mininova import concurrency, exception
from mininova.virt import hardware
from mininova.virt.libvirt import events, guest
from mininova.virt.libvirt.clib import libvirt
from mininova.virt.libvirt.config import caps

LOG = logging.getLogger(__name__)


class Host:
    """One libvirtd.

    :param uri: libvirt's name of the connection
    :param on_lifecycle: called with each ``virt.event.LifecycleEvent``, in a greenthread
    :param on_connection: called with (up, reason) when the connection breaks or is back
    """

    def __init__(self, uri, on_lifecycle=None, on_connection=None, keepalive=(5, 3)):
        self.uri = uri
        self._keepalive = keepalive
        self._on_connection = on_connection or (lambda up, reason: None)
        self._events = events.EventLoop(on_lifecycle, self._connection_closed)
        self._connection = None
        self._opening = concurrency.lock()
        self._watch = None
        self._told = None
        self._domain_caps = {}
        self._host_caps = None

    # -- connection ---------------------------------------------------------------

    def initialize(self, check_interval):
        """Start to listen for events and to look after the connection.

        :param check_interval: seconds between two checks, or a function that gives them
        """
        self._events.start()
        self._watch = concurrency.periodic(check_interval, self.check_connection, name='libvirt connection')

    def close(self):
        """Let go of libvirtd."""
        if self._watch:
            self._watch.stop()
        connection, self._connection = self._connection, None
        if connection is not None:
            concurrency.native(self._release, connection)
        self._events.stop()

    def _release(self, connection):
        """Give a connection's resources back; runs in a native thread."""
        self._events.unregister(connection)
        try:
            connection.close()
        except libvirt.libvirtError as error:
            LOG.debug('Closing the libvirt connection: %s', error)

    def check_connection(self):
        """Open the connection if it is lost; tell the listener what changed."""
        connection = self._connection
        if connection is not None and self._alive(connection):
            return
        if connection is not None:
            self._lost(connection, 'the connection is dead')
        try:
            self.connection()
        except exception.HypervisorUnavailable as error:
            LOG.debug('%s', error)

    def connection(self):
        """Return the virConnect in use, opened if need be.

        :raises HypervisorUnavailable: libvirtd does not answer
        """
        if self._connection is None:
            with self._opening:
                if self._connection is None:
                    self._open()
        return self._connection

    def _open(self):
        try:
            connection = concurrency.native(libvirt.openAuth, self.uri, _NO_CREDENTIALS, 0)
            connection.setKeepAlive(*self._keepalive)
            self._events.register(connection)
        except libvirt.libvirtError as error:
            self._tell(False, str(error))
            raise exception.HypervisorUnavailable(f'libvirt at {self.uri} does not answer: {error}')
        self._connection = connection
        self._host_caps, self._domain_caps = None, {}
        LOG.info('Connected to libvirt at %s.', self.uri)
        self._tell(True, None)

    def _connection_closed(self, connection, reason):
        """Hear, from the event loop, that libvirt gave up a connection."""
        self._lost(connection, reason)

    def _lost(self, connection, reason):
        if self._connection is connection:
            self._connection = None
            LOG.error('Connection to libvirt at %s lost: %s', self.uri, reason)
            self._tell(False, reason)
            concurrency.native(self._release, connection)

    def _tell(self, up, reason):
        if up != self._told:
            self._told = up
            # Beside the caller: the listener asks other services and may take its time.
            concurrency.spawn(self._on_connection, up, reason)

    @staticmethod
    def _alive(connection):
        try:
            return connection.isAlive() == 1
        except libvirt.libvirtError:
            return False

    def call(self, method, *args, **kwargs):
        """Call a method of a libvirt object.

        :raises HypervisorUnavailable: the connection broke
        :raises libvirt.libvirtError: libvirt refused
        """
        try:
            return concurrency.native(method, *args, **kwargs)
        except libvirt.libvirtError as error:
            connection = self._connection
            if connection is None or error.get_error_code() in _BROKEN or not self._alive(connection):
                if connection is not None:
                    self._lost(connection, str(error))
                raise exception.HypervisorUnavailable(f'libvirt at {self.uri} went away: {error}')
            raise

    def ask(self, method_name, *args):
        """Call a method of the connection."""
        return self.call(getattr(self.connection(), method_name), *args)

    # -- guests --------------------------------------------------------------------

    def get_guest(self, instance):
        """Return the Guest of an instance.

        :raises InstanceNotFound: libvirt does not know it
        """
        try:
            return guest.Guest(self, self.ask('lookupByUUIDString', instance.uuid))
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
                raise exception.InstanceNotFound(instance_id=instance.uuid)
            raise

    def list_guests(self):
        """Return all guests, running or not."""
        return [guest.Guest(self, domain) for domain in self.ask('listAllDomains', 0)]

    def define(self, document):
        """Define a domain, or replace its definition, and return its Guest.

        :param document: config.guest.Guest
        """
        return guest.Guest(self, self.ask('defineXML', document.to_xml()))

    # -- the host ------------------------------------------------------------------

    def hypervisor_version(self):
        """Return QEMU's version as a number: major * 1000000 + minor * 1000 + micro."""
        return self.ask('getVersion')

    def libvirt_version(self):
        """Return libvirtd's version in the same form."""
        return self.ask('getLibVersion')

    def cpu_stats(self):
        """Return kernel, idle, user, iowait in ns of all processors together, and their frequency in MHz."""
        spent = self.ask('getCPUStats', libvirt.VIR_NODE_CPU_STATS_ALL_CPUS, 0)
        found = {name: int(spent[name]) for name in ('kernel', 'idle', 'user', 'iowait')}
        return {**found, 'frequency': self.ask('getInfo')[3]}

    def hostname(self):
        """Return the host's name as libvirt knows it."""
        return self.ask('getHostname')

    def capabilities(self):
        """Return the host's HostCaps, asked once per connection."""
        if self._host_caps is None:
            self._host_caps = caps.HostCaps.parse(self.ask('getCapabilities'))
        return self._host_caps

    def numa_topology(self):
        """Return the host's NUMATopology as it is now, since huge pages come and go; None if libvirt tells of none."""
        cells = caps.HostCaps.parse(self.ask('getCapabilities')).numa_cells
        return hardware.get_host_topology(cells) if cells else None

    def pci_documents(self):
        """Return libvirt's documents of the host's PCI devices as texts; none if libvirt was built without."""
        try:
            return self.call(_read_pci_devices, self.connection())
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT:
                LOG.warning('libvirt does not tell of PCI devices: %s', error)
                return []
            raise

    def domain_capabilities(self, arch, machine, virt_type):
        """Return the DomainCaps of an emulator, asked once per connection.

        :raises libvirt.libvirtError: no emulator for that
        """
        key = (arch, machine, virt_type)
        if key not in self._domain_caps:
            self._domain_caps[key] = caps.DomainCaps.parse(
                self.ask('getDomainCapabilities', None, arch, machine, virt_type, 0))
        return self._domain_caps[key]

    # -- network filters --------------------------------------------------------------

    def filter_uuids(self):
        """Return a dict of the network filters' names to their UUIDs."""
        return {known.name(): known.UUIDString() for known in self.ask('listAllNWFilters', 0)}

    def define_filter(self, document):
        """Define or replace a network filter."""
        self.ask('nwfilterDefineXML', document.to_xml())


def _read_pci_devices(connection):
    """Return the documents of all PCI devices, in one go: there may be hundreds."""
    found = []
    for device in connection.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV):
        try:
            found.append(device.XMLDesc(0))
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_NODE_DEVICE:     # virtual functions come and go
                raise
    return found


_NO_CREDENTIALS = [[], lambda credentials, data: -1, None]
_BROKEN = () if libvirt is None else (
    libvirt.VIR_ERR_RPC, libvirt.VIR_ERR_NO_CONNECT, libvirt.VIR_ERR_INVALID_CONN)
