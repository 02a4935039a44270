# SPDX-License-Identifier: Apache-2.0
"""GET /extensions: the fixed list that old clients ask for (nova-api).

Nova: nova/api/openstack/compute/extension_info.py.
"""
