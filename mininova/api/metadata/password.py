# SPDX-License-Identifier: Apache-2.0
"""The password a guest has chosen and encrypted for its user: kept in system metadata, in pieces.

Nova: nova/api/metadata/password.py
"""
CHUNKS = 4
CHUNK_LENGTH = 255
MAX_SIZE = CHUNKS * CHUNK_LENGTH
PREFIX = 'password_'


def extract_password(instance):
    """Give the stored password as text, empty if there is none."""
    return ''.join(instance.system_metadata.get(f'{PREFIX}{number}') or '' for number in range(CHUNKS))


def convert_password(password):
    """Cut a password into the entries of system metadata that hold it; unused ones are empty.

    :param password: text of at most MAX_SIZE characters
    """
    return {f'{PREFIX}{number}': password[number * CHUNK_LENGTH:(number + 1) * CHUNK_LENGTH]
            for number in range(CHUNKS)}
