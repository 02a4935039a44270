# SPDX-License-Identifier: Apache-2.0
"""How the version documents look.  Nova: nova/api/openstack/compute/views/versions.py."""
from mininova.api.openstack import api_version_request, common


def known_versions():
    """Return {id: (status, newest, oldest, updated, media type)} in the order of ids."""
    vendor = 'application/vnd.openstack.compute+json'
    return {
        'v2.0': ('DEPRECATED', '', '', '2025-07-04T12:00:00Z', f'{vendor};version=2'),
        'v2.1': ('CURRENT', str(api_version_request.max_api_version()), str(api_version_request.min_api_version()),
                 '2013-07-23T11:33:21Z', f'{vendor};version=2.1'),
    }


def _media_types(media_type):
    return [{'base': 'application/json', 'type': media_type}]


class ViewBuilder:
    """Documents of one request; links carry the host that it was sent to."""

    def __init__(self, req):
        self._root = common.remove_trailing_version_from_href(common.application_url(req))

    def _href(self, identifier, path=''):
        version = 'v2' if identifier == 'v2.0' else identifier
        return common.url_join(self._root, version, path)

    def _entry(self, identifier):
        status, newest, oldest, updated, _media_type = known_versions()[identifier]
        return {'id': identifier, 'status': status, 'version': newest, 'min_version': oldest, 'updated': updated,
                'links': [{'rel': 'self', 'href': self._href(identifier)}]}

    def index(self):
        """Return the list at the root of the service."""
        return {'versions': [self._entry(identifier) for identifier in known_versions()]}

    def choices(self, path):
        """Return the alternatives for a path that belongs to no version."""
        return {'choices': [
            {'id': identifier, 'status': known[0], 'links': [{'rel': 'self', 'href': self._href(identifier, path)}],
             'media-types': _media_types(known[-1])}
            for identifier, known in known_versions().items()]}

    def show(self, identifier):
        """Return the document of one version."""
        entry = self._entry(identifier)
        entry['links'].append({'rel': 'describedby', 'type': 'text/html', 'href': 'http://docs.openstack.org/'})
        entry['media-types'] = _media_types(known_versions()[identifier][-1])
        return {'version': entry}
