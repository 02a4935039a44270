# SPDX-License-Identifier: Apache-2.0
"""TaskLog: what a periodic task did on a host for a period.  Nova: nova/objects/task_log.py."""
from mininova.objects import base, fields

db = base.Database('task_log')

RUNNING, DONE = 'RUNNING', 'DONE'
KEY = ('task_name', 'host', 'period_beginning', 'period_ending')


@base.register
class TaskLog(base.NovaObject, base.NovaPersistentObject):
    """``state`` is RUNNING or DONE; ``run`` names the process that has the task in hand, ``marker`` the last item
    that is done."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'task_name': fields.text(), 'state': fields.text(), 'host': fields.text(),
        'period_beginning': fields.time(), 'period_ending': fields.time(), 'message': fields.text(),
        'task_items': fields.integer(), 'errors': fields.integer(), 'run': fields.text(), 'marker': fields.text(),
    }

    @base.remotable_classmethod
    def get(cls, context, task_name, period_beginning, period_ending, host):
        """Return the record of a host for a period, or None."""
        row = db.get(dict(zip(KEY, (task_name, host, period_beginning, period_ending), strict=True)))
        return None if row is None else cls._from_row(context, row)

    @base.remotable
    def begin_task(self, run):
        """Take the task in hand, as new or where a process that died left it.

        :param run: uuid of the process
        :returns: False if it is done, or somebody else was first
        """
        row = db.begin({name: getattr(self, name) for name in KEY}, run,
                       {'task_items': self.task_items, 'errors': 0, 'message': self.message})
        if row is not None:
            for name in self.fields:
                setattr(self, name, row[name])
        self.obj_reset_changes()
        return row is not None

    @base.remotable
    def save(self, run):
        """Write how far the task is; False if another process has it by now."""
        return self._write(run, {})

    @base.remotable
    def end_task(self, run):
        """Write that the task is done; False if another process has it by now."""
        return self._write(run, {'state': DONE})

    def _write(self, run, more):
        values = {name: getattr(self, name) for name in ('errors', 'marker', 'message', 'task_items')}
        written = db.write(self.id, run, {**values, **more})
        self.obj_reset_changes()
        return written


@base.register
class TaskLogList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('TaskLog')}

    @base.remotable_classmethod
    def get_all(cls, context, task_name, period_beginning, period_ending):
        """Return the records of all hosts for a period, by host."""
        return cls._from_rows(context, TaskLog, db.list_all(task_name, period_beginning, period_ending))
