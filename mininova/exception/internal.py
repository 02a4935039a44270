# SPDX-License-Identifier: Apache-2.0
"""What is missing, away or broken: 500, 501, 503, and what never leaves a service."""
from mininova.exception.base import NovaException
from mininova.exception.invalid import Invalid
from mininova.exception.not_found import NotFound


class NotSupported(NovaException):
    msg_fmt = 'Unable to complete the requested action: this driver does not support it.'
    code = 501
    safe = True

class SetAdminPasswordUnavailable(NotSupported):
    """The driver cannot set passwords, or the agent in the guest does not answer."""
    msg_fmt = 'Unable to set password on instance'

class HypervisorUnavailable(NovaException):
    msg_fmt = 'Connection to the hypervisor is broken on host %(host)s.'
    code = 503

class ServiceUnavailable(NovaException):
    msg_fmt = 'A service this request depends on is not available: %(reason)s'
    code = 503
    safe = True
    headers = {'Retry-After': '5'}

class GlanceConnectionFailed(ServiceUnavailable):
    msg_fmt = 'The image service at %(server)s could not be reached: %(reason)s'

class NeutronConnectionFailed(ServiceUnavailable):
    msg_fmt = 'The network service at %(server)s could not be reached: %(reason)s'

class NeutronAdminCredentialConfigurationInvalid(NovaException):
    msg_fmt = 'Networking client is experiencing an unauthorized exception.'
    safe = True

class NeutronRefused(NovaException):
    """The network service says no; ``kind`` is its own word for why, the code is that of its answer."""
    msg_fmt = 'The network service refused: %(reason)s'
    safe = True

class PortBindingFailed(NovaException):
    """No mechanism of the network service can plug a port on a host."""
    msg_fmt = 'Binding failed for port %(port_id)s, please check neutron logs for more information.'
    safe = True

class VirtualInterfacePlugException(NovaException):
    msg_fmt = 'Virtual interface plugin failed'
    safe = True

class InstanceEventTimeout(NovaException):
    """Another service did not say in time that it has done its part."""
    msg_fmt = 'Timeout while waiting for external event(s) %(events)s; none within %(seconds)s s.'
    safe = True

class VendorDataFailed(NovaException):
    """What the operator wants guests to be told is not to be had."""
    msg_fmt = 'Vendor data of %(source)s cannot be had: %(reason)s'

class EncryptionFailure(NovaException):
    msg_fmt = 'Failed to encrypt text: %(reason)s'

class ResponseSchemaMismatch(NovaException):
    """`[api] response_validation` is ``error`` and an answer differs from its schema."""
    msg_fmt = 'The answer does not follow its schema. %(reason)s'
    safe = True

class CoreAPIMissing(NovaException):
    msg_fmt = 'Core API extensions are missing: %(missing_apis)s'

class ObjectActionError(NovaException):
    msg_fmt = 'Object action %(action)s failed because: %(reason)s'

class NoValidHost(NovaException):
    msg_fmt = 'No valid host was found. %(reason)s'
    code = 400
    safe = True

class MaxRetriesExceeded(NoValidHost):
    msg_fmt = 'Exceeded maximum number of retries. %(reason)s'

class MigrationError(NovaException):
    msg_fmt = 'Migration error: %(reason)s'
    safe = True

class MigrationCancelled(MigrationError):
    """Somebody asked for it."""
    msg_fmt = 'The live migration was cancelled: %(reason)s'

class RescheduledException(NovaException):
    msg_fmt = 'Build of instance %(instance_uuid)s was re-scheduled: %(reason)s'

class BuildAbortException(NovaException):
    msg_fmt = 'Build of instance %(instance_uuid)s aborted: %(reason)s'

class ComputeResourcesUnavailable(NovaException):
    msg_fmt = 'Insufficient compute resources: %(reason)s.'
    safe = True

class InstanceDeployFailure(Invalid):
    msg_fmt = 'Failed to deploy instance: %(reason)s'

class InstancePowerOffFailure(Invalid):
    msg_fmt = 'Failed to power off instance: %(reason)s'

class InstancePowerOnFailure(Invalid):
    msg_fmt = 'Failed to power on instance: %(reason)s'

class InstanceSuspendFailure(Invalid):
    msg_fmt = 'Failed to suspend instance: %(reason)s'

class InstanceResumeFailure(Invalid):
    msg_fmt = 'Failed to resume instance: %(reason)s'

class ConsoleNotAvailable(NotFound):
    msg_fmt = 'Guest does not have a console available.'

class ConsoleTypeUnavailable(Invalid):
    msg_fmt = 'Unavailable console type %(console_type)s.'

class ConsoleTypeInvalid(Invalid):
    msg_fmt = 'Invalid console type %(console_type)s'

class InterfaceAttachFailed(Invalid):
    msg_fmt = 'Failed to attach network adapter device to %(instance_uuid)s'
    code = 500

class InterfaceDetachFailed(Invalid):
    msg_fmt = 'Failed to detach network adapter device from %(instance_uuid)s: %(reason)s'

class DiskNotEnough(NovaException):
    msg_fmt = 'No room on %(path)s: %(reason)s'

class VirtualInterfaceCreateException(NovaException):
    msg_fmt = 'Virtual Interface creation failed'

class NetworkSetupFailed(NovaException):
    msg_fmt = 'Network %(network)s could not be set up: %(reason)s'

class HostRenamed(NovaException):
    msg_fmt = ('This host was called %(old)s when it last ran and is called %(new)s now. Guests, claims and '
               'queues belong to the old name: set `host = %(old)s` in nova.conf, or remove %(path)s if the host is '
               'really new.')

class SchemaMismatch(NovaException):
    msg_fmt = 'The database schema is at %(found)s, this release needs %(wanted)s. Run: nova-manage db sync'

class InvalidWorkers(NovaException):
    msg_fmt = '%(name)s is %(workers)s; the number of workers must be 1 or more.'
