# SPDX-License-Identifier: Apache-2.0
"""SchedulingReport: why a server went where it went, or nowhere.  New here: Nova only logs this."""
from mininova.objects import base, fields

db = base.Database('request_specs')


@base.register
class SchedulingReport(base.NovaObject, base.NovaPersistentObject):
    """``outcome`` is 'placed' or 'failed'; ``details`` holds the table and the numbers
    (mininova/scheduler/decision.py)."""
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'instance_uuid': fields.text(), 'request_id': fields.text(),
              'outcome': fields.text(),
              'selected_host': fields.text(), 'summary': fields.text(), 'details': fields.JsonField(nullable=True)}


@base.register
class SchedulingReportList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('SchedulingReport')}

    @base.remotable_classmethod
    def get_by_key(cls, context, key):
        """Return the decisions about a server (uuid) or of a request (req-...)."""
        return cls._from_rows(context, SchedulingReport, db.list_reports(key))

    @classmethod
    def store(cls, context, reports):
        """Write new reports; only for services with a database."""
        if reports:
            db.add_reports([report.obj_changes_plain() for report in reports])

    @classmethod
    def forget_old(cls, context, keep_days):
        """Delete reports older than so many days; returns how many."""
        return db.forget_reports(keep_days)
