# SPDX-License-Identifier: Apache-2.0
"""Network: an address range with a bridge of its own on each host.  Nova: nova/objects/network.py (Newton)."""
from mininova import exception
from mininova.objects import base, fields

db = base.Database('networks')


@base.register
class Network(base.NovaObject, base.NovaPersistentObject):
    """``mtu`` in bytes; without ``project_id`` every project may use it; cards are made in order of ``priority``."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'uuid': fields.text(), 'label': fields.text(),
        'cidr': fields.text(), 'cidr_v6': fields.text(), 'gateway': fields.text(), 'gateway_v6': fields.text(),
        'bridge': fields.text(), 'bridge_interface': fields.text(), 'vlan': fields.integer(), 'vni': fields.integer(),
        'mtu': fields.integer(), 'dns1': fields.text(), 'dns2': fields.text(),
        'dhcp_start': fields.text(), 'enable_dhcp': fields.BooleanField(default=True),
        'multi_host': fields.BooleanField(default=True), 'injected': fields.BooleanField(default=False),
        'project_id': fields.text(), 'priority': fields.integer(), 'host': fields.text(), 'dhcp_domain': fields.text(),
    }

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid):
        """Return a network the caller may see.

        :raises NetworkNotFound: unknown, or another project's (404)
        """
        row = db.get_by_uuid(uuid)
        if not context.is_admin and row['project_id'] not in (None, context.project_id):
            raise exception.NetworkNotFound(network_id=uuid)
        return cls._from_row(context, row)

    @base.remotable
    def create(self, addresses):
        """Store the network with its pool.

        :param addresses: (address, reserved) pairs in the order in which they shall be given out
        :raises CidrConflict: another network has some of the addresses (409)
        """
        row = db.create(self.obj_changes_plain(), addresses)
        for name in self.fields:
            setattr(self, name, row[name])
        self.obj_reset_changes()

    @base.remotable
    def save(self):
        """Write the changed fields."""
        changes = self.obj_changes_plain()
        if changes:
            db.update(self.uuid, changes)
        self.obj_reset_changes()

    @base.remotable
    def destroy(self):
        """Remove the network and its pool.

        :raises NetworkInUse: a guest has an address of it (409)
        """
        db.delete(self.uuid)


@base.register
class NetworkList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('Network')}

    @base.remotable_classmethod
    def get_all(cls, context, project_id=None):
        """Return networks in the order in which a server's cards get them.

        :param project_id: those this project may use; None: those the caller may see, all for an administrator
        """
        if project_id is None and not context.is_admin:
            project_id = context.project_id or ''
        return cls._from_rows(context, Network, db.list_all(project_id))

    @base.remotable_classmethod
    def count_free(cls, context, network_ids):
        """Return how many addresses each network (by number) has left, in the order given."""
        counts = db.count_free(network_ids)
        return [counts[network_id] for network_id in network_ids]

    @classmethod
    def choose(cls, context, requested_networks, project_id, lenient=False):
        """Decide which networks a server gets.

        Nothing said: all that its project may use. 'auto': the only one, or none if there is none.

        :param requested_networks: objects.NetworkRequestList or None
        :param lenient: where 'auto' is ambiguous take the first network: the request was accepted before
        :returns: [(network, request or None)] in order of the cards
        :raises NetworkNotFound, PortNotFound: 400
        :raises NetworkAmbiguous: 409
        """
        if not requested_networks:
            return [(network, None) for network in cls.get_all(context, project_id=project_id or '')]
        if requested_networks.no_allocate:
            return []
        if requested_networks.auto_allocate:
            networks = cls._only_one(context, project_id, lenient)
            return [(network, requested_networks[0]) for network in networks]
        return [(cls._wanted(context, request, project_id, lenient), request) for request in requested_networks]

    @classmethod
    def _only_one(cls, context, project_id, lenient):
        networks = list(cls.get_all(context, project_id=project_id or ''))
        if len(networks) > 1 and not lenient:
            raise exception.NetworkAmbiguous()
        return networks[:1]

    @classmethod
    def _wanted(cls, context, request, project_id, lenient):
        if request.port_id:
            raise exception.PortNotFound(port_id=request.port_id, code=400)
        if not request.network_id:
            networks = cls._only_one(context, project_id, lenient)
            if not networks:
                raise exception.NetworkNotFound(network_id='(any)', code=400)
            return networks[0]
        try:
            return Network.get_by_uuid(context, request.network_id)
        except exception.NetworkNotFound:
            raise exception.NetworkNotFound(network_id=request.network_id, code=400) from None
