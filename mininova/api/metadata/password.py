# SPDX-License-Identifier: Apache-2.0
"""The password a guest has chosen and encrypted for its user, as the metadata service sees it (nova-api).

Nova: nova/api/metadata/password.py.  How it is kept is in mininova/compute/server_password.py.
"""
from mininova.compute import server_password

MAX_SIZE = server_password.MAX_SIZE
extract_password = server_password.extract_password
convert_password = server_password.convert_password


def store_first(instance, password):
    """Keep a password if there is none yet.

    :returns: whether it was kept
    """
    return instance.update_system_metadata(convert_password(password), unless=server_password.KEYS)
