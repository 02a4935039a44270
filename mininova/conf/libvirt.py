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
    cfg.IntOpt('realtime_scheduler_priority', default=1, min=0, max=99, help="""
Priority at which CPUs of guests run that want realtime (`hw:cpu_realtime`)."""),
    cfg.IntOpt('num_pcie_ports', default=0, min=0, max=28, help="""
PCIe root ports of q35 guests, free ones included; 0 leaves it to libvirt."""),
    cfg.IntOpt('mem_stats_period_seconds', default=10, min=0, help="""
Seconds between two memory reports of a guest; 0 turns them off."""),
    cfg.IntOpt('device_detach_attempts', default=8, min=1, help="""
How often a running guest is asked to let a card go before the detachment fails. A guest that boots does not hear
it."""),
    cfg.IntOpt('device_detach_timeout', default=20, min=1, help="""
Seconds a guest gets after each request to let a card go."""),
    cfg.IntOpt('wait_soft_reboot_seconds', default=120, min=0, help="""
Seconds a guest gets for a soft reboot before it is rebooted hard."""),
    cfg.StrOpt('sysinfo_serial', default='unique', choices=('none', 'unique'), help="""
Serial number in the guest's firmware tables: the instance's UUID (`unique`) or none."""),
    cfg.BoolOpt('use_nwfilter', default=True, help="""
Let libvirt drop frames in which a guest uses an address that is not its own. Off only where
something else does that (or in containers without ebtables)."""),
]

LIVE_MIGRATION_OPTS = [
    cfg.StrOpt('live_migration_uri', help="""
libvirt URI of the host to which a guest moves; `%s` stands for its name or address. Unset: made of
`live_migration_scheme`."""),
    cfg.StrOpt('live_migration_scheme', choices=('tcp', 'tls', 'ssh'), help="""
How one libvirtd reaches the other: `qemu+SCHEME://HOST/system`. Unset: tcp, for which libvirtd must listen."""),
    cfg.StrOpt('live_migration_inbound_addr', help="""
Name or address of this host for guests that come to it, e.g. in a network of its own; `%s` stands for the host's name.
Unset: the host's name, or `my_ip` where the other host cannot resolve that."""),
    cfg.IntOpt('live_migration_bandwidth', default=0, min=0, help="""
Most MiB/s that a live migration takes; 0 is no limit."""),
    cfg.IntOpt('live_migration_downtime', default=500, min=100, help="""
Longest standstill in milliseconds at the end of a live migration. It is allowed step by step."""),
    cfg.IntOpt('live_migration_downtime_steps', default=10, min=3, help="""
Steps to the longest standstill."""),
    cfg.IntOpt('live_migration_downtime_delay', default=75, min=3, help="""
Seconds between two steps per GiB that is to be moved (memory, and disks that are copied), at least 2 GiB."""),
    cfg.IntOpt('live_migration_completion_timeout', default=800, min=0, help="""
Seconds per GiB that is to be moved, at least 2 GiB, after which `live_migration_timeout_action` is taken; 0 is
never."""),
    cfg.StrOpt('live_migration_timeout_action', default='abort', choices=('abort', 'force_complete'), help="""
What is done with a live migration that takes too long: call it off, or force it to its end as an administrator can.
Then the guest goes on at the destination at once if `live_migration_permit_post_copy` is on; else it stands still
until it is there."""),
    cfg.BoolOpt('live_migration_permit_post_copy', default=False, help="""
Let a guest that is hurried run on the destination while its memory follows. It is lost when the network fails
then."""),
    cfg.BoolOpt('live_migration_permit_auto_converge', default=False, help="""
Slow down a guest that changes its memory faster than it can be sent. Has no effect together with
`live_migration_permit_post_copy`."""),
    cfg.BoolOpt('live_migration_with_native_tls', default=False, help="""
Encrypt memory and disks on their way; QEMU needs certificates on both hosts (see migrate_tls_* in libvirt's
qemu.conf)."""),
]


def register_opts(conf):
    conf.register_opts(CONNECTION_OPTS + GUEST_OPTS + LIVE_MIGRATION_OPTS, group='libvirt')


def list_opts():
    return [('libvirt', CONNECTION_OPTS + GUEST_OPTS + LIVE_MIGRATION_OPTS)]
