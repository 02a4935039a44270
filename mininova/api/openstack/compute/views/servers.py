# SPDX-License-Identifier: Apache-2.0
"""How servers are shown.  Nova: nova/api/openstack/compute/views/servers.py.  The single fields are in
server_fields.py.
"""
import mininova.conf
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.api.openstack.compute.views import server_fields as fields
from mininova.compute import search
from mininova.policies import extended_server_attributes as attributes_policies
from mininova.policies import servers as policies

CONF = mininova.conf.CONF


class ViewBuilder(common.ViewBuilder):
    """Takes servers as dictionaries, with what :meth:`wanted` names attached."""

    _collection_name = 'servers'

    def create(self, req, row, admin_password=None, security_groups=None):
        """Return what the answer to a create says of the new server.

        :param security_groups: as in the request
        """
        shown = {'id': row['uuid'], 'links': self._get_links(req, row['uuid']),
                 'OS-DCF:diskConfig': 'AUTO' if row['auto_disk_config'] else 'MANUAL',
                 'security_groups': security_groups or [{'name': 'default'}]}
        if admin_password is not None and CONF.api.enable_instance_password:
            shown['adminPass'] = admin_password
        return {'server': shown}

    def index(self, req, servers):
        """Return servers with their names only."""
        versioned, plain = self._bases(req)
        shown = [{'id': server['uuid'], 'name': server['display_name'],
                  'links': [{'rel': 'self', 'href': f'{versioned}servers/{server["uuid"]}'},
                            {'rel': 'bookmark', 'href': f'{plain}servers/{server["uuid"]}'}]} for server in servers]
        return self._list(req, servers, shown, 'servers')

    def detail(self, req, servers):
        """Return servers with all that the caller may see."""
        return self._list(req, servers, self._show(req, servers, fields.CORE, fields.EXTENDED), 'servers/detail')

    def show(self, req, server):
        """Return one server."""
        shown, = self._show(req, [server], fields.CORE, fields.EXTENDED, fields.SINGLE)
        return {'server': shown}

    def update(self, req, server):
        """Return one server as the answer to PUT: below 2.75 with fewer fields."""
        if versions.is_supported(req, '2.75'):
            return self.show(req, server)
        shown, = self._show(req, [server], fields.CORE, fields.SINGLE, address_details=False)
        return {'server': shown}

    def rebuild(self, req, server, admin_password):
        """Return one server as the answer to rebuild: below 2.75 with fewer fields; the password this once."""
        if versions.is_supported(req, '2.75'):
            shown = self.show(req, server)['server']
            shown.pop('OS-EXT-SRV-ATTR:user_data', None)            # it is there as user_data, since 2.57
        else:
            shown, = self._show(req, [server], fields.CORE, fields.REBUILT, fields.SINGLE, address_details=False)
        if versions.is_supported(req, '2.57'):
            shown['user_data'] = server['user_data']
        if CONF.api.enable_instance_password:
            shown['adminPass'] = admin_password
        return {'server': shown}

    def _list(self, req, servers, shown, collection):
        links = self._get_collection_links(req, servers, collection, 'uuid')
        return {'servers': shown, 'servers_links': links} if links else {'servers': shown}

    def _show(self, req, servers, *groups, address_details=True):
        viewer = self._viewer(req, address_details)
        writers = fields.writers(req.api_version_request, *groups)
        found = []
        for server in servers:
            shown = {}
            for write in writers:
                write(shown, server, viewer)
            found.append(shown)
        return found

    def _viewer(self, req, address_details):
        context = req.environ['nova.context']

        def allowed(since, rule):
            return versions.is_supported(req, since) and context.can(rule, fatal=False)
        shows_state = allowed('2.16', policies.SHOW_HOST_STATUS)
        only_unknown = not shows_state and allowed('2.16', policies.SHOW_HOST_STATUS_UNKNOWN_ONLY)
        return fields.Viewer(
            bases=self._bases(req), image_base=common.apply_prefix(self._bases(req)[1], CONF.api.glance_link_prefix),
            is_admin=context.is_admin, extended=allowed('2.1', attributes_policies.ROOT),
            extra_specs=allowed('2.47', policies.SHOW_FLAVOR_EXTRA_SPECS),
            host_state=search.host_states() if shows_state or only_unknown else None, only_unknown=only_unknown,
            address_details=address_details)


def columns(req, user_data=False):
    """Return the columns that the details of servers need; long documents only for who sees something of them.

    :param user_data: wanted in any case
    """
    found = list(search.DETAIL)
    if not versions.is_supported(req, '2.73'):
        found.remove('system_metadata')
    if user_data or (versions.is_supported(req, '2.3')
                     and req.environ['nova.context'].can(attributes_policies.ROOT, fatal=False)):
        found.append('user_data')
    return tuple(found)


def wanted(req, single=False):
    """Return what must be attached to servers for their details.

    :param single: whether one server is shown, not a list
    """
    found = ['metadata', 'faults', 'volumes', 'security_groups']
    if versions.is_supported(req, '2.26'):
        found.append('tags')
    if versions.is_supported(req, '2.96'):
        found.append('spec')
    if single and versions.is_supported(req, '2.71'):
        found.append('groups')
    return tuple(found)
