# SPDX-License-Identifier: Apache-2.0
"""Asks the identity service whether a project exists (nova-api).  Nova: nova/api/openstack/identity.py.

Best effort: only a clear "no" refuses the request. Without an identity service nothing is asked.
"""
import logging
import urllib.parse

from oslo_utils import importutils

from mininova import exception

LOG = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
ENDPOINT = {'service_type': 'identity', 'min_version': (3, 0), 'max_version': (3, 'latest')}


def verify_project_id(context, project_id):
    """Refuse a project that the identity service does not know.

    :raises InvalidInput: (400)
    """
    plugin = context.user_auth_plugin
    if plugin is None:
        return
    if project_id in ('.', '..'):
        # It would be another path.
        raise _invalid(project_id)
    # Loaded on first use: 22 MB that a service without an identity service never needs.
    session = importutils.import_module('keystoneauth1.session').Session(auth=plugin, timeout=TIMEOUT_SECONDS)
    failure = importutils.import_class('keystoneauth1.exceptions.ClientException')
    try:
        answer = session.get(f'/projects/{urllib.parse.quote(project_id, safe="")}', raise_exc=False,
                             endpoint_filter=ENDPOINT)
    except failure as error:
        LOG.info('The identity service cannot be asked for project %s: %s', project_id, error)
        return
    if answer.status_code == 404:
        raise _invalid(project_id)
    if answer.status_code not in (200, 403):
        LOG.warning('The identity service answered %s when asked for project %s.', answer.status_code, project_id)


def _invalid(project_id):
    return exception.InvalidInput(reason=f'Project ID {project_id} is not a valid project.')
