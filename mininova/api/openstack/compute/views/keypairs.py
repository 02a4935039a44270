# SPDX-License-Identifier: Apache-2.0
"""How key pairs are shown.  Nova: nova/api/openstack/compute/views/keypairs.py."""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common

_BRIEF = ('name', 'public_key', 'fingerprint')


class ViewBuilder(common.ViewBuilder):
    """Key pairs as mappings or objects."""

    _collection_name = 'os-keypairs'

    @staticmethod
    def _names(req, *names):
        """Return the names of fields; the type is among them from 2.2."""
        return (*_BRIEF, *names, 'type') if versions.is_supported(req, '2.2') else (*_BRIEF, *names)

    def create(self, req, keypair, private_key=None):
        """Return a new key pair, with the private key if it was made here."""
        shown = {name: getattr(keypair, name) for name in self._names(req, 'user_id')}
        if private_key is not None:
            shown['private_key'] = private_key
        return {'keypair': shown}

    def show(self, req, keypair):
        """Return one key pair; what says 'deleted' or 'updated' has never had a value."""
        shown = {name: getattr(keypair, name) for name in self._names(req, 'user_id', 'id')}
        shown.update(created_at=keypair.created_at.isoformat(timespec='microseconds'), deleted=False, deleted_at=None,
                     updated_at=None)
        return {'keypair': shown}

    def index(self, req, keypairs):
        """Return a user's key pairs; with a link to the next page from 2.35."""
        names = self._names(req)
        found = {'keypairs': [{'keypair': {name: keypair[name] for name in names}} for keypair in keypairs]}
        if versions.is_supported(req, '2.35'):
            links = self._get_collection_links(req, keypairs, self._collection_name, 'name')
            if links:
                found['keypairs_links'] = links
        return found
