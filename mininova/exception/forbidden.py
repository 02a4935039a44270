# SPDX-License-Identifier: Apache-2.0
"""The caller may not, or may not have more: 403, and kinds of it."""
from mininova.exception.base import NovaException


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

class ExternalNetworkAttachForbidden(Forbidden):
    msg_fmt = 'It is not allowed to create an interface on external network %(network_uuid)s'

class FloatingIpLimitExceeded(QuotaError):
    msg_fmt = 'IP allocation over quota in pool %(pool)s.'

class CannotDisassociateAutoAssignedFloatingIP(Forbidden):
    msg_fmt = 'Floating IP %(address)s was assigned automatically; it stays with its server.'

class KeypairLimitExceeded(QuotaError):
    msg_fmt = 'Quota exceeded, too many key pairs.'

class ServerGroupLimitExceeded(QuotaError):
    msg_fmt = 'Quota exceeded, too many server groups.'

class ServerGroupMemberLimitExceeded(QuotaError):
    msg_fmt = 'Quota exceeded, too many servers in group'

class SecurityGroupLimitExceeded(QuotaError):
    msg_fmt = 'Quota exceeded, too many security groups.'

class SecurityGroupRuleLimitExceeded(SecurityGroupLimitExceeded):
    msg_fmt = 'Quota exceeded, too many security group rules.'

class MetadataLimitExceeded(QuotaError):
    msg_fmt = 'Maximum number of metadata items exceeds %(allowed)d'

class OnsetFileLimitExceeded(QuotaError):
    msg_fmt = 'Personality file limit exceeded'

class OnsetFilePathLimitExceeded(OnsetFileLimitExceeded):
    msg_fmt = 'Personality file path exceeds maximum %(allowed)s'

class OnsetFileContentLimitExceeded(OnsetFileLimitExceeded):
    msg_fmt = 'Personality file content exceeds maximum %(allowed)s'
