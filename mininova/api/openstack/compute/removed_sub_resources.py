# SPDX-License-Identifier: Apache-2.0
"""What was below /servers/{id} once and answers 410 at every microversion (nova-api).

Nova: nova/api/openstack/compute/consoles.py, virtual_interfaces.py.
"""
from mininova.api.openstack import extensions, wsgi

ConsolesController = wsgi.gone_controller(
    'ConsolesController', '21.0.0', 'It was for Xen; remote-consoles took its place.',
    methods=('index', 'create', 'show', 'delete'))
VirtualInterfacesController = wsgi.gone_controller(
    'VirtualInterfacesController', '18.0.0', 'It worked with nova-network only; os-interface took its place.',
    methods=('index',))


class RemovedSubResources(extensions.Extension):
    """/servers/{id}/consoles and /servers/{id}/os-virtual-interfaces."""

    alias = 'os-consoles'
    name = 'RemovedSubResources'
    resources = (
        extensions.Resource('consoles', ConsolesController, parent=('servers', 'server_id')),
        extensions.Resource('os-virtual-interfaces', VirtualInterfacesController, parent=('servers', 'server_id')))
