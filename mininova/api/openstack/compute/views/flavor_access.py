# SPDX-License-Identifier: Apache-2.0
"""How the access list of a flavor is shown.  Nova: ``_marshall_flavor_access`` of flavor_access.py."""


class ViewBuilder:
    """The projects that may use a private flavor."""

    def index(self, flavor):
        return {'flavor_access': [{'flavor_id': flavor.flavorid, 'tenant_id': project_id}
                                  for project_id in flavor.projects]}
