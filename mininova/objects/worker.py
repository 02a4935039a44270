# SPDX-License-Identifier: Apache-2.0
"""Worker: one conductor process; instances name the worker that drives them.  New here: Nova has no such record."""
from mininova.objects import base, fields

db = base.Database('services')


@base.register
class Worker(base.NovaObject):
    VERSION = '1.0'
    fields = {'uuid': fields.UUIDField(), 'binary': fields.text(), 'host': fields.text(), 'pid': fields.integer()}

    @base.remotable
    def heartbeat(self):
        db.worker_heartbeat(self.uuid, self.binary, self.host, self.pid)

    @base.remotable
    def leave(self):
        db.worker_leave(self.uuid)
