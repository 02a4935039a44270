# SPDX-License-Identifier: Apache-2.0
"""How flavors are shown.  Nova: nova/api/openstack/compute/views/flavors.py."""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.policies import flavors_extraspecs as extra_specs_policies


def _add_description(shown, flavor):
    shown['description'] = flavor['description']


def _add_extra_specs(shown, flavor):
    shown['extra_specs'] = flavor['extra_specs']


def _number_as_swap(shown, flavor):
    shown['swap'] = flavor['swap']


def _drop_unused(shown, flavor):
    del shown['OS-FLV-DISABLED:disabled'], shown['rxtx_factor']


def mapping(flavor):
    """Return a Flavor object as the mapping that the view takes."""
    return {name: getattr(flavor, name) for name in flavor.fields if flavor.obj_attr_is_set(name)}


class ViewBuilder(common.ViewBuilder):
    """Takes flavors as mappings: rows, or what :func:`mapping` makes of an object."""

    _collection_name = 'flavors'

    @staticmethod
    def shows_extra_specs(req):
        """Tell whether this caller sees extra specs inside flavors (2.61)."""
        return (versions.is_supported(req, '2.61')
                and req.environ['nova.context'].can(extra_specs_policies.INDEX, fatal=False))

    def _changes(self, req):
        """Return what to do to the oldest form of a flavor, in order."""
        steps = (('2.55', _add_description, True), ('2.61', _add_extra_specs, self.shows_extra_specs(req)),
                 ('2.75', _number_as_swap, True), ('2.102', _drop_unused, True))
        return [step for version, step, wanted in steps if wanted and versions.is_supported(req, version)]

    def _full(self, req, flavor, changes):
        shown = {
            'id': flavor['flavorid'],
            'name': flavor['name'],
            'ram': flavor['memory_mb'],
            'disk': flavor['root_gb'],
            'swap': flavor['swap'] or '',
            'OS-FLV-EXT-DATA:ephemeral': flavor['ephemeral_gb'],
            'OS-FLV-DISABLED:disabled': flavor['disabled'],
            'vcpus': flavor['vcpus'],
            'os-flavor-access:is_public': flavor['is_public'],
            'rxtx_factor': flavor['rxtx_factor'] or '',
            'links': self._get_links(req, flavor['flavorid']),
        }
        for change in changes:
            change(shown, flavor)
        return shown

    def _brief(self, req, flavor, changes):
        shown = {'id': flavor['flavorid'], 'name': flavor['name'], 'links': self._get_links(req, flavor['flavorid'])}
        for change in changes:
            change(shown, flavor)
        return shown

    def show(self, req, flavor):
        """Return one flavor."""
        return {'flavor': self._full(req, flavor, self._changes(req))}

    def index(self, req, flavors):
        """Return flavors with names only, and a description from 2.55."""
        changes = [_add_description] if versions.is_supported(req, '2.55') else []
        return self._list(req, flavors, [self._brief(req, flavor, changes) for flavor in flavors], 'flavors')

    def detail(self, req, flavors):
        """Return flavors with all that is known."""
        changes = self._changes(req)
        return self._list(req, flavors, [self._full(req, flavor, changes) for flavor in flavors], 'flavors/detail')

    def _list(self, req, flavors, shown, collection):
        links = self._get_collection_links(req, flavors, collection, 'flavorid')
        return {'flavors': shown, 'flavors_links': links} if links else {'flavors': shown}
