# SPDX-License-Identifier: Apache-2.0
"""/os-simple-tenant-usage: how long the servers of projects ran (nova-api).

Nova: nova/api/openstack/compute/simple_tenant_usage.py.
"""
import datetime

from oslo_utils import timeutils

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import simple_tenant_usage as schemas
from mininova.api.openstack.compute.views import simple_tenant_usage as views
from mininova.compute import tenant_usage
from mininova.policies import simple_tenant_usage as policies

DEFAULT_PERIOD = datetime.timedelta(weeks=4)
FORMATS = ('%Y-%m-%dT%H:%M:%S', '%Y-%m-%dT%H:%M:%S.%f', '%Y-%m-%d %H:%M:%S.%f')


class SimpleTenantUsageController(wsgi.Controller):
    """The usage of a period, of all projects or of one; from 2.40 in pages of servers."""

    _view_builder_class = views.ViewBuilder

    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        context = req.environ['nova.context']
        context.can(policies.LIST, target={})
        period, now = _period(req)
        found = tenant_usage.of_projects(*period, now, **_page(req))
        return self._view_builder.index(req, found, period, detailed=req.GET.get('detailed') == '1')

    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        context = req.environ['nova.context']
        context.can(policies.SHOW, target={'project_id': id})
        period, now = _period(req)
        return self._view_builder.show(req, tenant_usage.of_projects(*period, now, project_id=id, **_page(req)), period)


def _page(req):
    """Return limit and marker, as far as the version has them."""
    if not versions.is_supported(req, '2.40'):
        return {}
    limit, marker = common.get_limit_and_marker(req)
    return {'limit': limit, 'marker': marker}


def _period(req):
    """Return ((begin, end), now); the last four weeks if the query names none.

    :raises InvalidInput: (400)
    """
    now = timeutils.utcnow()
    begin = _time(req.GET['start']) if 'start' in req.GET else now - DEFAULT_PERIOD
    end = _time(req.GET['end']) if 'end' in req.GET else now
    if begin >= end:
        raise exception.InvalidInput(reason='Invalid start time. The start time cannot occur after the end time.')
    return (begin, end), now


def _time(text):
    for form in FORMATS:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    raise exception.InvalidInput(reason='Datetime is in invalid format')


class SimpleTenantUsage(extensions.Extension):
    """Usage of projects."""

    alias = 'os-simple-tenant-usage'
    name = 'SimpleTenantUsage'
    resources = (extensions.Resource('os-simple-tenant-usage', SimpleTenantUsageController),)
