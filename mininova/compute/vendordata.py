# SPDX-License-Identifier: Apache-2.0
"""What the operator tells every guest: vendor_data.json and vendor_data2.json.

Runs in nova-api (the metadata service) and in nova-compute (config drives). Nova: nova/api/metadata/vendordata_json.py,
vendordata_dynamic.py beside it, and _vendor_data2 of nova/api/metadata/base.py
"""
import json

from oslo_log import log
from oslo_utils import importutils

import mininova.conf
from mininova import exception

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

STATIC, DYNAMIC = 'StaticJSON', 'DynamicJSON'


class VendorData:
    """The vendor data of one guest.

    What a service has answered is kept as long as this object: a guest reads the document in each of its versions, and
    a config drive holds them all.

    :param instance: objects.Instance with ``metadata`` loaded
    """

    def __init__(self, instance):
        self._instance = instance
        self._answers = {}

    def static(self):
        """Return what the operator's file holds, {} if there is none; None if it is not to be told.

        :raises VendorDataFailed: it is not there, or is no JSON
        """
        return _read_file() if STATIC in CONF.api.vendordata_providers else None

    def all(self):
        """Return what all providers have, by name.

        :raises VendorDataFailed: the file cannot be read, or a service failed and that shall be fatal
        """
        found = {}
        for provider in CONF.api.vendordata_providers:
            answers = {'static': _read_file()} if provider == STATIC else self._ask_services()
            for name, answer in answers.items():
                if name in found:
                    LOG.warning('Two sources of vendor data are called %s; the first counts.', name)
                found.setdefault(name, answer)
        return found

    def _ask_services(self):
        found = {}
        for name, url in _targets():
            if name not in self._answers:
                try:
                    self._answers[name] = self._ask(name, url)
                except exception.VendorDataFailed as error:
                    LOG.warning('%s', error, instance=self._instance)
                    if CONF.api.vendordata_dynamic_failure_fatal:
                        raise
            found[name] = self._answers.get(name, {})
        return found

    def _ask(self, name, url):
        instance = self._instance
        # Loaded on first use: 22 MB that a cloud without such services never needs.
        client = importutils.import_module('mininova.compute.vendordata_dynamic')
        return client.ask(name, url, {
            'project-id': instance.project_id, 'instance-id': instance.uuid, 'image-id': instance.image_ref,
            'user-data': instance.user_data, 'hostname': instance.hostname, 'metadata': dict(instance.metadata or {}),
            'boot-roles': instance.system_metadata.get('boot_roles') or ''})


def _targets():
    """Yield (name, URL) of the services to ask, each name once."""
    seen = set()
    for target in CONF.api.vendordata_dynamic_targets:
        name, at, url = target.partition('@')
        if not at or not name:
            LOG.warning('[api] vendordata_dynamic_targets: an entry has no name; it is left out.')
        elif name in seen:
            LOG.warning('[api] vendordata_dynamic_targets: %s is there twice; the first counts.', name)
        else:
            seen.add(name)
            yield name, url


def _read_file():
    path = CONF.api.vendordata_jsonfile_path
    if not path:
        return {}
    try:
        with open(path, 'rb') as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise exception.VendorDataFailed(source=path, reason=type(error).__name__) from error
