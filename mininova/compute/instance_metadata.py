# SPDX-License-Identifier: Apache-2.0
"""What a guest is told about itself: the tree of documents of the metadata service and of config drives.

Built in nova-api (the service, api/metadata/handler.py) and in nova-compute (a config drive, through
``virtapi.config_drive_files``), from an instance that was loaded with its metadata; does no input but the vendor file.
The tree is the one guests know: EC2-style below a version, and ``openstack/``.
Nova: nova/api/metadata/base.py, nova/virt/netutils.py
"""
import base64
import json
import os

from oslo_log import log

import mininova.conf
from mininova.compute import ec2_metadata

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

FOLSOM, GRIZZLY, HAVANA, LIBERTY = '2012-08-10', '2013-04-04', '2013-10-17', '2015-10-15'
NEWTON_ONE, NEWTON_TWO, OCATA, ROCKY, VICTORIA = '2016-06-30', '2016-10-06', '2017-02-22', '2018-08-27', '2020-10-14'
OPENSTACK_VERSIONS = (FOLSOM, GRIZZLY, HAVANA, LIBERTY, NEWTON_ONE, NEWTON_TWO, OCATA, ROCKY, VICTORIA)

PASSWORD = 'password'
SEED_BYTES = 512


class NoSuchDocument(Exception):
    """The tree has nothing at that path."""


class InstanceMetadata:
    """The documents of one guest.

    :param instance: objects.Instance with ``metadata`` loaded
    :param network_info: NetworkInfo; default: what the instance has stored
    :param content: files to put into the guest, (path, bytes or text) pairs
    :param extra_md: more for meta_data.json, e.g. {'admin_pass': ...}; for config drives only
    :param block_devices: objects.BlockDeviceMapping of the guest
    :param security_groups: names of its groups
    """

    def __init__(self, instance, network_info=None, content=(), extra_md=None, block_devices=(),
                 security_groups=()):
        self.instance = instance
        self.network_info = instance.get_network_info() if network_info is None else network_info
        self.extra_md = extra_md or {}
        self.block_devices = list(block_devices)
        self.security_groups = list(security_groups)
        self.user_data = base64.b64decode(instance.user_data) if instance.user_data else None
        self.content, self.files = {}, []
        for number, (path, data) in enumerate(content or ()):
            name = f'{number:04d}'
            self.content[name] = data if isinstance(data, bytes) else data.encode()
            self.files.append({'path': path, 'content_path': f'/content/{name}'})

    @property
    def hostname(self):
        """The guest's name with the domain of `[api] dhcp_domain`."""
        name = self.instance.hostname or ''
        return f'{name}.{CONF.api.dhcp_domain}' if CONF.api.dhcp_domain else name

    # -- paths --------------------------------------------------------------------

    def lookup(self, path):
        """Give what the tree has at a path.

        :returns: bytes of a document; for a directory a list of names (directories end in /)
        :raises NoSuchDocument:
        """
        parts = [part for part in path.split('/') if part]
        if not parts:
            return [*ec2_metadata.VERSIONS, 'latest']
        if parts[0] == 'openstack':
            return self._lookup_openstack(parts[1:])
        return self._lookup_ec2(parts[1:] if parts[0] == 'ec2' else parts)

    def _lookup_ec2(self, parts):
        if not parts:
            return [*ec2_metadata.VERSIONS, 'latest']
        version = ec2_metadata.VERSIONS[-1] if parts[0] == 'latest' else parts[0]
        if version not in ec2_metadata.VERSIONS:
            raise NoSuchDocument(parts[0])
        try:
            return ec2_metadata.find(self.ec2_tree(version), parts[1:])
        except KeyError:
            raise NoSuchDocument('/'.join(parts)) from None

    def _lookup_openstack(self, parts):
        if not parts:
            return [*OPENSTACK_VERSIONS, 'latest']
        if parts[0] == 'content':
            if len(parts) == 2 and parts[1] in self.content:
                return self.content[parts[1]]
            raise NoSuchDocument('/'.join(parts))
        version = OPENSTACK_VERSIONS[-1] if parts[0] == 'latest' else parts[0]
        if version not in OPENSTACK_VERSIONS or len(parts) > 2:
            raise NoSuchDocument('/'.join(parts))
        documents = self._documents(version)
        if len(parts) == 1:
            return [*documents, PASSWORD] if version >= GRIZZLY else list(documents)
        if parts[1] not in documents:
            raise NoSuchDocument(parts[1])
        return documents[parts[1]]()

    def ec2_tree(self, version):
        """The EC2-style tree of a version as nested dictionaries."""
        return ec2_metadata.tree(self, version)

    def _documents(self, version):
        """The documents of an openstack/ version: {name: function that gives the bytes}."""
        documents = {'meta_data.json': lambda: _json(self.meta_data(version))}
        if self.user_data is not None:
            documents['user_data'] = lambda: self.user_data
        if version >= HAVANA:
            documents['vendor_data.json'] = lambda: _json(self._static_vendor_data())
        if version >= LIBERTY:
            documents['network_data.json'] = lambda: _json(network_data(self.network_info))
        if version >= NEWTON_TWO:
            documents['vendor_data2.json'] = lambda: _json(self._vendor_data2())
        return documents

    # -- documents ------------------------------------------------------------------

    def meta_data(self, version):
        """The content of meta_data.json."""
        instance = self.instance
        found = {'uuid': instance.uuid, 'hostname': self.hostname, 'name': instance.display_name,
                 'launch_index': instance.launch_index, 'availability_zone': instance.availability_zone}
        if instance.metadata:
            found['meta'] = dict(instance.metadata)
        if self.files:
            found['files'] = self.files
        if instance.key_name:
            found['public_keys'] = {instance.key_name: instance.key_data}
            found['keys'] = [{'name': instance.key_name, 'type': instance.key_type or 'ssh', 'data': instance.key_data}]
        found.update(self.extra_md)
        if version >= GRIZZLY:
            found['random_seed'] = base64.b64encode(os.urandom(SEED_BYTES)).decode()
        if version >= LIBERTY:
            found['project_id'] = instance.project_id
        if version >= NEWTON_ONE:
            found['devices'] = self._devices()
        if version >= VICTORIA:
            found['dedicated_cpus'] = []
        return found

    def _devices(self):
        """Devices that were given a tag (2.32)."""
        nics = [{'type': 'nic', 'bus': 'none', 'address': 'none', 'mac': vif['address'], 'tags': [vif.get_tag()]}
                for vif in self.network_info if vif.get_tag()]
        disks = [{'type': 'disk', 'bus': 'none', 'address': 'none', 'path': device.device_name, 'tags': [device.tag]}
                 for device in self.block_devices if device.tag]
        return nics + disks

    @staticmethod
    def _static_vendor_data():
        path = CONF.api.vendordata_jsonfile_path
        if not path or 'StaticJSON' not in CONF.api.vendordata_providers:
            return {}
        try:
            with open(path) as file:
                found = json.load(file)
        except (OSError, ValueError) as error:
            LOG.warning('No vendor data: %s: %s', path, error)
            return {}
        return found if isinstance(found, dict) else {}

    def _vendor_data2(self):
        return {'static': self._static_vendor_data()} if CONF.api.vendordata_providers else {}

    # -- config drive -----------------------------------------------------------------

    def metadata_for_config_drive(self):
        """Give everything as files: {path: bytes}."""
        files = {}
        skipped = CONF.api.config_drive_skip_versions.split()
        for version in [*ec2_metadata.VERSIONS, 'latest']:
            if version not in skipped:
                tree = self.ec2_tree(ec2_metadata.VERSIONS[-1] if version == 'latest' else version)
                files[f'ec2/{version}/meta-data.json'] = _json(ec2_metadata.plain(tree['meta-data']))
                if self.user_data is not None:
                    files[f'ec2/{version}/user-data'] = self.user_data
        for version in [*OPENSTACK_VERSIONS, 'latest']:
            documents = self._documents(OPENSTACK_VERSIONS[-1] if version == 'latest' else version)
            files.update({f'openstack/{version}/{name}': read() for name, read in documents.items()})
        files.update({f'openstack/content/{name}': data for name, data in self.content.items()})
        return files


def _json(document):
    return json.dumps(document).encode()


def network_data(network_info):
    """Describe a guest's cards and addresses as network_data.json does.

    :param network_info: network.model.NetworkInfo
    :returns: {links, networks, services}
    """
    links, networks, services = [], [], []
    for vif in network_info:
        link = {'id': vif['devname'], 'vif_id': vif['id'], 'type': vif['type'], 'mtu': vif.mtu,
                'ethernet_mac_address': vif['address']}
        links.append(link)
        for subnet in vif['network']['subnets'] if vif['network'] else ():
            networks.append(_network_entry(f'network{len(networks)}', link['id'], vif['network'], subnet))
            for server in subnet['dns']:
                service = {'type': 'dns', 'address': server['address']}
                if service not in services:
                    services.append(service)
    return {'links': links, 'networks': networks, 'services': services}


def _network_entry(identity, link, network, subnet):
    entry = {'id': identity, 'link': link, 'network_id': network['id'], 'type': f'ipv{subnet["version"]}'}
    if subnet.get_meta('dhcp_server'):
        return dict(entry, type=f'ipv{subnet["version"]}_dhcp')
    anywhere = '::' if subnet['version'] == 6 else '0.0.0.0'
    routes = [{'network': anywhere, 'netmask': anywhere, 'gateway': subnet['gateway']['address']}] if (
        subnet['gateway']) else []
    return dict(entry, ip_address=subnet['ips'][0]['address'] if subnet['ips'] else None, netmask=subnet.netmask(),
                routes=routes, services=[{'type': 'dns', 'address': server['address']} for server in subnet['dns']])
