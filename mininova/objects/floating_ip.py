# SPDX-License-Identifier: Apache-2.0
"""FloatingIP: a public address that a project has and that may lead to a guest.  Nova: nova/objects/floating_ip.py
(Newton).
"""
from mininova.objects import base, fields

db = base.Database('floating_ips')


def _visible_to(context):
    """Return the project of which the caller sees addresses; None for all."""
    return None if context.is_admin else context.project_id or ''


@base.register
class FloatingIP(base.NovaObject, base.NovaPersistentObject):
    """``fixed_address``, ``instance_uuid`` and ``host`` are those of the association, None without one; ``interface``
    None is each host's `public_interface`; what is ``auto_assigned`` comes and goes with its server."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'uuid': fields.text(), 'address': fields.text(), 'pool': fields.text(),
        'interface': fields.text(), 'project_id': fields.text(), 'fixed_ip_id': fields.integer(),
        'auto_assigned': fields.BooleanField(default=False), 'fixed_address': fields.text(),
        'instance_uuid': fields.text(), 'host': fields.text(),
    }

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid):
        """Return an address the caller may see.

        :raises FloatingIpNotFound: unknown, or another project's (404)
        """
        return cls._from_row(context, db.get(uuid, _visible_to(context)))

    @base.remotable_classmethod
    def get_by_address(cls, context, address):
        """Return an address the caller may see.

        :raises FloatingIpNotFoundForAddress: unknown, or another project's (404)
        """
        return cls._from_row(context, db.get_by_address(address, _visible_to(context)))

    @base.remotable_classmethod
    def allocate(cls, context, pool, limit):
        """Give the caller's project an address (:func:`mininova.db.floating_ips.allocate`)."""
        return cls._from_row(context, db.allocate(context.project_id, pool, limit))

    @base.remotable_classmethod
    def release(cls, context, uuid):
        """Return an address to its pool; returns the (host, instance uuid) pairs that must be told."""
        return db.release(uuid, _visible_to(context))

    @base.remotable_classmethod
    def associate(cls, context, address, fixed_address, instance_uuid):
        """Let an address lead to a guest; returns the (host, instance uuid) pairs that must be told.

        Errors: :func:`mininova.db.floating_ips.associate`.
        """
        return db.associate(address, fixed_address, instance_uuid, _visible_to(context))

    @base.remotable_classmethod
    def disassociate(cls, context, address, instance_uuid):
        """Let an address lead to a guest no longer; returns the (host, instance uuid) pairs that must be told.

        Errors: :func:`mininova.db.floating_ips.disassociate`.
        """
        return db.disassociate(address, instance_uuid, _visible_to(context))

    @base.remotable_classmethod
    def auto_assign(cls, context, instance_uuid, pool):
        """Give a guest an address that goes with it, unless it has one.

        :raises FloatingIpPoolNotFound, NoMoreFloatingIps: (404)
        """
        db.auto_assign(instance_uuid, pool)


@base.register
class FloatingIPList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('FloatingIP')}

    @base.remotable_classmethod
    def get_by_project(cls, context, project_id):
        """Return what a project allocated itself."""
        return cls._from_rows(context, FloatingIP, db.list_of_project(project_id))

    @base.remotable_classmethod
    def get_all(cls, context, host=None):
        """Return all addresses, or those that a host serves."""
        return cls._from_rows(context, FloatingIP, db.list_all(host))

    @base.remotable_classmethod
    def get_broken(cls, context):
        """Return the addresses whose association leads nowhere."""
        return cls._from_rows(context, FloatingIP, db.list_broken())

    @base.remotable_classmethod
    def get_addresses_by_instance(cls, context):
        """Return {instance uuid: sorted addresses} of all associations."""
        return db.list_shown()

    @base.remotable_classmethod
    def get_pool_names(cls, context):
        """Return the names of all pools."""
        return db.pools()

    @base.remotable_classmethod
    def create(cls, context, addresses, pool, interface=None):
        """Add addresses to a pool, all or none.

        :raises FloatingIpExists: there is one already (409)
        """
        db.create_range(addresses, pool, interface)

    @base.remotable_classmethod
    def destroy(cls, context, addresses):
        """Remove addresses and return how many there were, all or none.

        :raises FloatingIpAssociated: one leads to a guest (409)
        """
        return db.delete_range(addresses)
