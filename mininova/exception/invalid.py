# SPDX-License-Identifier: Apache-2.0
"""What the caller sent cannot be done as asked: 400, and kinds of it."""
from mininova.exception.base import NovaException


class Invalid(NovaException):
    msg_fmt = 'Bad Request - Invalid Parameters'
    code = 400
    safe = True

class InvalidInput(Invalid):
    msg_fmt = 'Invalid input received: %(reason)s'

class InvalidAggregateAction(Invalid):
    msg_fmt = "Cannot perform action '%(action)s' on aggregate %(aggregate_id)s. Reason: %(reason)s."

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

class MultiplePortsNotApplicable(Invalid):
    msg_fmt = 'Failed to launch instances: %(reason)s'

class UnableToAutoAllocateNetwork(Invalid):
    msg_fmt = 'Unable to automatically allocate a network for project %(project_id)s'

class PortRequiresFixedIP(Invalid):
    msg_fmt = 'Port %(port_id)s requires a FixedIP in order to be used.'

class SecurityGroupCannotBeApplied(Invalid):
    msg_fmt = 'Network requires port_security_enabled and subnet associated in order to apply security groups.'

class SecurityGroupExists(Invalid):
    msg_fmt = 'Security group %(security_group_name)s already exists for project %(project_id)s.'

class SecurityGroupInUse(Invalid):
    msg_fmt = 'Security group %(security_group_id)s is still in use: %(count)d servers have it.'

class SecurityGroupIsDefault(Invalid):
    msg_fmt = 'Group default, which every project has, cannot be %(change)s.'

class SecurityGroupRuleExists(Invalid):
    msg_fmt = 'This rule already exists in group %(group)s: it is %(rule)s.'

class InvalidCidr(Invalid):
    msg_fmt = '%(cidr)s is not a valid IP network.'

class InvalidIpProtocol(Invalid):
    msg_fmt = 'Invalid IP protocol %(protocol)s; it is one of tcp, udp and icmp.'

class InvalidPortRange(Invalid):
    msg_fmt = 'Invalid port range %(from_port)s:%(to_port)s. %(msg)s'

class MetadataClientUnknown(Invalid):
    msg_fmt = 'Nobody is known at that metadata provider and address.'

class UserDataTooLarge(Invalid):
    msg_fmt = 'User data too large. User data must be no larger than %(maxsize)s bytes once base64 encoded.'

class UnsupportedInNoVolumeService(Invalid):
    msg_fmt = 'No volume service is part of this cloud: %(what)s is not possible.'
