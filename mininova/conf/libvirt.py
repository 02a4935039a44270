# SPDX-License-Identifier: Apache-2.0
"""The [libvirt] section.  Read by nova-compute with compute_driver = libvirt.  Nova: nova/conf/libvirt.py."""
from oslo_config import cfg

CONNECTION_OPTS = [
    cfg.StrOpt('virt_type', default='auto', choices=('auto', 'kvm', 'qemu'), help="""
How guests run: `kvm` (hardware), `qemu` (emulation), or `auto`, which runs a few instructions in a
guest to find out. The presence of /dev/kvm decides nothing: there are machines where it opens and
guests hang. `kvm` on a host that fails that test is refused at start."""),
    cfg.StrOpt('connection_uri', default='', help="""
libvirt URI; empty means qemu:///system."""),
    cfg.IntOpt('keepalive_interval', default=5, min=1, help="""
Seconds between two signs of life on the connection to libvirtd."""),
    cfg.IntOpt('keepalive_count', default=3, min=1, help="""
Missed signs of life after which the connection counts as broken, which ends calls that hang in it."""),
    cfg.IntOpt('reconnect_interval', default=3, min=1, help="""
Seconds between two checks of the connection; a lost one is opened again."""),
]

GUEST_OPTS = [
    cfg.StrOpt('cpu_mode', choices=('host-model', 'host-passthrough', 'maximum', 'custom', 'none'), help="""
CPU shown to guests. Unset: `host-model` with kvm; with qemu an emulated model that today's
distributions accept (x86-64-v2)."""),
    cfg.ListOpt('cpu_models', default=[], help="Names of CPU models in order of preference, for cpu_mode = custom."),
    cfg.ListOpt('hw_machine_type', default=[], help="""
Machine type per architecture for images that name none, e.g. `x86_64=q35,aarch64=virt`. Default: `pc` and `virt`."""),
    cfg.StrOpt('images_type', default='default', choices=('default', 'raw', 'flat', 'qcow2'), help="""
Form of new root disks; `default` follows `use_cow_images`. `flat` is another name of `raw`."""),
    cfg.StrOpt('rescue_image_id', help="""
Image that servers of this host are rescued with when the request names none. Unset: the image that the server was
made of."""),
    cfg.StrOpt('snapshot_image_format', choices=('raw', 'qcow2', 'vmdk', 'vdi'), help="""
Form of the images that are made of guests. Unset: the form of the guest's disk."""),
    cfg.StrOpt('remote_filesystem_transport', default='rsync', choices=('rsync', 'ssh'), help="""
How the disks of a server that is resized or migrated go to another host where the hosts have no directory in common:
`rsync` leaves out what sparse disks do not hold, `ssh` (scp) needs nothing but ssh and sends every byte. Either way
the user that nova-compute runs as must reach the other host's `my_ip` by ssh without a password."""),
    cfg.ListOpt('migration_ssh_options', default=[], help="""
Further options of the ssh command for that, separated by commas, e.g. `-i,/var/lib/nova/.ssh/id_ed25519,-p,2222`. What
can be said in the user's own ~/.ssh/config is better said there."""),
    cfg.ListOpt('disk_cachemodes', default=[], help="""
Host cache per disk type, e.g. `file=writeback`. Default: `none` where the file system can do direct
input and output, else `writeback`."""),
    cfg.StrOpt('rng_dev_path', default='/dev/urandom', help="Source of the guests' virtual random number generator."),
    cfg.IntOpt('num_pcie_ports', default=0, min=0, max=28, help="""
PCIe root ports of q35 guests, free ones included; 0 leaves it to libvirt."""),
    cfg.IntOpt('mem_stats_period_seconds', default=10, min=0, help="""
Seconds between two memory reports of a guest; 0 turns them off."""),
    cfg.IntOpt('wait_soft_reboot_seconds', default=120, min=0, help="""
Seconds a guest gets for a soft reboot before it is rebooted hard."""),
    cfg.StrOpt('sysinfo_serial', default='unique', choices=('none', 'unique'), help="""
Serial number in the guest's firmware tables: the instance's UUID (`unique`) or none."""),
    cfg.BoolOpt('use_nwfilter', default=True, help="""
Let libvirt drop frames in which a guest uses an address that is not its own. Off only where
something else does that (or in containers without ebtables)."""),
]


def register_opts(conf):
    conf.register_opts(CONNECTION_OPTS + GUEST_OPTS, group='libvirt')


def list_opts():
    return [('libvirt', CONNECTION_OPTS + GUEST_OPTS)]
