# SPDX-License-Identifier: Apache-2.0
"""Everything that can go wrong, as one tree.  Nova: nova/exception.py.

::

    NovaException 500
    +-- Invalid 400            what the caller sent cannot be done as asked
    +-- Forbidden 403          the caller may not; QuotaError: may not have more
    +-- NotFound 404           it is not there, or not the caller's
    +-- Conflict 409           it is there, but in the wrong state
    +-- Gone 410               it was there in older releases
    +-- NotSupported 501       this driver or service cannot
    +-- ServiceUnavailable 503 something we depend on is away

``code`` is the HTTP status; ``mininova/api/openstack/fault.py`` is the only place that turns it
into a fault.  ``safe`` says that the text may be shown to any user.
"""
from oslo_utils import excutils  # noqa: F401  (re-exported: exception.excutils.save_and_reraise_exception)


class NovaException(Exception):
    """Base of all; subclasses give ``msg_fmt``, a sentence with the names of the keyword arguments.

    :param message: replaces the sentence
    :param kwargs: values for the sentence, kept in ``self.kwargs``; ``code`` overrides the status
    """

    msg_fmt = 'An unknown exception occurred.'
    code = 500
    headers = {}
    safe = False

    def __init__(self, message=None, **kwargs):
        self.kwargs = dict(kwargs)
        self.code = kwargs.get('code', type(self).code)
        self.kwargs['code'] = self.code
        super().__init__(message or self.msg_fmt % _Default(self.kwargs))

    def format_message(self):
        """Return the text without class name or quotes."""
        return str(self.args[0])


class _Default(dict):
    """Never fail to format: a missing value shows as its name."""

    def __missing__(self, key):
        return f'<{key}>'


# -- 400 ----------------------------------------------------------------------

class Invalid(NovaException):
    msg_fmt = 'Bad Request - Invalid Parameters'
    code = 400
    safe = True

class InvalidInput(Invalid):
    msg_fmt = 'Invalid input received: %(reason)s'

class ValidationError(Invalid):
    msg_fmt = '%(detail)s'

class InvalidAPIVersionString(Invalid):
    msg_fmt = ('API Version String %(version)s is of invalid format. '
               'Must be of format MajorNum.MinorNum.')

class InvalidGlobalAPIVersion(Invalid):
    msg_fmt = ('Version %(req_ver)s is not supported by the API. '
               'Minimum is %(min_ver)s and maximum is %(max_ver)s.')
    code = 406

class InvalidBDM(Invalid):
    msg_fmt = 'Block Device Mapping is Invalid.'

class InvalidBDMBootSequence(InvalidBDM):
    msg_fmt = ('Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping '
               'combination is not valid.')

class InvalidBDMFormat(InvalidBDM):
    msg_fmt = 'Block Device Mapping is Invalid: %(details)s'

class InvalidBDMLocalsLimit(InvalidBDM):
    msg_fmt = 'Block Device Mapping is Invalid: You specified more local devices than the limit allows'

class InvalidBDMVolume(InvalidBDM):
    msg_fmt = 'Block Device Mapping is Invalid: failed to get volume %(id)s.'

class AutoDiskConfigDisabledByImage(Invalid):
    msg_fmt = 'Requested image %(image)s has automatic disk resize disabled.'

class CannotResizeDisk(Invalid):
    msg_fmt = 'Server disk was unable to be resized because: %(reason)s'

class CannotResizeToSameFlavor(Invalid):
    msg_fmt = 'When resizing, instances must change flavor!'

class CannotMigrateToSameHost(Invalid):
    msg_fmt = 'Cannot migrate to the host where the server exists.'

class ResizeError(Invalid):
    msg_fmt = 'Resize error: %(reason)s'

class FlavorDiskTooSmall(Invalid):
    msg_fmt = "The created instance's disk would be too small."

class FlavorDiskSmallerThanImage(FlavorDiskTooSmall):
    msg_fmt = ("Flavor's disk is too small for requested image. Flavor disk is %(flavor_size)i bytes, "
               'image is %(image_size)i bytes.')

class FlavorDiskSmallerThanMinDisk(FlavorDiskTooSmall):
    msg_fmt = ('Flavor\'s disk is smaller than the minimum size specified in image metadata. Flavor disk is '
               '%(flavor_size)i bytes, minimum size is %(image_min_disk)i bytes.')

class FlavorMemoryTooSmall(Invalid):
    msg_fmt = "Flavor's memory is too small for requested image."

class ImageNotActive(Invalid):
    msg_fmt = 'Image %(image_id)s is not active.'

class ImageUnacceptable(Invalid):
    msg_fmt = 'Image %(image_id)s is unacceptable: %(reason)s'

class InstanceQuiesceNotSupported(Invalid):
    msg_fmt = 'The file systems of instance %(instance_id)s cannot be frozen: %(reason)s'

class InstanceNotRescuable(Invalid):
    msg_fmt = 'Instance %(instance_id)s cannot be rescued: %(reason)s'

class UnsupportedRescueImage(Invalid):
    msg_fmt = 'Requested rescue image \'%(image)s\' is not supported'

class InvalidImageRef(Invalid):
    msg_fmt = 'Invalid image href %(image_href)s.'

class InvalidMetadata(Invalid):
    msg_fmt = 'Invalid metadata: %(reason)s'

class InvalidMetadataSize(Invalid):
    msg_fmt = 'Invalid metadata size: %(reason)s'

class InvalidKeypair(Invalid):
    msg_fmt = 'Keypair data is invalid: %(reason)s'

class InvalidSortKey(Invalid):
    msg_fmt = 'Sort key supplied was not valid.'

class MarkerNotFound(Invalid):
    msg_fmt = 'Marker %(marker)s could not be found.'

class InvalidInstanceIDMalformed(Invalid):
    msg_fmt = 'Invalid id: %(instance_id)s (expecting "i-...")'

class ComputeServiceUnavailable(Invalid):
    msg_fmt = 'Compute service of %(host)s is unavailable at this time.'

class ComputeServiceInUse(Invalid):
    msg_fmt = 'Compute service of %(host)s is still in use.'

class UnableToMigrateToSelf(Invalid):
    msg_fmt = 'Unable to migrate instance (%(instance_id)s) to current host (%(host)s).'

class MigrationPreCheckError(Invalid):
    msg_fmt = 'Migration pre-check error: %(reason)s'

class InvalidHypervisorType(MigrationPreCheckError):
    msg_fmt = 'The supplied hypervisor type of is invalid.'

class DestinationHypervisorTooOld(MigrationPreCheckError):
    msg_fmt = 'The instance requires a newer hypervisor version than has been provided.'

class InvalidCPUInfo(MigrationPreCheckError):
    msg_fmt = 'Unacceptable CPU info: %(reason)s'

class InvalidLocalStorage(MigrationPreCheckError):
    msg_fmt = '%(path)s is not on local storage: %(reason)s'

class InvalidSharedStorage(MigrationPreCheckError):
    msg_fmt = '%(path)s is not on shared storage: %(reason)s'

class InvalidMigrationState(Invalid):
    msg_fmt = ('Migration %(migration_id)s state of instance %(instance_uuid)s is %(state)s. Cannot %(method)s while '
               'the migration is in this state.')

class InvalidUUID(Invalid):
    msg_fmt = 'Expected a uuid but received %(uuid)s.'

class InvalidStrTime(Invalid):
    msg_fmt = 'Invalid datetime string: %(reason)s'

class NetworkAmbiguous(Invalid):
    msg_fmt = 'More than one possible network found. Specify network ID(s) to select which one(s) to connect to.'
    code = 409

class NetworkRequiresSubnet(Invalid):
    msg_fmt = 'Network %(network_uuid)s requires a subnet in order to boot instances on.'

class FixedIpNotFoundForNetwork(Invalid):
    msg_fmt = 'Fixed IP address %(address)s is not in network %(network_uuid)s.'

class InvalidFixedIpAndMaxCountRequest(Invalid):
    msg_fmt = 'Failed to launch instances: %(reason)s'

class InterfaceAttachFailedNoNetwork(Invalid):
    msg_fmt = 'No specific network was requested and none are available for project \'%(project_id)s\'.'

class AttachInterfaceNotSupported(Invalid):
    msg_fmt = 'Attaching interfaces is not supported for instance %(instance_uuid)s.'

class NetworkInterfaceTaggedAttachNotSupported(Invalid):
    msg_fmt = 'Tagged network interface attachment is not supported for this server instance.'

class FixedIpNotFoundForInstance(Invalid):
    msg_fmt = 'Fixed IP address %(ip)s does not exist on instance %(instance_uuid)s.'

class FixedIpIsOnlyOne(Invalid):
    msg_fmt = ('Fixed IP address %(ip)s is the only one of its card. To take the card from instance %(instance_uuid)s '
               'detach its interface.')

class SecurityGroupCannotBeApplied(Invalid):
    msg_fmt = 'Network requires port_security_enabled and subnet associated in order to apply security groups.'

class UserDataTooLarge(Invalid):
    msg_fmt = 'User data too large. User data must be no larger than %(maxsize)s bytes once base64 encoded.'

class UnsupportedInNoVolumeService(Invalid):
    msg_fmt = 'No volume service is part of this cloud: %(what)s is not possible.'


# -- 403 ----------------------------------------------------------------------

class Forbidden(NovaException):
    msg_fmt = 'Forbidden'
    code = 403
    safe = True

class AdminRequired(Forbidden):
    msg_fmt = 'User does not have admin privileges'

class PolicyNotAuthorized(Forbidden):
    msg_fmt = "Policy doesn't allow %(action)s to be performed."

class ImageNotAuthorized(Forbidden):
    msg_fmt = 'Not authorized for image %(image_id)s.'

class QuotaError(Forbidden):
    msg_fmt = 'Quota exceeded: code=%(code)s'

class OverQuota(QuotaError):
    msg_fmt = 'Quota exceeded for resources: %(overs)s'

class TooManyInstances(QuotaError):
    msg_fmt = 'Quota exceeded for %(overs)s: Requested %(req)s, but already used %(used)s of %(allowed)s %(overs)s'

class PortLimitExceeded(QuotaError):
    msg_fmt = 'Maximum number of ports exceeded: instance %(instance_uuid)s can have %(allowed)d.'

class KeypairLimitExceeded(QuotaError):
    msg_fmt = 'Quota exceeded, too many key pairs.'

class MetadataLimitExceeded(QuotaError):
    msg_fmt = 'Maximum number of metadata items exceeds %(allowed)d'

class OnsetFileLimitExceeded(QuotaError):
    msg_fmt = 'Personality file limit exceeded'

class OnsetFilePathLimitExceeded(OnsetFileLimitExceeded):
    msg_fmt = 'Personality file path exceeds maximum %(allowed)s'

class OnsetFileContentLimitExceeded(OnsetFileLimitExceeded):
    msg_fmt = 'Personality file content exceeds maximum %(allowed)s'


# -- 404 ----------------------------------------------------------------------

class NotFound(NovaException):
    msg_fmt = 'Resource could not be found.'
    code = 404
    safe = True

class VersionNotFoundForAPIMethod(NotFound):
    msg_fmt = 'API version %(version)s is not supported on this method.'

class InstanceNotFound(NotFound):
    msg_fmt = 'Instance %(instance_id)s could not be found.'

class InstanceActionNotFound(NotFound):
    msg_fmt = 'Action for request_id %(request_id)s on instance %(instance_uuid)s not found'

class InstanceActionEventNotFound(NotFound):
    msg_fmt = 'Event %(event)s not found for action id %(action_id)s'

class InstanceTagNotFound(NotFound):
    msg_fmt = "Instance %(instance_id)s has no tag '%(tag)s'"

class FlavorNotFound(NotFound):
    msg_fmt = 'Flavor %(flavor_id)s could not be found.'

class FlavorNotFoundByName(FlavorNotFound):
    msg_fmt = 'Flavor with name %(flavor_name)s could not be found.'

class FlavorAccessNotFound(NotFound):
    msg_fmt = 'Flavor access not found for %(flavor_id)s / %(project_id)s combination.'

class FlavorExtraSpecsNotFound(NotFound):
    msg_fmt = 'Flavor %(flavor_id)s has no extra specs with key %(extra_specs_key)s.'

class KeypairNotFound(NotFound):
    msg_fmt = 'Keypair %(name)s not found for user %(user_id)s'

class ImageNotFound(NotFound):
    msg_fmt = 'Image %(image_id)s could not be found.'

class NetworkNotFound(NotFound):
    msg_fmt = 'Network %(network_id)s could not be found.'

class FixedIpNotFound(NotFound):
    msg_fmt = 'No fixed IP associated with id %(id)s.'

class FixedIpNotFoundForAddress(FixedIpNotFound):
    msg_fmt = 'Fixed IP not found for address %(address)s.'

class PortNotFound(NotFound):
    msg_fmt = 'Port %(port_id)s could not be found.'

class PortNotFoundForInstance(PortNotFound):
    msg_fmt = 'Instance %(instance_id)s does not have a port with id %(port_id)s'

class NetworkNotFoundForInstance(NotFound):
    msg_fmt = 'Instance %(instance_id)s has no card in network %(network_id)s that an address could be added to now.'

class VolumeNotFound(NotFound):
    msg_fmt = 'Volume %(volume_id)s could not be found.'

class VolumeAttachmentNotFound(NotFound):
    msg_fmt = 'Instance %(instance_id)s is not attached to volume %(volume_id)s'

class SnapshotNotFound(NotFound):
    msg_fmt = 'Snapshot %(snapshot_id)s could not be found.'

class ShareNotFound(NotFound):
    msg_fmt = 'Share %(share_id)s could not be found.'

class ConsoleTokenNotFound(NotFound):
    msg_fmt = 'Token not found'

class SecurityGroupNotFound(NotFound):
    msg_fmt = 'Security group %(security_group_id)s not found.'

class ServiceNotFound(NotFound):
    msg_fmt = 'Service %(service_id)s could not be found.'

class HostNotFound(NotFound):
    msg_fmt = 'Host %(host)s could not be found.'

class ComputeHostNotFound(HostNotFound):
    msg_fmt = 'Compute host %(host)s could not be found.'

class HostBinaryNotFound(NotFound):
    msg_fmt = 'Could not find binary %(binary)s on host %(host)s.'

class AggregateNotFound(NotFound):
    msg_fmt = 'Aggregate %(aggregate_id)s could not be found.'

class InstanceGroupNotFound(NotFound):
    msg_fmt = 'Instance group %(group_uuid)s could not be found.'

class MigrationNotFound(NotFound):
    msg_fmt = 'Migration %(migration_id)s could not be found.'

class MigrationNotFoundByStatus(MigrationNotFound):
    msg_fmt = 'Migration not found for instance %(instance_id)s with status %(status)s.'

class MigrationNotFoundForInstance(MigrationNotFound):
    msg_fmt = 'Migration %(migration_id)s not found for instance %(instance_id)s'

class RequestSpecNotFound(NotFound):
    msg_fmt = 'RequestSpec not found for instance %(instance_uuid)s'

class SchedulingReportNotFound(NotFound):
    msg_fmt = 'No scheduling decision is recorded for %(key)s.'

class ConfigNotFound(NotFound):
    msg_fmt = 'Could not find config at %(path)s'

class PasteAppNotFound(NotFound):
    msg_fmt = "Could not load paste app '%(name)s' from %(path)s"


# -- 409 ----------------------------------------------------------------------

class Conflict(NovaException):
    msg_fmt = 'Conflict'
    code = 409
    safe = True

class InstanceInvalidState(Conflict):
    msg_fmt = "Cannot '%(method)s' instance %(instance_uuid)s while it is in %(attr)s %(state)s"

class InstanceNotReady(Conflict):
    msg_fmt = 'Instance %(instance_id)s is not ready'

class InstanceIsLocked(Conflict):
    msg_fmt = 'Instance %(instance_uuid)s is locked'

class InstanceAgentNotEnabled(Conflict):
    msg_fmt = 'Guest agent is not enabled for the instance'

class QemuGuestAgentNotEnabled(InstanceAgentNotEnabled):
    msg_fmt = 'QEMU guest agent is not enabled'

class SetAdminPasswdNotSupported(Conflict):
    msg_fmt = 'Set admin password is not supported'

class InstancePasswordSetFailed(Conflict):
    msg_fmt = 'Failed to set admin password on %(instance)s because %(reason)s'

class InstanceExists(Conflict):
    msg_fmt = 'Instance %(name)s already exists.'

class InstanceFaultRollback(Conflict):
    msg_fmt = 'Instance rollback performed due to: %(reason)s'

class UnexpectedTaskStateError(Conflict):
    msg_fmt = 'Conflict updating instance %(instance_uuid)s. Expected: %(expected)s. Actual: %(actual)s'

class UnexpectedDeletingTaskStateError(UnexpectedTaskStateError):
    """The instance was told to go while something else was being done to it."""

class UnexpectedVMStateError(Conflict):
    msg_fmt = 'Conflict updating instance %(instance_uuid)s. Expected: %(expected)s. Actual: %(actual)s'

class UnshelveInstanceInvalidState(InstanceInvalidState):
    msg_fmt = ('Specifying an availability zone or a host when unshelving server "%(instance_uuid)s" with status '
               '"%(state)s" is not supported. The server status must be SHELVED_OFFLOADED.')

class UnshelveHostNotInAZ(Conflict):
    msg_fmt = 'Host "%(host)s" is not in the availability zone "%(availability_zone)s".'

class StaleAction(Conflict):
    """A message of an action that is over or was replaced; it must be dropped without effect."""
    msg_fmt = 'Action %(action_id)s is no longer the current one of instance %(instance_uuid)s.'

class FlavorExists(Conflict):
    msg_fmt = 'Flavor with name %(name)s already exists.'

class FlavorIdExists(Conflict):
    msg_fmt = 'Flavor with ID %(flavor_id)s already exists.'

class FlavorAccessExists(Conflict):
    msg_fmt = 'Flavor access already exists for flavor %(flavor_id)s and project %(project_id)s combination.'

class FlavorExtraSpecUpdateCreateFailed(Conflict):
    msg_fmt = 'Flavor %(id)s extra spec cannot be updated or created after %(retries)d retries.'

class KeyPairExists(Conflict):
    msg_fmt = "Key pair '%(key_name)s' already exists."

class AggregateNameExists(Conflict):
    msg_fmt = 'Aggregate %(aggregate_name)s already exists.'

class NetworkInUse(Conflict):
    msg_fmt = 'Network %(network_id)s is still in use.'

class NetworkDuplicated(Conflict):
    msg_fmt = 'Network %(network_id)s is duplicated.'

class PortInUse(Conflict):
    msg_fmt = 'Port %(port_id)s is still in use.'

class CidrConflict(Conflict):
    msg_fmt = 'Requested cidr (%(cidr)s) conflicts with existing cidr (%(other)s)'

class FixedIpAlreadyInUse(Conflict):
    msg_fmt = 'Fixed IP address %(address)s is already in use on instance %(instance_uuid)s.'
    code = 400

class NoMoreFixedIps(Conflict):
    msg_fmt = 'No fixed IP addresses available for network: %(net)s'
    code = 400

class ServiceInUse(Conflict):
    msg_fmt = 'Service %(service_id)s still has %(count)d servers.'

class ResourceConflict(Conflict):
    """Compare-and-swap lost: somebody else changed the host's claims first."""
    msg_fmt = 'The claims of compute node %(node)s changed meanwhile.'

class Gone(NovaException):
    msg_fmt = 'The resource is gone: %(reason)s'
    code = 410
    safe = True


# -- 5xx and internal -----------------------------------------------------------

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

class EncryptionFailure(NovaException):
    msg_fmt = 'Failed to encrypt text: %(reason)s'

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
