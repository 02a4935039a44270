# SPDX-License-Identifier: Apache-2.0
"""What every operation on a compute host shares: one at a time per server, begin, end, failure.

Files of this package run only in nova-compute.  Nova: the decorators wrap_exception, reverts_task_state,
wrap_instance_event and wrap_instance_fault on nova/compute/manager.py.
"""
import contextlib
import functools

from oslo_log import log
from oslo_utils import timeutils

from mininova import concurrency, exception, rpc
from mininova.compute import faults, power_state, task_states, vm_states
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)


class Host:
    """What the operations of one nova-compute have in common.

    :param driver: the hypervisor
    :param tracker: the resource tracker
    :param network_api: :class:`mininova.network.api.API`
    :param conductor: :class:`mininova.conductor.rpcapi.ComputeTaskAPI`
    """

    def __init__(self, name, driver, tracker, network_api, conductor):
        self.name, self.driver, self.tracker = name, driver, tracker
        self.network_api, self.conductor = network_api, conductor
        self._busy = {}
        self._guard = concurrency.lock()
        self._idle = concurrency.event()
        self._idle.set()

    @contextlib.contextmanager
    def busy_with(self, uuid):
        """Work on a server: others that want the same server wait, the reconciler keeps off."""
        with self._guard:
            lock, users = self._busy.get(uuid, (None, 0))
            lock = lock or concurrency.semaphore()
            self._busy[uuid] = (lock, users + 1)
            self._idle.clear()
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._busy[uuid]
                if users == 1:
                    del self._busy[uuid]
                else:
                    self._busy[uuid] = (lock, users - 1)
                if not self._busy:
                    self._idle.set()

    def is_busy_with(self, uuid):
        return uuid in self._busy

    def is_waited_for(self, uuid):
        """Tell whether somebody waits for what is done to a server to end."""
        _lock, users = self._busy.get(uuid, (None, 0))
        return users > 1

    def wait_idle(self, timeout):
        """Wait until nothing is under way; False after `timeout` seconds."""
        return self._idle.wait(timeout)

    def remove_guest(self, context, instance):
        """Take a guest, its disks and its addresses off this host; nothing of the record changes, a repeat finds
        nothing."""
        network_info = instance.get_network_info()
        crashpoint('delete.D4.destroyed.before')
        self.driver.destroy(context, instance, network_info)
        crashpoint('delete.D4.destroyed.after')
        self.network_api.deallocate_for_instance(context, instance)
        crashpoint('delete.D7.network_released.after')
        self.driver.cleanup(context, instance, network_info)
        crashpoint('delete.D8.files_removed.after')

    def leave(self, context, instance):
        """Take a guest and its disks off this host; its addresses stay its own.  The caller writes the record."""
        network_info = instance.get_network_info()
        self.driver.destroy(context, instance, network_info)
        self.network_api.cleanup_instance_on_host(context, instance, self.name)
        self.driver.cleanup(context, instance, network_info)
        instance.host = instance.node = instance.launched_on = instance.availability_zone = None
        instance.power_state = power_state.SHUTDOWN
        instance.pci_devices = None
        numa_topology = instance.get_numa_topology()
        if numa_topology is not None:
            instance.numa_topology = numa_topology.without_host().to_document()

    def record_built(self, instance, event):
        """Write that a guest runs, close its build and drop its secrets; also for one whose service was killed then."""
        instance.power_state = self.driver.get_info(instance).state
        instance.vm_state, instance.task_state = vm_states.ACTIVE, None
        instance.launched_at = timeutils.utcnow()
        crashpoint('create.C17.active.before')
        instance.finish_operation(event, expected={
            'task_state': (*task_states.BUILD_STATES, None), 'vm_state': vm_states.BUILDING,
            'action_id': instance.action_id, 'host': self.name}, forget_intent=True)
        crashpoint('create.C17.active.after')
        self.tracker.build_succeeded(instance._context, instance.node)


class Operations:
    """Base of the endpoint classes."""
    target = rpc.Target(version='1.0')

    def __init__(self, host):
        self.host = host
        self.driver = host.driver

    def power_state(self, instance):
        """Return what the hypervisor says of a guest; NOSTATE if it does not know it."""
        try:
            return self.driver.get_info(instance).state
        except exception.InstanceNotFound:
            return power_state.NOSTATE

    def settle(self, instance, vm_state, event):
        """Write where the server stands now: power state from the driver, no task, the event closed."""
        instance.power_state = self.power_state(instance)
        task, instance.vm_state, instance.task_state = instance.task_state, vm_state, None
        instance.finish_operation(event, expected={'task_state': task, 'action_id': instance.action_id,
                                                   'host': self.host.name})


def instance_operation(notification=None, accepts=None, reraises=False, event=None, notes=None):
    """Decorate ``method(self, context, instance, ...)``, the handler of an accepted action.

    1. One operation per server at a time.
    2. Begin: the action id and task state of the message must be the database's, else it is a repeat or overtaken and
       is dropped.  The event is opened in the same transaction.
    3. The body, which ends with :meth:`Operations.settle`.
    4. On failure: the task ends, the fault is stored, the event says Error; an instance with another owner is left
       alone.

    :param notification: name in notifications; start and end or error are sent around the body
    :param accepts: accepted task states if not the message's own
    :param reraises: pass an error on when the records are written: for calls, whose caller waits to hear it
    :param event: name of the event if not the method's own
    :param notes: function of the method's keyword arguments that gives further fields of the notifications
    """
    def decorator(method):
        name = event or f'compute_{method.__name__}'

        @functools.wraps(method)
        def wrapper(self, context, instance, **kwargs):
            with self.host.busy_with(instance.uuid):
                expected = {'host': self.host.name, 'task_state': accepts or instance.task_state}
                try:
                    instance.begin_operation(name, self.host.name, expected)
                except (exception.Conflict, exception.InstanceNotFound) as error:
                    LOG.info('Dropping a message that is late or a repeat: %s', error.format_message(),
                             instance=instance)
                    if reraises:
                        raise
                    return None
                return _run(self, context, instance, method, name, notification, kwargs, reraises, notes)
        return wrapper
    return decorator


def _run(self, context, instance, method, event, notification, kwargs, reraises, notes):
    def notify(phase, error=None):
        if notification:
            notifications.notify_about_instance_action(context, instance, self.host.name, notification, phase, error,
                                                       more=notes(kwargs) if notes else None)

    notify('start')
    try:
        result = method(self, context, instance, **kwargs)
    except (exception.UnexpectedTaskStateError, exception.StaleAction) as error:
        LOG.info('%s stopped: %s', event, error.format_message(), instance=instance)
        _close(instance, event, error, None)
        notify('error', error)
        if reraises:
            raise
        return None
    except Exception as error:
        _log_failure(event, instance, error, reraises)
        task, instance.task_state = instance.task_state, None
        _close(instance, event, error, {'task_state': task, 'action_id': instance.action_id}, self.host.name)
        notify('error', error)
        if reraises:
            raise
        return None
    notify('end')
    return result


def _log_failure(event, instance, error, told):
    """Say what failed; without a traceback what a waiting caller is refused, and an image that its owner took away.

    :param told: somebody waits for the answer
    """
    refused = isinstance(error, exception.NovaException) and error.code < 500 and error.__cause__ is None
    if isinstance(error, exception.ImageNotFound) or told and refused:
        LOG.warning('%s failed: %s', event, error.format_message(), instance=instance)
    else:
        LOG.exception('%s failed.', event, instance=instance)


def _close(instance, event, error, expected, host=None):
    """End the records of a failed operation; with `expected` also write the instance and a fault."""
    fault = faults.describe(error, host) if expected else None
    try:
        instance.finish_operation(event, expected=expected, result='Error', details=faults.user_message(error),
                                  traceback=faults.details(error), fault=fault)
    except (exception.Conflict, exception.InstanceNotFound) as late:
        LOG.info('The state was not written: %s', late.format_message(), instance=instance)
