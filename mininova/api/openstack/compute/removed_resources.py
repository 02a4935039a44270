# SPDX-License-Identifier: Apache-2.0
"""Resources that were there once and answer 410 at every microversion (nova-api).

Nova: agents.py, cells.py, certificates.py, cloudpipe.py, fixed_ips.py, floating_ip_dns.py, floating_ips_bulk.py,
fping.py and security_group_default_rules.py of nova/api/openstack/compute.
"""
from mininova.api.openstack import extensions, wsgi

_NETWORK = 'It worked with nova-network only.'


def _gone(collection, version, reason, methods, **more):
    """Return a removed resource; names of collection and member actions are methods too.

    :param methods: names of controller methods
    :param more: arguments of extensions.Resource, and `actions`: names in the body of POST .../action
    """
    actions = more.pop('actions', ())
    named = {*methods, *more.get('collection_actions', ()), *more.get('member_actions', ())} - {'action'}
    name = ''.join(part.capitalize() for part in collection.removeprefix('os-').split('-')) + 'Controller'
    return extensions.Resource(
        collection, wsgi.gone_controller(name, version, reason, methods=sorted(named), actions=actions), **more)


class RemovedResources(extensions.Extension):
    """What clients of older releases may still ask for."""

    alias = 'os-cells'
    name = 'RemovedResources'
    resources = (
        _gone('os-agents', '23.0.0', 'It was for Xen.', ('index', 'create', 'update', 'delete')),
        _gone('os-cells', '20.0.0', 'Cells of the first kind are gone.',
              ('index', 'create', 'show', 'update', 'delete'),
              collection_actions={'capacities': 'GET', 'detail': 'GET', 'info': 'GET', 'sync_instances': 'POST'},
              member_actions={'capacities': 'GET'}),
        _gone('os-certificates', '16.0.0', 'Nova signs no certificates any more.', ('create', 'show')),
        _gone('os-cloudpipe', '16.0.0', _NETWORK, ('index', 'create', 'update')),
        _gone('os-fixed-ips', '18.0.0', _NETWORK, ('show',), actions=('reserve', 'unreserve'),
              member_actions={'action': 'POST'}),
        _gone('os-floating-ip-dns', '18.0.0', _NETWORK, ('index', 'update', 'delete')),
        _gone('entries', '18.0.0', _NETWORK, ('show', 'update', 'delete'), parent=('os-floating-ip-dns', 'domain_id')),
        _gone('os-floating-ips-bulk', '18.0.0', _NETWORK, ('index', 'create', 'show', 'update')),
        _gone('os-fping', '18.0.0', _NETWORK, ('index', 'show')),
        _gone('os-security-group-default-rules', '18.0.0', _NETWORK, ('index', 'create', 'show', 'delete')))
