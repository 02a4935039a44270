# SPDX-License-Identifier: Apache-2.0
"""Security groups of the network service, for the proxies until 2.35 and for servers.

Nova: nova/network/security_group_api.py.  A group is a port's: a server has those of all of its ports, and gets and
loses one on all of them.
"""
from oslo_log import log
from oslo_utils import uuidutils

from mininova import exception
from mininova.crashpoint import crashpoint
from mininova.network.neutron import client
from mininova.objects.security_group import SecurityGroup, SecurityGroupRule

LOG = log.getLogger(__name__)

GROUPS, RULES = 'security-groups', 'security-group-rules'
DEFAULT = 'default'


class NeutronSecurityGroups:
    """See ``mininova.network.security_group_api.BuiltinSecurityGroups`` for what each method promises.

    :param backend: mininova.network.neutron.backend.NeutronBackend
    """

    def __init__(self, backend):
        self.backend, self.client = backend, backend.client

    # -- groups and rules --

    def list(self, context, limit, offset, all_tenants=False):
        everyone = all_tenants and context.is_admin
        filters = {} if everyone else {'tenant_id': context.project_id}
        found = sorted(self.client.list(context, GROUPS, as_caller=True, **filters),
                       key=lambda group: (_owner(group), group['name'], group['id']))
        return self._objects(context, found[offset:offset + limit])

    def get(self, context, security_group_id):
        return self._objects(context, [self._show(context, security_group_id)])[0]

    def _show(self, context, security_group_id):
        try:
            group = self.client.show(context, GROUPS, security_group_id)
        except exception.NeutronRefused as error:
            raise exception.SecurityGroupNotFound(security_group_id=security_group_id) from error
        if not context.is_admin and _owner(group) != context.project_id:
            raise exception.SecurityGroupNotFound(security_group_id=security_group_id)
        return group

    def create_security_group(self, context, name, description):
        values = {'name': name, 'description': description, 'tenant_id': context.project_id}
        try:
            made = self.client.create(context, GROUPS, 'security_group', values)
        except exception.NeutronRefused as error:
            if client.refused_for(error, 'OverQuota'):
                raise exception.SecurityGroupLimitExceeded() from error
            if error.code == 409:
                raise exception.SecurityGroupExists(security_group_name=name, project_id=context.project_id) from error
            raise
        return self._objects(context, [made])[0]

    def update_security_group(self, context, group, name, description):
        values = {'name': name, 'description': description}
        if group.name == DEFAULT:
            if name != DEFAULT:
                raise exception.SecurityGroupIsDefault(change='renamed')
            del values['name']      # which the network service refuses even if it stays
        changed = self.client.update(context, GROUPS, group.uuid, 'security_group', values)
        return self._objects(context, [changed])[0]

    def destroy(self, context, group):
        if group.name == DEFAULT:
            # The network service refuses it to users, but it is the service user who asks.
            raise exception.SecurityGroupIsDefault(change='deleted')
        try:
            self.client.delete(context, GROUPS, group.uuid)
        except exception.NeutronRefused as error:
            if client.refused_for(error, 'SecurityGroupInUse'):
                raise exception.SecurityGroupInUse(f'Security group {group.uuid} is still in use.') from error
            raise

    def create_security_group_rule(self, context, group, source, values):
        asked = {'security_group_id': group.uuid, 'direction': 'ingress', 'tenant_id': group.project_id,
                 'protocol': values['protocol'], 'port_range_min': _or_none(values['from_port']),
                 'port_range_max': _or_none(values['to_port']), 'remote_group_id': source.uuid if source else None,
                 'remote_ip_prefix': values['cidr'],
                 'ethertype': 'IPv6' if values['cidr'] and ':' in values['cidr'] else 'IPv4'}
        try:
            made = self.client.create(context, RULES, 'security_group_rule', asked)
        except exception.NeutronRefused as error:
            if client.refused_for(error, 'OverQuota'):
                raise exception.SecurityGroupRuleLimitExceeded() from error
            if error.code == 409:
                raise exception.SecurityGroupRuleExists(group=group.uuid, rule=_existing(error)) from error
            raise
        return _rule(context, made, {source.uuid: source.name} if source else {})

    def get_rule(self, context, rule_id):
        try:
            rule = self.client.show(context, RULES, rule_id)
        except exception.NeutronRefused as error:
            raise exception.SecurityGroupNotFoundForRule(rule_id=rule_id) from error
        if not context.is_admin and _owner(rule) != context.project_id:
            raise exception.SecurityGroupNotFoundForRule(rule_id=rule_id)
        return _rule(context, rule, {})

    def remove_rule(self, context, rule):
        self.client.delete(context, RULES, rule.uuid)

    def _objects(self, context, groups):
        """Return objects.SecurityGroup with their rules for what comes in; the names of sources are looked up."""
        known = {group['id']: group['name'] for group in groups}
        sources = {rule['remote_group_id'] for group in groups for rule in group['security_group_rules']
                   if rule.get('remote_group_id')} - set(known)
        known.update({group['id']: group['name'] for group in self.client.list(context, GROUPS, id=sorted(sources))})
        return [_group(context, group, known) for group in groups]

    # -- servers --

    def find_for_create(self, context, names):
        names = list(names)
        if names == [DEFAULT]:
            # The network service gives it to each port by itself.
            return [], []
        try:
            return [], self._find_all(context, context.project_id, names)
        except exception.SecurityGroupNotFound as error:
            raise exception.SecurityGroupNotFound(error.format_message(), code=400) from error

    def _find_all(self, context, project_id, names):
        """Return ids of a project's groups, by name or id.

        :raises SecurityGroupNotFound: (404)
        :raises NoUniqueMatch: several have the name (409)
        """
        found = self.client.list(context, GROUPS, tenant_id=project_id, fields=['id', 'name'])
        ids = []
        for name in names:
            matching = [group['id'] for group in found if group['id'] == name] if uuidutils.is_uuid_like(name) else []
            matching = matching or [group['id'] for group in found if group['name'] == name]
            if not matching:
                raise exception.SecurityGroupNotFound(security_group_id=name[:80])
            if len(matching) > 1:
                raise exception.NoUniqueMatch(f"Multiple security groups found matching '{name[:80]}'. Use an ID to be "
                                              'more specific.')
            ids.append(matching[0])
        return list(dict.fromkeys(ids))

    def names_of_servers(self, context, instance_uuids):
        try:
            ports = self.client.list(context, 'ports', device_id=list(instance_uuids),
                                     fields=['id', 'device_id', 'security_groups'])
            used = {group_id for port in ports for group_id in port.get('security_groups') or ()}
            names = {group['id']: group['name'] for group in self.client.list(context, GROUPS, id=sorted(used))}
        except (exception.NeutronConnectionFailed, exception.NeutronAdminCredentialConfigurationInvalid) as error:
            LOG.warning('Servers are shown without their security groups: %s', error)
            return dict.fromkeys(instance_uuids, [])
        found = {uuid: set() for uuid in instance_uuids}
        for port in ports:
            found[port['device_id']].update(names.get(group_id, group_id)
                                            for group_id in port.get('security_groups') or ())
        return {uuid: sorted(its_names) for uuid, its_names in found.items()}

    def get_instance_security_groups(self, context, instance):
        ids = {group_id for port in self.backend.ports_of(context, instance.uuid).values()
               for group_id in port.get('security_groups') or ()}
        return self._objects(context, self.client.list(context, GROUPS, id=sorted(ids)))

    def add_to_instance(self, context, instance, name):
        group_id, = self._find_all(context, instance.project_id, [name])
        ports = [port for port in self._ports(context, instance) if _can_have_groups(port)]
        if not ports:
            raise exception.SecurityGroupCannotBeApplied()
        for port in ports:
            if group_id not in port['security_groups']:
                self._set(context, port, [*port['security_groups'], group_id])

    def remove_from_instance(self, context, instance, name):
        group_id, = self._find_all(context, instance.project_id, [name])
        ports = [port for port in self._ports(context, instance) if group_id in (port.get('security_groups') or ())]
        if not ports:
            raise exception.SecurityGroupNotAssociated(security_group_name=name[:80], instance=instance.uuid)
        for port in ports:
            self._set(context, port, [other for other in port['security_groups'] if other != group_id])

    def _ports(self, context, instance):
        return sorted(self.backend.ports_of(context, instance.uuid).values(), key=lambda port: port['id'])

    def _set(self, context, port, groups):
        self.client.update(context, 'ports', port['id'], 'port', {'security_groups': groups})
        crashpoint('neutron.S1.set.after')


def _can_have_groups(port):
    return port.get('port_security_enabled', True) and port['fixed_ips']


def _owner(document):
    return document.get('project_id') or document.get('tenant_id') or ''


def _or_none(number):
    return None if number == -1 else number


def _existing(error):
    return error.kwargs.get('reason', '')


def _group(context, group, names):
    row = dict.fromkeys(SecurityGroup.fields)
    row.update(uuid=group['id'], name=group['name'], description=group.get('description') or '',
               project_id=_owner(group), rules=[])
    made = SecurityGroup._from_row(context, row)
    made.rules = [_rule(context, rule, names) for rule in group['security_group_rules']
                  if rule['direction'] == 'ingress']
    return made


def _rule(context, rule, names):
    """Return objects.SecurityGroupRule; what is not said means everything, as the proxies always showed it."""
    protocol, first, last = rule.get('protocol'), rule.get('port_range_min'), rule.get('port_range_max')
    if protocol in ('icmp', 'icmpv6', 'ipv6-icmp'):
        first, last = (-1 if first is None else first), (-1 if last is None else last)
    elif protocol:
        first, last = first or 1, last or 65535
    source = rule.get('remote_group_id')
    cidr = rule.get('remote_ip_prefix') or ('::/0' if rule.get('ethertype') == 'IPv6' else '0.0.0.0/0')
    row = dict.fromkeys(SecurityGroupRule.fields)
    row.update(uuid=rule['id'], parent_uuid=rule['security_group_id'], protocol=protocol, from_port=first, to_port=last,
               cidr=None if source else cidr, source_uuid=source, source_name=names.get(source, source),
               source_project_id=_owner(rule))
    return SecurityGroupRule._from_row(context, row)
