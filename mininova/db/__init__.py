# SPDX-License-Identifier: Apache-2.0
"""The only SQL.  Imported by mininova.objects and cmd/manage, by nobody else.

Nova: nova/db/main/api.py and nova/db/api/api.py, cut by noun: one module of queries per kind of
record.  Functions take a connection from :mod:`mininova.db.session` and give plain mappings.
"""
