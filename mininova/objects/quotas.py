# SPDX-License-Identifier: Apache-2.0
"""Quotas: what is set and what is used; ``mininova.quota`` makes limits of it.  Nova: nova/objects/quotas.py."""
from mininova.objects import base

db = base.Database('quotas')


@base.register
class Quotas(base.NovaObject):
    """No records of its own: functions over limits and counts."""
    VERSION = '1.0'
    fields = {}

    @base.remotable_classmethod
    def get_effective(cls, context, project_id, user_id):
        """Return what is set for the default class, the project and the user in it, three {resource: limit}."""
        return db.get_effective(project_id, user_id or '')

    @base.remotable_classmethod
    def get_usage(cls, context, project_id):
        """Return {resource: used} of a project for all resources that are counted."""
        return db.usage(project_id)
