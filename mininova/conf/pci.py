# SPDX-License-Identifier: Apache-2.0
"""The [pci] section: devices of hosts that guests may have, and the names flavors use for them.

Both options hold JSON, which is read and checked in mininova/pci.  Nova: nova/conf/pci.py.
"""
from oslo_config import cfg

OPTS = [
    cfg.MultiStrOpt('device_spec', default=[], deprecated_opts=[cfg.DeprecatedOpt('passthrough_whitelist', 'pci')],
                    help="""
PCI devices of this host that guests may have, read by nova-compute at its start; may be given several times, each a
JSON object or a list of such. Of several that match a device the first counts, with its tags. Nothing is given to
guests unless it is named here, and whoever has a device has the power over it: name no device that the host needs.

`vendor_id`, `product_id`: four hexadecimal digits; left out or `*`, any.
`address`: `DOMAIN:BUS:SLOT.FUNCTION` in hexadecimal, in which each part may be `*` or left out, and domain and bus may
be left off altogether; that of a physical function means its virtual functions, too. Or an object of regular
expressions for `domain`, `bus`, `slot` and `function`.
`resource_class`, `traits` (separated by commas): tags that an alias can ask for. `physical_network`, `trusted`: kept
with the device. `managed`: `no` if the host has the device bound to vfio-pci itself. `live_migratable`: `yes` if its
driver can hand over what is in it to a device of another host.

{"vendor_id": "10de", "product_id": "1eb8", "address": "0000:3b:00.*"}
{"address": {"domain": ".*", "bus": "81", "slot": "0[2-5]", "function": ".*"}, "traits": "CUSTOM_FAST"}"""),
    cfg.MultiStrOpt('alias', default=[], help="""
A name for PCI devices that flavors ask for: `pci_passthrough:alias` = `NAME:COUNT`, several separated by commas. Read
by nova-api at its start; must be the same in all of them. May be given several times; entries of the same name, which
must agree in `device_type` and `numa_policy`, are alternatives.

`name`; `vendor_id`, `product_id`: four hexadecimal digits, required unless there is a `resource_class`.
`device_type`: `type-PCI`, `type-VF` (a virtual function) or `type-PF` (a whole device that could be split into virtual
functions). Left out, anything but type-PF.
`numa_policy`, for servers with NUMA nodes: `legacy` (the default: on one of the server's cells, or on none that is
known), `required` (on one of the server's cells), `socket` (on the socket of one of them), `preferred` (the nearest
there is).
`resource_class`, `traits`: that the device's entry in `device_spec` has.
`live_migratable`: `yes` for such devices only, whose servers move live, `no` for others only.

{"name": "gpu", "vendor_id": "10de", "product_id": "1eb8", "device_type": "type-PCI", "numa_policy": "preferred"}"""),
]


def register_opts(conf):
    conf.register_opts(OPTS, group='pci')


def list_opts():
    return [('pci', OPTS)]
