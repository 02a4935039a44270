# SPDX-License-Identifier: Apache-2.0
"""The encrypted password of a guest, in pieces that system metadata can hold.

Written by the guest through the metadata service or by nova-compute after changePassword, read and cleared through
os-server-password.  Nova: nova/api/metadata/password.py, which the metadata service finds under that name here too.
"""
CHUNKS = 4
CHUNK_LENGTH = 255
MAX_SIZE = CHUNKS * CHUNK_LENGTH
PREFIX = 'password_'
KEYS = tuple(f'{PREFIX}{number}' for number in range(CHUNKS))


def extract_password(instance):
    """Give the stored password as text, empty if there is none."""
    return ''.join(instance.system_metadata.get(key) or '' for key in KEYS)


def convert_password(password):
    """Cut a password into the entries of system metadata that hold it; unused ones are empty.

    :param password: text of at most MAX_SIZE characters
    """
    return {key: password[number * CHUNK_LENGTH:(number + 1) * CHUNK_LENGTH] for number, key in enumerate(KEYS)}
