# SPDX-License-Identifier: Apache-2.0
"""What nova-api does with security groups: check, write, and tell the hosts concerned.

The database is the intent: a host that is not told finds a change within `[network] reconcile_interval`.
Nova: nova/network/security_group_api.py; the rules of what makes a valid rule are those of _new_ingress_rule there.
"""
import ipaddress
import urllib.parse

from oslo_utils import uuidutils

from mininova import exception, quota
from mininova.crashpoint import crashpoint
from mininova.network import api as network_api
from mininova.objects.security_group import SecurityGroup, SecurityGroupList, SecurityGroupRule

DEFAULT = 'default'
MAX_PORT, MAX_ICMP = 65535, 255
ANYWHERE = ('0.0.0.0', '::')


# -- what makes a rule ----------------------------------------------------------------------


def validate_id(security_group_id):
    """Return an id that has the form of one.

    :raises Invalid: (400)
    """
    if not uuidutils.is_uuid_like(security_group_id):
        raise exception.Invalid('The id of a security group or a rule is a UUID.')
    return security_group_id


def parse_cidr(cidr):
    """Return a network as text; bits beyond its prefix stay, as in Nova.  None and '' are the whole of IPv4.

    :raises InvalidCidr: (400)
    """
    if not cidr:
        return '0.0.0.0/0'
    text = urllib.parse.unquote(cidr)
    address, slash, prefix = text.partition('/')
    try:
        found = ipaddress.ip_interface(text)
    except ValueError:
        raise exception.InvalidCidr(cidr=cidr[:80]) from None
    if not slash or not prefix.isdecimal() or '%' in text:
        raise exception.InvalidCidr(cidr=cidr[:80])
    if not found.network.prefixlen and str(ipaddress.ip_address(address)) not in ANYWHERE:
        raise exception.Invalid(f'Bad prefix for network in cidr {cidr[:80]}')
    return str(found)


def new_rule(protocol, from_port, to_port, cidr=None):
    """Return the columns of a rule.

    :param protocol: tcp, udp or icmp, however written; None, with a source group only, for everything
    :param from_port: first port, or ICMP type, -1 for any; a number or a text of digits
    :param to_port: last port, or ICMP code, -1 for any
    :param cidr: where it comes from, as :func:`parse_cidr` gives it; None for a source group
    :raises Invalid, InvalidIpProtocol, InvalidPortRange: (400)
    """
    protocol = protocol.lower() if protocol else None
    if protocol not in ('tcp', 'udp', 'icmp', None):
        raise exception.InvalidIpProtocol(protocol=protocol[:80])
    if cidr is None and from_port is None and to_port is None:
        first, last = {None: (None, None), 'icmp': (-1, -1)}.get(protocol, (1, MAX_PORT))
        return {'protocol': protocol, 'from_port': first, 'to_port': last, 'cidr': None}
    if protocol is None or from_port is None or to_port is None:
        raise exception.Invalid('Not enough parameters to build a valid rule: ip_protocol, from_port and to_port are '
                                'wanted, or a source group alone.')
    first, last = int(from_port), int(to_port)
    _check_range(protocol, first, last)
    return {'protocol': protocol, 'from_port': first, 'to_port': last, 'cidr': cidr}


def _check_range(protocol, first, last):
    problem = None
    if protocol == 'icmp':
        if not (-1 <= first <= MAX_ICMP and -1 <= last <= MAX_ICMP):
            problem = f'Type and code of ICMP lie between 0 and {MAX_ICMP}; -1 is any.'
    elif first > last:
        problem = 'The first port is greater than the last.'
    elif first < 1 or last > MAX_PORT:
        problem = f'Ports lie between 1 and {MAX_PORT}.'
    if problem:
        raise exception.InvalidPortRange(from_port=first, to_port=last, msg=problem)


# -- groups and rules -----------------------------------------------------------------------


def complete(api, context, servers):
    """Put the names of their groups into servers where a network service knows them.

    :param api: :class:`API`
    :param servers: [{uuid, security_groups...}] as the API shows them
    """
    found = api.names_of_servers(context, [server['uuid'] for server in servers]) if servers else None
    for server in servers if found is not None else ():
        server['security_groups'] = found[server['uuid']]


class API:
    """Hands each question to the security groups of the network's backend.

    What there is, and what it promises, :class:`BuiltinSecurityGroups` says.
    """

    def __init__(self):
        self.network_api = network_api.API()

    def __getattr__(self, name):
        return getattr(self.network_api.security_groups, name)


class BuiltinSecurityGroups:
    """Security groups of the built-in network.

    Groups of other projects are unknown (404); an administrator knows all.

    :param backend: mininova.network.builtin.BuiltinBackend
    """

    def __init__(self, backend):
        self.backend = backend

    def list(self, context, limit, offset, all_tenants=False):
        """Return a page of the project's groups, `default` among them from the first time on."""
        SecurityGroup.ensure_default(context, context.project_id)
        project_id = None if all_tenants and context.is_admin else context.project_id or ''
        return SecurityGroupList.get_page(context, project_id, limit, offset)

    def get(self, context, security_group_id):
        """Return a group.

        :raises SecurityGroupNotFound: (404)
        """
        return SecurityGroup.get_by_uuid(context, security_group_id)

    def create_security_group(self, context, name, description):
        """Make a group of the caller's project that lets nothing in.

        :raises SecurityGroupLimitExceeded: (403)
        :raises SecurityGroupExists: (400)
        """
        SecurityGroup.ensure_default(context, context.project_id)
        values = {'name': name, 'description': description, 'project_id': context.project_id or '',
                  'user_id': context.user_id}
        return SecurityGroup.make(context, values, quota.get_limit(context, 'security_groups'))

    def update_security_group(self, context, group, name, description):
        """Give a group another name and description.

        :raises SecurityGroupExists, SecurityGroupIsDefault: (400)
        """
        group.rename(name, description)
        return group

    def destroy(self, context, group):
        """Remove a group that no server has, and the rules that name it; nothing changes for any guest.

        :raises SecurityGroupInUse, SecurityGroupIsDefault: (400)
        """
        group.destroy()

    def create_security_group_rule(self, context, group, source, values):
        """Let something into all members of a group.

        :param source: the group whose members are let in, or None
        :param values: what :func:`new_rule` gives
        :raises SecurityGroupRuleLimitExceeded: (403)
        :raises SecurityGroupRuleExists: (400)
        """
        limit = quota.get_limit(context, 'security_group_rules', group.project_id)
        rule = SecurityGroupRule.make(context, group.uuid, source.uuid if source else None, values, limit)
        crashpoint('security_group.R1.rule_written.after')
        self._tell_members(context, group.uuid)
        return rule

    def get_rule(self, context, rule_id):
        """Return a rule.

        :raises SecurityGroupNotFoundForRule: (404)
        """
        return SecurityGroupRule.get_by_uuid(context, rule_id)

    def remove_rule(self, context, rule):
        """Let something in no longer."""
        rule.destroy()
        crashpoint('security_group.R2.rule_removed.after')
        self._tell_members(context, rule.parent_uuid)

    def _tell_members(self, context, group_uuid):
        self.backend.refresh_security_groups(context, SecurityGroupList.get_hosts_of(context, group_uuid))

    # -- servers --

    def find_for_create(self, context, names):
        """Return the groups that a server to be gets: their numbers in our tables, and what its request keeps.

        :param names: names or ids of groups of the caller's project
        :raises SecurityGroupNotFound: the body names it (400)
        """
        try:
            names = list(names)
            return [number for number, _uuid in self._find_all(context, context.project_id, names)], names
        except exception.SecurityGroupNotFound as error:
            raise exception.SecurityGroupNotFound(error.format_message(), code=400) from error

    @staticmethod
    def _find_all(context, project_id, names):
        """Return (number, uuid) of groups; `default` is made if it is not there yet."""
        names = list(names)
        try:
            return SecurityGroupList.find(context, project_id, names)
        except exception.SecurityGroupNotFound:
            if DEFAULT not in names:
                raise
        SecurityGroup.ensure_default(context, project_id)
        return SecurityGroupList.find(context, project_id, names)

    def names_of_servers(self, context, instance_uuids):
        """Return {server: sorted names of its groups}; None where our tables know, as here."""

    def get_instance_security_groups(self, context, instance):
        """Return the groups of a server, by name."""
        return SecurityGroupList.get_by_instance_uuid(context, instance.uuid)

    def add_to_instance(self, context, instance, name):
        """Give a server a group; nothing happens if it has it.

        :param name: name or id of a group of the server's project
        :raises SecurityGroupNotFound: (404)
        """
        uuid = self._find(context, instance, name)
        if SecurityGroup.add_to_instance(context, uuid, instance.uuid):
            crashpoint('security_group.M1.member_written.after')
            self._tell_of_member(context, instance, uuid)

    def remove_from_instance(self, context, instance, name):
        """Take a group from a server, the last one too: then nothing is let in.

        :raises SecurityGroupNotFound: there is none of that name, or the server does not have it (404)
        """
        uuid = self._find(context, instance, name)
        if not SecurityGroup.remove_from_instance(context, uuid, instance.uuid):
            raise exception.SecurityGroupNotAssociated(security_group_name=name[:80], instance=instance.uuid)
        crashpoint('security_group.M2.member_removed.after')
        self._tell_of_member(context, instance, uuid)

    def _find(self, context, instance, name):
        (_number, uuid), = self._find_all(context, instance.project_id, [name])
        return uuid

    def _tell_of_member(self, context, instance, group_uuid):
        hosts = set(SecurityGroupList.get_hosts_that_admit(context, instance.uuid, group_uuid))
        if instance.host:
            hosts.add(instance.host)
        self.backend.refresh_security_groups(context, sorted(hosts))
