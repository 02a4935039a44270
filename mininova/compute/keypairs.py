# SPDX-License-Identifier: Apache-2.0
"""KeypairAPI: a user's key pairs (nova-api).  Nova: ``KeypairAPI`` of nova/compute/api.py."""
from mininova import concurrency, crypto, exception, objects, quota

SSH = 'ssh'
X509 = 'x509'


class KeypairAPI:
    """What callers may ask of key pairs. The private key is given out once and never kept."""

    def import_key_pair(self, context, user_id, key_name, public_key, key_type=SSH):
        """Store a public key that the user made.

        :raises InvalidKeypair: it is none (400)
        :raises KeyPairExists: the name is taken (409)
        :raises KeypairLimitExceeded: (403)
        """
        if key_type == X509:
            fingerprint = crypto.generate_x509_fingerprint(public_key)
        elif key_type == SSH:
            public_key = crypto.clean_ssh_public_key(public_key)
            fingerprint = crypto.generate_fingerprint(public_key)
        else:
            raise exception.InvalidKeypair(reason=f'there is no type {key_type}')
        return self._store(context, user_id, key_name, public_key, fingerprint, key_type)

    def create_key_pair(self, context, user_id, key_name, key_type=SSH):
        """Make a key pair.

        :returns: (the key pair, the private key)
        """
        # Making an RSA key takes a tenth of a second of pure arithmetic.
        if key_type == X509:
            private, public, fingerprint = concurrency.native(crypto.generate_winrm_x509_cert, user_id)
        else:
            private, public, fingerprint = concurrency.native(crypto.generate_key_pair)
        return self._store(context, user_id, key_name, public, fingerprint, key_type), private

    @staticmethod
    def _store(context, user_id, key_name, public_key, fingerprint, key_type):
        keypair = objects.KeyPair(context, user_id=user_id, name=key_name, type=key_type, public_key=public_key,
                                  fingerprint=fingerprint)
        keypair.create(limit=quota.get_limit(context, 'key_pairs', user_id=user_id))
        return keypair

    def delete_key_pair(self, context, user_id, key_name):
        """:raises KeypairNotFound: (404)"""
        objects.KeyPair.destroy_by_name(context, user_id, key_name)

    def get_key_pairs(self, context, user_id, limit=None, marker=None):
        """Return a user's key pairs by name, as mappings.

        :param marker: the last name seen
        :raises MarkerNotFound: (400)
        """
        return objects.KeyPairList.get_rows(context, user_id, limit, marker)

    def get_key_pair(self, context, user_id, key_name):
        """:raises KeypairNotFound: (404)"""
        return objects.KeyPair.get_by_name(context, user_id, key_name)
