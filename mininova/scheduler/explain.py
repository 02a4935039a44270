# SPDX-License-Identifier: Apache-2.0
"""Scheduling reports as text for `nova-manage scheduler explain`.  New here: Nova has no such thing."""


def render(report):
    """Return one decision as text."""
    return f'{report.instance_uuid} {report.outcome}: {report.summary}'
