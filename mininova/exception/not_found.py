# SPDX-License-Identifier: Apache-2.0
"""It is not there, or not the caller's: 404, and kinds of it."""
from mininova.exception.base import NovaException


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

class FloatingIpNotFound(NotFound):
    msg_fmt = 'Floating IP not found for ID %(id)s.'

class FloatingIpNotFoundForAddress(FloatingIpNotFound):
    msg_fmt = 'Floating IP not found for address %(address)s.'

class FloatingIpPoolNotFound(NotFound):
    msg_fmt = 'Floating IP pool %(pool)s not found.'

class NoMoreFloatingIps(FloatingIpNotFound):
    msg_fmt = 'No more floating IPs in pool %(pool)s.'

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

class SecurityGroupNotFoundForRule(SecurityGroupNotFound):
    msg_fmt = 'Security group with rule %(rule_id)s not found.'

class SecurityGroupNotAssociated(SecurityGroupNotFound):
    msg_fmt = 'Security group %(security_group_name)s is not associated with the instance %(instance)s.'

class ServiceNotFound(NotFound):
    msg_fmt = 'Service %(service_id)s could not be found.'

class HostNotFound(NotFound):
    msg_fmt = 'Host %(host)s could not be found.'

class ComputeHostNotFound(HostNotFound):
    msg_fmt = 'Compute host %(host)s could not be found.'

class ComputeHostMetricNotFound(NotFound):
    msg_fmt = 'Metric %(name)s could not be found on the compute host node %(host)s.%(node)s.'

class HostBinaryNotFound(NotFound):
    msg_fmt = 'Could not find binary %(binary)s on host %(host)s.'

class AggregateNotFound(NotFound):
    msg_fmt = 'Aggregate %(aggregate_id)s could not be found.'

class AggregateHostNotFound(NotFound):
    msg_fmt = 'Aggregate %(aggregate_id)s has no host %(host)s.'

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
