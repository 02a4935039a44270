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

    @base.remotable_classmethod
    def get_usage_of_user(cls, context, project_id, user_id):
        """Return {resource: used} of one user of a project."""
        return db.usage_of_user(project_id, user_id)

    @base.remotable_classmethod
    def get_sums_of_users(cls, context, project_id):
        """Return {resource: sum of what is set for single users of a project}."""
        return db.get_sums_of_users(project_id)

    @base.remotable_classmethod
    def get_class_limits(cls, context, class_name):
        """Return what is set for a quota class: {resource: limit}."""
        return db.get_class_limits(class_name)

    @base.remotable_classmethod
    def set_limits(cls, context, project_id, limits, user_id=None):
        """Set limits of a project, or of one user of it, all or none."""
        db.set_limits(project_id, limits, user_id or '')

    @base.remotable_classmethod
    def set_class_limits(cls, context, class_name, limits):
        """Set limits of a quota class, all or none."""
        db.set_class_limits(class_name, limits)

    @base.remotable_classmethod
    def destroy_all(cls, context, project_id, user_id=None):
        """Return a project, or one user of it, to the defaults."""
        db.delete_limits(project_id, user_id)
