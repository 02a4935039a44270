# SPDX-License-Identifier: Apache-2.0
"""What queries of the usage audits accept, and the answer.

Nova: nova/api/openstack/compute/schemas/instance_usage_audit_log.py.
"""
from mininova.api import validation


def _closed(properties):
    return {'type': 'object', 'properties': properties, 'required': list(properties), 'additionalProperties': False}


_text, _number = {'type': 'string'}, {'type': 'integer', 'minimum': 0}
_log = _closed({
    'hosts_not_run': {'type': 'array', 'items': _text},
    'log': {'type': 'object', 'additionalProperties': _closed({
        'instances': _number, 'errors': _number, 'message': _text,
        'state': {'type': 'string', 'enum': ['RUNNING', 'DONE']}})},
    'num_hosts': _number, 'num_hosts_done': _number, 'num_hosts_not_run': _number, 'num_hosts_running': _number,
    'overall_status': _text, 'period_beginning': _text, 'period_ending': _text, 'total_errors': _number,
    'total_instances': _number,
})

query = validation.query({})
index_response = validation.body(_closed({'instance_usage_audit_logs': _log}))
show_response = validation.body(_closed({'instance_usage_audit_log': _log}))
