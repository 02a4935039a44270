# SPDX-License-Identifier: Apache-2.0
"""InstanceAction and its events: what was asked of a server, who did what, how it ended.

Nova: nova/objects/instance_action.py.
"""
from mininova import context as nova_context
from mininova import exception
from mininova.objects import base, fields

db = base.Database('actions')


@base.register
class InstanceAction(base.NovaObject, base.NovaPersistentObject):
    """``action_id`` is the value an instance carries while this action is its current one; ``arguments`` the intent;
    ``events`` how many events it has, where that was asked for."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'action': fields.text(), 'instance_uuid': fields.UUIDField(),
        'request_id': fields.text(),
        'user_id': fields.text(), 'project_id': fields.text(), 'start_time': fields.time(),
        'finish_time': fields.time(),
        'message': fields.text(), 'action_id': fields.text(), 'arguments': fields.JsonField(nullable=True),
        'events': fields.integer(),
    }

    def request_context(self):
        """Return a context in which a service goes on with what was asked, so that this record is the one that ends."""
        return nova_context.RequestContext(user_id=self.user_id, project_id=self.project_id, is_admin=True,
                                           request_id=self.request_id, overwrite=False)

    @staticmethod
    def pack_start(context, instance_uuid, action, action_id=None, arguments=None):
        """Return the columns of a new record."""
        return {'action': action, 'instance_uuid': instance_uuid, 'request_id': context.request_id,
                'user_id': context.user_id,
                'project_id': context.project_id, 'action_id': action_id, 'arguments': arguments}

    @base.remotable_classmethod
    def action_start(cls, context, instance_uuid, action, action_id=None, arguments=None):
        """Record that an action was accepted."""
        db.start(cls.pack_start(context, instance_uuid, action, action_id, arguments))

    @base.remotable_classmethod
    def action_finish(cls, context, instance_uuid, message=None):
        """Record the end of the request's action; `message` means it failed."""
        db.finish(instance_uuid, context.request_id, message)

    @base.remotable_classmethod
    def get_by_request_id(cls, context, instance_uuid, request_id):
        row = db.get_action(instance_uuid, request_id)
        return None if row is None else cls._from_row(context, row)

    @base.remotable_classmethod
    def get_current(cls, context, instance_uuid, action_id):
        """Return the record of the action that an instance carries, or None."""
        row = db.get_by_action_id(instance_uuid, action_id)
        return None if row is None else cls._from_row(context, row)


@base.register
class InstanceActionList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('InstanceAction')}

    @base.remotable_classmethod
    def get_by_instance_uuid(cls, context, instance_uuid, filters=None, limit=None, marker=None):
        """Return actions, newest first.

        :param filters: 'changes-since', 'changes-before' (times)
        :param marker: request id of the last one seen
        :raises MarkerNotFound: (400)
        """
        filters = filters or {}
        rows = db.list_actions(instance_uuid, limit, marker, filters.get('changes-since'),
                               filters.get('changes-before'))
        if rows is None:
            raise exception.MarkerNotFound(marker=marker)
        return cls._from_rows(context, InstanceAction, rows)

    @base.remotable_classmethod
    def get_open_by_host(cls, context, host, names, quiet_for):
        """Return the actions of some names on the servers of a host that have not ended, untouched for so many
        seconds, with the number of their events."""
        return cls._from_rows(context, InstanceAction, db.list_open_by_host(host, names, quiet_for))


@base.register
class InstanceActionEvent(base.NovaObject, base.NovaPersistentObject):
    """One step of an action on one host."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'event': fields.text(), 'action_id': fields.integer(), 'start_time': fields.time(),
        'finish_time': fields.time(), 'result': fields.text(), 'traceback': fields.text(), 'host': fields.text(),
        'details': fields.text(),
    }

    @base.remotable_classmethod
    def event_start(cls, context, instance_uuid, event, host=None):
        """Open an event of the request's action."""
        db.event_start(instance_uuid, context.request_id, event, host)

    @base.remotable_classmethod
    def open_first(cls, context, instance_uuid, action_id, event, host):
        """Open the first event of an action on the server's host; False if it has one, is over, or is elsewhere's."""
        return db.open_first_event(instance_uuid, action_id, event, host)

    @base.remotable_classmethod
    def close(cls, context, instance_uuid, action_id, event, result='Success', details=None, traceback=None,
              fault=None):
        """Close an event of one of several actions of a request, and that action.

        :param fault: {'code', 'message', 'details', 'host'} or None, stored with it
        """
        db.close_event(instance_uuid, action_id, event, result, details, traceback,
                       fault and {**fault, 'instance_uuid': instance_uuid})

    @base.remotable_classmethod
    def event_finish(cls, context, instance_uuid, event, result='Success', details=None, traceback=None):
        """Close an event, and its action."""
        db.event_finish(instance_uuid, context.request_id, event, result, details, traceback)


@base.register
class InstanceActionEventList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('InstanceActionEvent')}

    @base.remotable_classmethod
    def get_by_action(cls, context, action_row_id):
        return cls._from_rows(context, InstanceActionEvent, db.list_events(action_row_id))
