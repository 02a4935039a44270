# SPDX-License-Identifier: Apache-2.0
"""nova-compute: start-up, the list of endpoints and of periodic work.  Nova: nova/compute/manager.py.

The methods that RPC reaches live in ``mininova/compute/operations``, one family a file (rpcapi.py says which).  What is
put right after a restart or a lost message is in reconciler.py and taskless.py, periodic work in periodic.py, events of
the hypervisor in lifecycle.py.
"""
import os

from oslo_log import log

import mininova.conf
from mininova import concurrency, context, exception, manager, utils
from mininova.compute import instance_events, lifecycle, periodic, reconciler, resource_tracker, virtapi
from mininova.compute.operations import (
    base,
    build,
    consoles,
    crash_dump,
    delete,
    evacuate,
    evacuated,
    external_events,
    image_cache,
    inject_network,
    inspect,
    interfaces,
    live_arrival,
    live_migration,
    password,
    pause,
    power,
    rebuild,
    rescue,
    resize,
    resize_decision,
    shelve,
    snapshot,
    suspend,
)
from mininova.conductor import rpcapi as conductor_rpcapi
from mininova.network import api as network_api
from mininova.virt import driver as virt_driver

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

IDENTITY_FILE = 'compute_id'


class ComputeManager(manager.Manager):
    """Owns the driver and the tracker and puts the parts together."""

    def __init__(self, host, service_name):
        super().__init__(host, service_name)
        self.virtapi = virtapi.ComputeVirtAPI(self)
        self.driver = virt_driver.load_compute_driver(self.virtapi)
        self.tracker = resource_tracker.ResourceTracker(host, self.driver)
        self.parts = base.Host(host, self.driver, self.tracker, network_api.API(), conductor_rpcapi.ComputeTaskAPI())
        self.build, self.delete = build.BuildOperations(self.parts), delete.DeleteOperations(self.parts)
        self.power, self.inspect = power.PowerOperations(self.parts), inspect.InspectOperations(self.parts)
        self.pause, self.suspend = pause.PauseOperations(self.parts), suspend.SuspendOperations(self.parts)
        self.password = password.PasswordOperations(self.parts)
        self.crash_dump = crash_dump.CrashDumpOperations(self.parts)
        self.inject_network = inject_network.InjectNetworkOperations(self.parts)
        self.resize = resize.ResizeOperations(self.parts)
        self.resize_decision = resize_decision.ResizeDecisionOperations(self.parts)
        self.rebuild, self.rescue = rebuild.RebuildOperations(self.parts), rescue.RescueOperations(self.parts)
        self.snapshot = snapshot.SnapshotOperations(self.parts)
        self.shelve = shelve.ShelveOperations(self.parts)
        self.live_migration = live_migration.LiveMigrationOperations(self.parts)
        self.live_arrival = live_arrival.LiveArrivalOperations(self.parts)
        self.evacuate = evacuate.EvacuateOperations(self.parts)
        self.evacuated = evacuated.EvacuatedServers(self.parts)
        self.consoles = consoles.ConsoleOperations(self.parts)
        self.interfaces = interfaces.InterfaceOperations(self.parts)
        self.instance_events = instance_events.InstanceEvents()
        self.external_events = external_events.ExternalEventOperations(self.parts, self.interfaces,
                                                                       self.instance_events)
        self.image_cache = image_cache.ImageCacheOperations(self.parts)
        self.reconciler = reconciler.ComputeReconciler(self)
        self.lifecycle = lifecycle.LifecycleEvents(self)
        self.periodic = periodic.PeriodicTasks(self)

    def endpoints(self):
        return [self.build, self.delete, self.power, self.inspect, self.pause, self.suspend, self.password,
                self.rebuild, self.rescue, self.snapshot, self.crash_dump, self.inject_network, self.resize,
                self.resize_decision, self.shelve, self.live_migration, self.live_arrival, self.evacuate,
                self.interfaces, self.external_events, self.consoles, self.image_cache]

    def init_host(self, service_ref):
        """Check that this is the host it was, wake the driver, report what there is."""
        self._check_identity()
        admin = context.get_admin_context()
        self.driver.init_host(self.host)
        # A machine that comes back may have started guests that were evacuated from it.
        self.evacuated.settle_departures()
        self.driver.register_event_listener(self.lifecycle.on_event)
        self.tracker.update_available_resource(admin)

    def ready(self):
        """Put right what a previous run left, beside taking messages: nova-network may start later than we do."""
        concurrency.spawn(self.reconciler.recover)

    def periodic_tasks(self):
        return self.periodic.tasks()

    def cleanup_host(self):
        self.driver.cleanup_host(self.host)

    def drain(self, timeout):
        if not self.parts.wait_idle(timeout):
            LOG.warning('Work is still under way after %s s; the next start takes it up.', timeout)

    def _check_identity(self):
        """Refuse to run under another name than last time: the guests, claims and queues are the old name's.

        :raises HostRenamed: names both
        """
        path = os.path.join(CONF.state_path, IDENTITY_FILE)
        if os.path.exists(path):
            with open(path) as stream:
                stored = stream.read().strip()
            if stored != self.host:
                raise exception.HostRenamed(old=stored, new=self.host, path=path)
        else:
            utils.write_file_atomically(path, self.host)
