# SPDX-License-Identifier: Apache-2.0
"""What nova-api answers over HTTP.

openstack/  the Compute API under /v2 and /v2.1
metadata/   what guests ask for about themselves
validation/ JSON schemas of requests

``auth``, ``compute_req_id`` and ``wsgi`` are pieces of the Paste pipelines (etc/nova/api-paste.ini).
"""
