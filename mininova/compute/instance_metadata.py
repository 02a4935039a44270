# SPDX-License-Identifier: Apache-2.0
"""What a guest is told about itself: the tree of documents of the metadata service and of config drives.

Built in nova-api (the service, api/metadata/handler.py) and in nova-compute (a config drive, through
``virtapi.config_drive_files``), from an instance that was loaded with its metadata; does no input but vendor data.
The tree is the one guests know: EC2-style below a version, and ``openstack/``, whose versions are described in
doc/source/metadata.rst.
Nova: nova/api/metadata/base.py, nova/virt/netutils.py
"""
import base64
import json
import os
import posixpath

import mininova.conf
from mininova.compute import device_metadata, ec2_metadata, network_data, vendordata

CONF = mininova.conf.CONF

FOLSOM, GRIZZLY, HAVANA, LIBERTY = '2012-08-10', '2013-04-04', '2013-10-17', '2015-10-15'
NEWTON_ONE, NEWTON_TWO, OCATA, ROCKY, VICTORIA = '2016-06-30', '2016-10-06', '2017-02-22', '2018-08-27', '2020-10-14'
EPOXY = '2025-04-04'
OPENSTACK_VERSIONS = (FOLSOM, GRIZZLY, HAVANA, LIBERTY, NEWTON_ONE, NEWTON_TWO, OCATA, ROCKY, VICTORIA, EPOXY)

PASSWORD, META_DATA = 'password', 'meta_data.json'
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
        self.vendor_data = vendordata.VendorData(instance)
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
        :raises VendorDataFailed: the operator's part of it cannot be had
        """
        parts = split(path)
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
            return _listing(documents, version)
        if parts[1] not in documents:
            raise NoSuchDocument(parts[1])
        return documents[parts[1]]()

    def ec2_tree(self, version):
        """The EC2-style tree of a version as nested dictionaries."""
        return ec2_metadata.tree(self, version)

    def _documents(self, version):
        """The documents of an openstack/ version: {name: function that gives the bytes}."""
        documents = {META_DATA: lambda: _json(self.meta_data(version))}
        if self.user_data is not None:
            documents['user_data'] = lambda: self.user_data
        if version >= HAVANA and vendordata.STATIC in CONF.api.vendordata_providers:
            documents['vendor_data.json'] = lambda: _json(self.vendor_data.static())
        if version >= LIBERTY:
            documents['network_data.json'] = lambda: _json(network_data.network_data(self.network_info))
        if version >= NEWTON_TWO:
            documents['vendor_data2.json'] = lambda: _json(self.vendor_data.all())
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
            found['devices'] = self._devices(version)
        if version >= VICTORIA:
            found['dedicated_cpus'] = self._dedicated_cpus()
        return found

    def _devices(self, version):
        """Devices that were given a tag (2.32), and where they are."""
        places = self.instance.device_metadata if self.instance.obj_attr_is_set('device_metadata') else None
        return device_metadata.describe(places, self.network_info, self.block_devices, vlans=version >= OCATA,
                                        trusted=version >= ROCKY)

    def _dedicated_cpus(self):
        """Virtual CPUs that have a CPU of the host for themselves."""
        topology = self.instance.get_numa_topology()
        return sorted(cpu for cell in topology.cells for cpu in cell.pcpuset) if topology else []

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
        common = {}
        for version in [*OPENSTACK_VERSIONS, 'latest']:
            documents = self._documents(OPENSTACK_VERSIONS[-1] if version == 'latest' else version)
            for name, read in documents.items():
                # Only meta_data.json differs from version to version; what services say is asked for once.
                content = read() if name == META_DATA else common.get(name) or common.setdefault(name, read())
                files[f'openstack/{version}/{name}'] = content
        files.update({f'openstack/content/{name}': data for name, data in self.content.items()})
        return files

    def renew_devices(self, files):
        """Write into the files of a config drive where the devices are by now.

        :param files: what `metadata_for_config_drive` gave, which is changed
        :returns: whether it makes a difference
        """
        if not device_metadata.is_needed(self.network_info, self.block_devices):
            return False
        for version in [*OPENSTACK_VERSIONS, 'latest']:
            path = f'openstack/{version}/{META_DATA}'
            found = json.loads(files[path])
            if 'devices' in found:
                found['devices'] = self._devices(OPENSTACK_VERSIONS[-1] if version == 'latest' else version)
                files[path] = _json(found)
        return True


def split(path):
    """Return the parts of a path as Nova reads it: doubled slashes, . and .. mean nothing of their own."""
    return [part for part in posixpath.normpath('/' + path.lstrip('/')).split('/') if part]


def _listing(documents, version):
    """The names in the directory of a version, in Nova's order."""
    order = (META_DATA, 'user_data', PASSWORD, 'vendor_data.json', 'network_data.json', 'vendor_data2.json')
    return [name for name in order if name in documents or name == PASSWORD and version >= GRIZZLY]


def _json(document):
    return json.dumps(document).encode()
