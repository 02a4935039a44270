# SPDX-License-Identifier: Apache-2.0
"""SchedulingReport: why a server went where it went, or nowhere.  New here: Nova only logs this."""
from mininova.db import request_specs as db
from mininova.objects import base, fields


@base.register
class SchedulingReport(base.NovaObject, base.NovaPersistentObject):
    """``details`` is {'hosts': [{'host', 'node', 'passed', 'filter', 'reason', 'wanted', 'had', 'weight', 'weights'}], ...}."""
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'instance_uuid': fields.text(), 'request_id': fields.text(), 'outcome': fields.text(),
              'selected_host': fields.text(), 'summary': fields.text(), 'details': fields.JsonField(nullable=True)}

    @base.remotable
    def create(self, keep_days=30):
        db.add_report(self.obj_changes_plain(), keep_days)
        self.obj_reset_changes()


@base.register
class SchedulingReportList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('SchedulingReport')}

    @base.remotable_classmethod
    def get_by_key(cls, context, key):
        """Return the decisions about a server (uuid) or of a request (req-...)."""
        return cls._from_rows(context, SchedulingReport, db.list_reports(key))
