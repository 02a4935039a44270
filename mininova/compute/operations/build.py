# SPDX-License-Identifier: Apache-2.0
"""Build a server on this host: accept, claim, network, disks and guest, ACTIVE; or clean up and give it back.

Nova: ComputeManager.build_and_run_instance, _do_build_and_run_instance in nova/compute/manager.py.

Each state is written before the step it names, with a compare-and-swap that holds only while this host is
responsible, so
a deletion or another owner stops the build at the next step.  Every step may be repeated: what a killed service left is
taken up by ``compute/reconciler.py``.
"""
import base64

from oslo_log import log

import mininova.conf
from mininova import concurrency, exception, objects, rpc
from mininova.compute import block_devices, faults, task_states, vm_states
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

EVENT = 'compute__do_build_and_run_instance'

# No other host would do better: the request itself is at fault.
HOPELESS = (exception.ImageUnacceptable, exception.FlavorDiskTooSmall, exception.FlavorMemoryTooSmall,
            exception.ImageNotFound,
            exception.ImageNotAuthorized, exception.ImageNotActive, exception.NetworkNotFound, exception.NoMoreFixedIps,
            exception.FixedIpAlreadyInUse, exception.FixedIpNotFoundForNetwork, exception.BuildAbortException,
            exception.InvalidBDM, exception.PortNotFound, exception.PortInUse, exception.PortLimitExceeded,
            exception.NetworkAmbiguous, exception.UnableToAutoAllocateNetwork, exception.SecurityGroupCannotBeApplied,
            exception.PortRequiresFixedIP, exception.VirtualInterfacePlugException)

# The server is not ours to build any more: deleted, or driven by somebody else.
OVERTAKEN = (exception.UnexpectedTaskStateError, exception.UnexpectedVMStateError, exception.StaleAction,
             exception.InstanceNotFound)

# Who was asked may only be away for a moment: the reconciler begins the build again on this host, before another host
# is tried.
PASSING = (rpc.MessagingTimeout, rpc.MessagingException)
TRIES_OF_A_HOST = 2


class BuildOperations(base.Operations):
    """Build servers (RPC endpoint)."""

    def __init__(self, host):
        super().__init__(host)
        self._builds = concurrency.Pool(CONF.max_concurrent_builds or 1000)

    def build_and_run_instance(self, context, instance, request_spec, alternates, block_device_mapping,
                               admin_password=None, injected_files=None):
        """Build a server; at most [DEFAULT] max_concurrent_builds at a time, the others wait."""
        concurrency.spawn(self._queue, context, instance, request_spec, alternates, block_device_mapping,
                          admin_password, injected_files)

    def _queue(self, context, instance, *arguments):
        # Waiting for its turn it counts as being worked on, so that the reconciler does not start it twice.
        with self.host.busy_with(instance.uuid):
            try:
                self._builds.spawn(self._build_and_record, context, instance, *arguments).wait()
            except Exception:
                LOG.exception('The build broke off; the reconciler takes it up.', instance=instance)

    def _build_and_record(self, context, instance, request_spec, alternates, block_device_mapping, admin_password,
                          injected_files):
        context.update_store()
        crashpoint('create.C9.accepted.before')
        try:
            claimed = instance.begin_operation(
                EVENT, self.host.name, {'host': self.host.name, 'task_state': task_states.SCHEDULING},
                values={'task_state': task_states.NETWORKING, 'vm_state': vm_states.BUILDING,
                        'launched_on': self.host.name}, claim=self.host.tracker.wanted(instance, request_spec))
        except (exception.Conflict, exception.InstanceNotFound) as error:
            LOG.info('Not building: %s', error.format_message(), instance=instance)
            return
        crashpoint('create.C9.accepted.after')
        notifications.notify_about_instance_action(context, instance, self.host.name, 'create', 'start')
        try:
            with self.host.tracker.instance_claim(instance, request_spec, claimed):
                crashpoint('create.C10.claimed.after')
                self._build(context, instance, request_spec, block_device_mapping, admin_password,
                            decode(injected_files))
        except OVERTAKEN as error:
            self._stop(context, instance, error)
        except HOPELESS as error:
            self._abort(context, instance, error)
        except Exception as error:
            if isinstance(error, PASSING) and may_begin_again(instance, request_spec):
                raise
            self._give_back(context, instance, error, alternates, admin_password, injected_files)
        else:
            self._end(context, instance)

    def _build(self, context, instance, spec, block_device_mapping, admin_password, injected_files):
        network_info = self.host.network_api.allocate_for_instance(
            context, instance, objects.NetworkRequestList.from_document(spec.requested_networks),
            spec.security_groups)
        crashpoint('create.C11.network.after')
        instance.network_info = list(network_info)
        instance.root_device_name = (instance.root_device_name
                                     or self.driver.default_root_device_name(instance, instance.image_meta))
        self._save(instance, task_states.SPAWNING, expected=task_states.NETWORKING)
        crashpoint('create.C12.image.before')
        self.driver.spawn(context, instance, instance.image_meta, injected_files, admin_password, None, network_info,
                          block_devices.describe(instance, block_device_mapping))
        crashpoint('create.C16.running.after')

    def _end(self, context, instance):
        """Write that the guest runs.

        An error here is no failed build: without an answer nobody knows what is written, and a guest of a server that
        is ACTIVE must not be removed.  The reconciler, which finds it running, writes it again.
        """
        try:
            self.host.record_built(instance, EVENT)
        except OVERTAKEN as error:
            self._stop(context, instance, error)
            return
        LOG.info('Built.', instance=instance)
        notifications.notify_about_instance_action(context, instance, self.host.name, 'create', 'end')
        crashpoint('create.C18.notified.after')

    def _save(self, instance, task_state, expected):
        instance.task_state = task_state
        instance.save(expected_task_state=expected, expected={'action_id': instance.action_id, 'host': self.host.name})

    # -- when it does not work -------------------------------------------------------

    def _clean_up(self, context, instance):
        self.host.remove_guest(context, instance)
        crashpoint('create.C19.cleaned.after')

    def _record(self, instance, error, fault=None, expected=None):
        try:
            instance.finish_operation(EVENT, expected=expected, result='Error', details=faults.user_message(error),
                                      traceback=faults.details(error), fault=fault)
        except (exception.Conflict, exception.InstanceNotFound) as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)

    def _stop(self, context, instance, error):
        """Stop a build that was overtaken; whoever overtook it decides what becomes of the server."""
        LOG.info('The build stops: %s', error.format_message(), instance=instance)
        self._clean_up(context, instance)
        self._record(instance, error)

    def _abort(self, context, instance, error):
        """End a build that no host could do, with the reason."""
        LOG.warning('The build cannot be done: %s', faults.admin_message(error), instance=instance)
        self._clean_up(context, instance)
        instance.network_info = []
        task, instance.vm_state, instance.task_state = instance.task_state, vm_states.ERROR, None
        self._record(instance, error, faults.describe(error, self.host.name),
                     {'task_state': task, 'action_id': instance.action_id, 'host': self.host.name})
        notifications.notify_about_instance_action(context, instance, self.host.name, 'create', 'error', error)

    def _give_back(self, context, instance, error, alternates, admin_password, injected_files):
        """Clean up here and let conductor try the next host."""
        LOG.exception('The build failed here; giving it back.', instance=instance)
        self.host.tracker.build_failed(context, instance.node)
        self._clean_up(context, instance)
        reason = faults.user_message(error)
        self._record(instance, error)
        notifications.notify_about_instance_action(context, instance, self.host.name, 'create', 'error', error)
        objects.RequestSpec.add_attempt(context, instance.uuid, self.host.name, reason)
        try:
            instance.network_info = []
            instance.give_back(self.host.name)
        except (exception.Conflict, exception.InstanceNotFound) as late:
            LOG.info('Not given back: %s', late.format_message(), instance=instance)
            return
        self.host.conductor.reschedule(context, instance, failed_host=self.host.name, reason=reason,
                                       alternates=alternates,
                                       admin_password=admin_password, injected_files=injected_files)


def may_begin_again(instance, request_spec):
    """Tell whether a host that had no answer may build a server once more: it was handed to it less than
    TRIES_OF_A_HOST times."""
    return instance.build_attempt - len(request_spec.attempts or ()) < TRIES_OF_A_HOST


def decode(injected_files):
    """Return [(path, bytes)] of [[path, base64 text]]."""
    return [(path, base64.b64decode(content)) for path, content in injected_files or ()]
