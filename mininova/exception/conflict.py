# SPDX-License-Identifier: Apache-2.0
"""It is there, but in the wrong state, or was in older releases: 409, 410."""
from mininova.exception.base import NovaException


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

class AggregateHostExists(Conflict):
    msg_fmt = 'Aggregate %(aggregate_id)s already has host %(host)s.'

class AggregateHostRefused(Conflict):
    msg_fmt = "Cannot perform action '%(action)s' on aggregate %(aggregate_id)s. Reason: %(reason)s."

class NetworkInUse(Conflict):
    msg_fmt = 'Network %(network_id)s is still in use.'

class NetworkDuplicated(Conflict):
    msg_fmt = 'Network %(network_id)s is duplicated.'

class NoUniqueMatch(Conflict):
    msg_fmt = 'No Unique Match Found.'

class PortInUse(Conflict):
    msg_fmt = 'Port %(port_id)s is still in use.'

class CidrConflict(Conflict):
    msg_fmt = 'Requested cidr (%(cidr)s) conflicts with existing cidr (%(other)s)'

class FixedIpAlreadyInUse(Conflict):
    msg_fmt = 'Fixed IP address %(address)s is already in use on instance %(instance_uuid)s.'
    code = 400

class FloatingIpExists(Conflict):
    msg_fmt = 'Floating IP %(address)s already exists.'

class FloatingIpAssociated(Conflict):
    msg_fmt = 'Floating IP %(address)s is associated.'

class FloatingIpNotAssociated(Conflict):
    msg_fmt = 'Floating IP %(address)s is not associated with instance %(instance_uuid)s.'

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
