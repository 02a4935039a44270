# SPDX-License-Identifier: Apache-2.0
"""Options that every hypervisor driver shares; read by nova-compute.  Nova: nova/conf/compute.py, base.py."""
from oslo_config import cfg

DEFAULT_OPTS = [
    cfg.StrOpt('compute_driver', default='libvirt.LibvirtDriver', help="""
Which hypervisor nova-compute drives: an entry point of group `mininova.virt.drivers` (`libvirt`,
`fake`), or Nova's spelling of it (`libvirt.LibvirtDriver`, `fake.FakeDriver`)."""),
    cfg.StrOpt('instances_path', default='$state_path/instances', help="""
Directory of the guests' disks (one directory per instance, named by its UUID) and of the image
cache. The hypervisor must be able to read and write it. Guests that exist stay where they are:
move the files yourself before you change it."""),
    cfg.BoolOpt('use_cow_images', default=True, help="""
Make root disks as qcow2 overlays over one cached copy of the image. With False every guest gets a
full raw copy. Only read while `[libvirt] images_type` is `default`; disks that exist keep their format."""),
    cfg.BoolOpt('force_raw_images', default=True, help="""
Convert images to raw once, when they enter the cache. Raw bases are faster to read and need no
format guessing; False keeps qcow2 images compressed on disk (only with qcow2 disks)."""),
    cfg.StrOpt('preallocate_images', default='none', choices=('none', 'space'), help="""
`space` reserves a disk's full size when it is made, so that a guest never meets a full host."""),
    cfg.StrOpt('default_ephemeral_format', choices=('ext2', 'ext3', 'ext4', 'xfs', 'ntfs', 'vfat'), help="""
File system of ephemeral disks that ask for none. Unset: ext4, and ntfs for images with os_type=windows."""),
    cfg.StrOpt('config_drive_format', default='iso9660', choices=('iso9660', 'vfat'), help="""
Form of the config drive: a CD, or a small disk (guests without a CD driver)."""),
    cfg.IntOpt('vif_plugging_timeout', default=300, min=0, help="""
Seconds for which a new guest waits, before it runs, for the network service to say that its cards are plugged; 0 does
not wait. The built-in network plugs at once and says nothing."""),
    cfg.BoolOpt('vif_plugging_is_fatal', default=True, help="""
Whether a guest is given up whose cards were not plugged within `vif_plugging_timeout`, rather than run without."""),
    cfg.BoolOpt('force_config_drive', default=False, help="""
Give every server that is made from now on a config drive, whether or not it asks for one. Without it those get one
that ask for it, and those whose image has the property img_config_drive=mandatory."""),
]

IMAGE_LIMIT_OPTS = [
    cfg.ListOpt('vmdk_allowed_types', default=['streamOptimized', 'monolithicSparse'], help="""
VMDK kinds (createType) that may be booted. Kinds whose extents name other files let a tenant read
the host's files (CVE-2022-47951) and must not be added."""),
    cfg.IntOpt('qemu_img_address_space_limit', default=1024, min=128, help="""
MiB of address space that one qemu-img process may use (CVE-2015-5162)."""),
    cfg.IntOpt('qemu_img_cpu_limit', default=30, min=1, help="""
CPU seconds for a qemu-img that only looks at or creates an image."""),
    cfg.IntOpt('qemu_img_convert_cpu_limit', default=1800, min=1, help="""
CPU seconds for a qemu-img that copies a whole image."""),
]

IMAGE_CACHE_OPTS = [
    cfg.StrOpt('subdirectory_name', default='_base', help="""
Directory of cached images below `instances_path`."""),
    cfg.BoolOpt('remove_unused_base_images', default=True, help="""
Remove cached images that no guest of this host uses."""),
    cfg.IntOpt('remove_unused_original_minimum_age_seconds', default=24 * 3600, min=0, help="""
Seconds a cached image stays after its last use."""),
    cfg.IntOpt('precache_concurrency', default=1, min=1, help="""
On how many hosts at once an image is fetched that an administrator wants in the caches of an aggregate's hosts; read by
nova-conductor. More hosts need more of the image service and of the network."""),
]


def register_opts(conf):
    conf.register_opts(DEFAULT_OPTS)
    conf.register_opts(IMAGE_LIMIT_OPTS, group='compute')
    conf.register_opts(IMAGE_CACHE_OPTS, group='image_cache')


def list_opts():
    return [('DEFAULT', DEFAULT_OPTS), ('compute', IMAGE_LIMIT_OPTS), ('image_cache', IMAGE_CACHE_OPTS)]
