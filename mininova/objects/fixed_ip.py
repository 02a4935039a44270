# SPDX-License-Identifier: Apache-2.0
"""FixedIP: one address of a network's pool.  Nova: nova/objects/fixed_ip.py (Newton)."""
from mininova.objects import base, fields

db = base.Database('networks')
addresses = base.Database('addresses')


@base.register
class FixedIP(base.NovaObject, base.NovaPersistentObject):
    """``leased``: a DHCP server holds a lease for it; ``reserved``: not for guests; ``released_at``: last freed."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'address': fields.text(), 'network_id': fields.integer(),
        'virtual_interface_uuid': fields.text(), 'instance_uuid': fields.text(), 'host': fields.text(),
        'allocated': fields.BooleanField(default=False), 'leased': fields.BooleanField(default=False),
        'reserved': fields.BooleanField(default=False), 'released_at': fields.time(),
    }

    @base.remotable_classmethod
    def get_by_address(cls, context, address):
        """Return the record of an address.

        :raises FixedIpNotFoundForAddress: no network has it (404)
        """
        return cls._from_row(context, db.get_fixed_ip(address))

    @base.remotable_classmethod
    def set_reserved(cls, context, address, reserved):
        """Keep an address from guests, or let them have it.

        :raises FixedIpNotFoundForAddress: no network has it (404)
        :raises FixedIpAlreadyInUse: it is somebody's now
        """
        db.set_reserved(address, reserved)


@base.register
class FixedIPList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('FixedIP')}

    @base.remotable_classmethod
    def get_all(cls, context, host=None):
        """Return all addresses of all networks.

        :param host: only those that it serves, its own among them
        """
        return cls._from_rows(context, FixedIP, db.list_fixed_ips(host=host))

    @base.remotable_classmethod
    def get_by_instance_uuid(cls, context, instance_uuid):
        """Return a guest's addresses."""
        return cls._from_rows(context, FixedIP, db.list_fixed_ips(instance_uuid=instance_uuid))

    @base.remotable_classmethod
    def get_allocated(cls, context, host=None):
        """Return the addresses that guests and hosts have."""
        return cls._from_rows(context, FixedIP, db.list_fixed_ips(host=host, allocated_only=True))

    @base.remotable_classmethod
    def get_by_network(cls, context, network_id):
        """Return the pool of a network, by its number, in order."""
        return cls._from_rows(context, FixedIP, db.list_fixed_ips(network_id=network_id))

    @base.remotable_classmethod
    def release_host(cls, context, host):
        """Free what a host that will not come back still holds: addresses of deleted guests and its own.

        :returns: the addresses
        """
        return addresses.release_host(host)
