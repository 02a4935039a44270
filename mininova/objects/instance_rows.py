# SPDX-License-Identifier: Apache-2.0
"""The door of nova-api to what it reads and writes of servers without building objects: lists, labels, room.

Only for services with a database; nothing here is callable over RPC.  New here: Nova builds an object per row.
"""
from mininova import exception
from mininova.objects import base

_instances = base.Database('instances')
_lists = base.Database('instance_lists')
_quotas = base.Database('quotas')
_labels = base.Database('instance_labels')


def list_rows(columns, where, sort, marker=None, limit=None, wanted=()):
    """Return servers as dictionaries (:func:`mininova.db.instance_lists.list_rows`).

    :raises MarkerNotFound: (400)
    """
    rows = _lists.list_rows(columns, where, sort, marker, limit, wanted)
    if rows is None:
        raise exception.MarkerNotFound(marker=marker)
    return rows


def get_row(context, columns, uuid, wanted=()):
    """Return one server as a dictionary.

    :raises InstanceNotFound: there is none, or it is another project's (404)
    """
    restriction = None if context.is_admin else (context.project_id or '')
    row = _lists.get_row(columns, uuid, restriction, context.read_deleted, wanted)
    if row is None:
        raise exception.InstanceNotFound(instance_id=uuid)
    return row


def list_compute_services():
    """Return {host: row with disabled, forced_down, age} of all nova-compute services."""
    return _lists.list_compute_services()


def get_metadata(uuid):
    """Return the metadata of a server."""
    return _instances.metadata_of(uuid)


def check_quota(limits):
    """Compare a create with the quota without taking part of it.

    :param limits: as :func:`mininova.db.create.create_instances` takes them
    :raises TooManyInstances: (403)
    """
    _quotas.look(**limits)


def merge_metadata(uuid, changes, limit, replace=False):
    """Add to the metadata of a server, or replace it, and return it whole.

    :param limit: items at most, -1 for any number
    :raises MetadataLimitExceeded: (403)
    :raises InstanceNotFound: it was deleted meanwhile (404)
    """
    return _labels.merge_metadata(uuid, changes, limit, replace)


def delete_metadata_item(uuid, key):
    """Remove one item; returns whether it was there."""
    return _labels.delete_metadata_item(uuid, key)


def add_tag(uuid, tag, limit):
    """Give a server a tag.

    :returns: whether it is new
    :raises Invalid: it would have more than `limit` (400)
    """
    return _labels.add_tag(uuid, tag, limit)


def replace_tags(uuid, tags):
    """Make `tags` all tags of a server."""
    _labels.replace_tags(uuid, tags)


def delete_tag(uuid, tag):
    """Take a tag from a server; returns whether it had it."""
    return _labels.delete_tag(uuid, tag)
