# SPDX-License-Identifier: Apache-2.0
"""Paste filter that gives each request its id (nova-api).  Nova: nova/api/compute_req_id.py.

The id is in the answer twice: as x-openstack-request-id, like everywhere in OpenStack, and as
x-compute-request-id, so that it survives a proxy service that adds its own. A caller's own request id
is kept as the global id: it is logged and passed on, but not echoed.
"""
import re

from oslo_context import context

ENV_REQUEST_ID = 'openstack.request_id'
ENV_GLOBAL_REQUEST_ID = 'openstack.global_request_id'
HTTP_RESP_HEADER_REQUEST_ID = 'x-compute-request-id'
ALTERNATE_HEADER = 'x-openstack-request-id'

_GLOBAL_ID = re.compile(r'req-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')


class ComputeReqIdMiddleware:
    """Sets the request id in the environment and in the answer."""

    @classmethod
    def factory(cls, global_config, **local_config):
        return cls

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        request_id = context.generate_request_id()
        environ[ENV_REQUEST_ID] = request_id
        asked = environ.get('HTTP_X_OPENSTACK_REQUEST_ID', '')
        if _GLOBAL_ID.fullmatch(asked):
            environ[ENV_GLOBAL_REQUEST_ID] = asked

        def start(status, headers, exc_info=None):
            headers = [*headers, (ALTERNATE_HEADER, request_id), (HTTP_RESP_HEADER_REQUEST_ID, request_id)]
            return start_response(status, headers, exc_info)
        return self.application(environ, start)
