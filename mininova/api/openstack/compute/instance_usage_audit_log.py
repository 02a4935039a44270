# SPDX-License-Identifier: Apache-2.0
"""/os-instance_usage_audit_log: which hosts told what ran on them in a period (nova-api).

Nova: nova/api/openstack/compute/instance_usage_audit_log.py.
"""
import datetime

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import instance_usage_audit_log as schemas
from mininova.api.openstack.compute.views import instance_usage_audit_log as views
from mininova.compute import audit_period, hosts
from mininova.policies import instance_usage_audit_log as policies


class InstanceUsageAuditLogController(wsgi.Controller):
    """The audits of the last period that was over, now or at some moment."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.host_api = hosts.HostAPI()

    @wsgi.expected_errors(())
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.LIST, target={})
        return {'instance_usage_audit_logs': self._log(context, audit_period.last_completed())}

    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.SHOW, target={})
        return {'instance_usage_audit_log': self._log(context, _period_before(id))}

    def _log(self, context, period):
        # Hosts that are disabled have servers too.
        computes = {service.host for service in self.host_api.service_get_all(binary='nova-compute')}
        return self._view_builder.show(period, computes, self.host_api.usage_audits(context, *period))


def _period_before(text):
    form = '%Y-%m-%d %H:%M:%S.%f' if '.' in text else '%Y-%m-%d %H:%M:%S'
    try:
        return audit_period.last_completed(datetime.datetime.strptime(text, form))
    except ValueError:
        raise exception.InvalidInput(f'Invalid timestamp for date {text[:64]}') from None


class InstanceUsageAuditLog(extensions.Extension):
    """Usage audits."""

    alias = 'os-instance-usage-audit-log'
    name = 'OSInstanceUsageAuditLog'
    resources = (extensions.Resource('os-instance_usage_audit_log', InstanceUsageAuditLogController),)
