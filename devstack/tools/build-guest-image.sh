#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Build a small Linux guest out of Debian packages: a Debian kernel, busybox-static, dropbear and
# the QEMU guest agent.  What runs inside it is the directory `guest` beside this script.
#
#   build-guest-image.sh [-o OUTDIR] [-n NAME] [-k cloud|full] [-s ROOT_MIB] [-A] [-I] [-P]
#     -o OUTDIR    where the images go                       (default ./images)
#     -n NAME      stem of the file names                    (default mini-guest)
#     -k KIND      kernel: cloud (boots fast; no AHCI, e1000, USB) or full (every driver)
#     -s ROOT_MIB  size of the root file system              (default 40)
#     -A           leave the guest agent out
#     -I           do not install missing tools, fail instead
#     -P           only print the packages whose tools are needed
#
# It makes:
#   NAME.qcow2     a whole disk: FAT boot partition (syslinux for BIOS, GRUB for UEFI) + ext4 root
#   NAME-kernel    the kernel         (an AKI image)
#   NAME-initrd    the ramdisk        (an ARI image)
#   NAME-root.img  the bare root file system, no partitions (an AMI image; root=/dev/vda)
#   NAME.cmdline   the kernel's command line for a direct boot
#
# It runs as root, or under fakeroot with -I.  Nothing is mounted and no loop device is needed: file
# systems are filled by mke2fs -d and mtools.
set -euo pipefail

PACKAGES=(busybox-static dropbear-bin e2fsprogs fdisk mtools dosfstools syslinux syslinux-common
          grub-common grub-efi-amd64-bin cpio zstd kmod binutils qemu-utils libglib2.0-0
          liburing2 libudev1)
CMDLINE='console=tty0 console=ttyS0,115200 mitigations=off random.trust_cpu=on no_timer_check edd=off net.ifnames=0 panic=5'

# The ramdisk carries these drivers and what they depend on.  PRELOAD is loaded at once, so that a
# card or disk of these kinds can be plugged in later; the others come with the devices found.
DRIVERS=(virtio_pci virtio_mmio virtio_blk virtio_scsi virtio_net virtio_console virtio_balloon
         virtio_rng virtio_mem net_failover sd_mod sr_mod ata_piix ahci ext4 iso9660 vfat nls_ascii
         nls_cp437 nls_iso8859-1 nls_utf8 button evdev 8021q e1000 e1000e 8139cp bochs virtio-gpu
         cirrus uhci_hcd ehci_pci xhci_pci usbhid hid_generic usb_storage i6300esb nvme virtiofs 9p
         9pnet_virtio acpiphp psmouse vmw_vsock_virtio_transport crc32c_generic)
PRELOAD='virtio_pci virtio_blk virtio_net virtio_scsi sd_mod virtio_console virtio_balloon virtio_rng button evdev'

here=$(cd "$(dirname "$0")" && pwd)
out=./images name=mini-guest kind=cloud root_mib=40 agent=1 install=1
PATH=$PATH:/usr/sbin:/sbin

main() {
    parse_options "$@"
    need_tools
    mkdir -p "$out"
    out=$(cd "$out" && pwd)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    fetch_kernel
    build_ramdisk
    build_root
    build_disk
    ls -l "$out"
}

parse_options() {
    local option
    while getopts o:n:k:s:AIP option; do
        case $option in
            o) out=$OPTARG ;;
            n) name=$OPTARG ;;
            k) kind=$OPTARG ;;
            s) root_mib=$OPTARG ;;
            A) agent='' ;;
            I) install='' ;;
            P) echo "${PACKAGES[@]}"; exit ;;
            *) sed -n '7,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
        esac
    done
    case $kind in
        cloud) kernel_package=linux-image-cloud-amd64 ;;
        full) kernel_package=linux-image-amd64 ;;
        *) echo "unknown kind of kernel: $kind" >&2; exit 2 ;;
    esac
}

need_tools() {
    local package missing=()
    for package in "${PACKAGES[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ -n "$install" ] || { echo "missing packages: ${missing[*]}" >&2; exit 1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

unpack_package() {              # unpack_package NAME DIR: without installing it
    ( cd "$work" && apt-get download -q "$1" > /dev/null && dpkg-deb -x "$1"_*.deb "$2" && rm -f "$1"_*.deb )
}

fetch_kernel() {
    local package
    package=$(apt-cache depends "$kernel_package" | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | sed -n 1p)
    if [ -z "$package" ] || ! unpack_package "$package" "$work/kernel"; then
        echo "cannot download ${package:-$kernel_package}: is apt-get update needed?" >&2
        exit 1
    fi
    kernel_version=${package#linux-image-}
    depmod -b "$work/kernel" "$kernel_version"
    install -m 644 "$work/kernel/boot/vmlinuz-$kernel_version" "$out/$name-kernel"
}

# ---------------------------------------------------------------------------- trees

# common_tree DIR: what ramdisk and root file system share
common_tree() {
    local tree=$1 applet
    mkdir -p "$tree"/{bin,sbin,etc/udhcpc,proc,sys,dev,run,tmp,mnt/config,root,var/log,usr/bin,usr/sbin,usr/share,lib,lib64}
    chmod 1777 "$tree/tmp"
    chmod 700 "$tree/root"
    cp /bin/busybox "$tree/bin/busybox"
    for applet in $(/bin/busybox --list); do
        [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
    done
    ln -s ../bin/busybox "$tree/sbin/init"
    ln -s ../bin/busybox "$tree/sbin/modprobe"          # the kernel calls it by this path
    cp -r "$here"/guest/{etc,sbin,usr} "$tree/"
    ln -s /usr/share/udhcpc/default.script "$tree/etc/udhcpc/default.script"
    write_accounts "$tree/etc"
}

write_accounts() {
    echo 'root::0:0:root:/root:/bin/sh' > "$1/passwd"
    echo 'root::19000:0:99999:7:::' > "$1/shadow"
    chmod 600 "$1/shadow"
    echo 'root:x:0:' > "$1/group"
    printf '/bin/sh\n/bin/ash\n' > "$1/shells"
    echo 'NAME="mini-guest"' > "$1/os-release"
    echo mini-guest > "$1/hostname"
    echo '127.0.0.1 localhost' > "$1/hosts"
}

copy_drivers() {                # copy_drivers TREE
    local driver file target=$1/lib/modules/$kernel_version
    mkdir -p "$target"
    for driver in "${DRIVERS[@]}"; do
        modprobe -d "$work/kernel" -S "$kernel_version" --show-depends "$driver" 2> /dev/null |
            sed -n 's/^insmod \([^ ]*\).*/\1/p' || true
    done | awk '!seen[$0]++' > "$work/drivers"
    while read -r file; do
        install -D -m 644 "$file" "$1/${file#"$work/kernel/"}"
        strip --strip-debug "$1/${file#"$work/kernel/"}" 2> /dev/null || true
    done < "$work/drivers"
    cp "$work/kernel/lib/modules/$kernel_version"/modules.{order,builtin}* "$target/"
    depmod -b "$1" "$kernel_version"
    rm -f "$target"/modules.{*.bin,builtin.modinfo,order,softdep,devname}
}

build_ramdisk() {
    local tree=$work/ramdisk
    common_tree "$tree"
    install -m 755 "$here/guest/init" "$tree/init"
    echo "$PRELOAD" > "$tree/etc/preload"
    copy_drivers "$tree"
    ( cd "$tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | zstd -q -19 -T0 ) > "$out/$name-initrd"
}

copy_libraries() {              # copy_libraries PROGRAM TREE: what it links to
    local library
    ! ldd "$1" | grep -q 'not found' || return 1
    ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/lib64[^ ]*\).*/\1/p' | sort -u |
        while read -r library; do install -D -m 755 "$(readlink -f "$library")" "$2$library"; done
}

build_root() {
    local tree=$work/root
    common_tree "$tree"
    touch "$tree/etc/root-on-disk"
    cp -a "$work/ramdisk/lib/modules" "$tree/lib/"
    install -m 755 /usr/sbin/dropbear "$tree/usr/sbin/dropbear"
    copy_libraries /usr/sbin/dropbear "$tree"
    [ -z "$agent" ] || add_agent "$tree"
    rm -f "$out/$name-root.img"
    mke2fs -q -t ext4 -E root_owner=0:0 -L miniroot -m 0 -d "$tree" "$out/$name-root.img" "${root_mib}M"
}

add_agent() {
    local program=$work/agent/usr/sbin/qemu-ga
    if unpack_package qemu-guest-agent "$work/agent" && copy_libraries "$program" "$1"; then
        install -m 755 "$program" "$1/usr/sbin/qemu-ga"
    else
        echo "warning: the guest agent or its libraries are not to be had; left out" >&2
    fi
}

# ---------------------------------------------------------------------------- the disk

build_disk() {
    local boot=$work/boot.img disk=$work/disk.img boot_mib
    echo "$CMDLINE" > "$out/$name.cmdline"
    boot_mib=$((($(stat -c %s "$out/$name-kernel") + $(stat -c %s "$out/$name-initrd")) / 1048576 + 4))
    [ "$boot_mib" -ge 20 ] || boot_mib=20
    build_boot_partition "$boot" "$boot_mib"
    truncate -s $((1 + boot_mib + root_mib + 1))M "$disk"
    sfdisk -q "$disk" << EOF
label: dos
start=1MiB, size=${boot_mib}MiB, type=ef, bootable
start=$((1 + boot_mib))MiB, size=${root_mib}MiB, type=83
EOF
    dd if=/usr/lib/SYSLINUX/mbr.bin of="$disk" conv=notrunc status=none
    dd if="$boot" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
    dd if="$out/$name-root.img" of="$disk" bs=1M seek=$((1 + boot_mib)) conv=notrunc,sparse status=none
    qemu-img convert -q -f raw -O qcow2 -c "$disk" "$out/$name.qcow2"
}

build_boot_partition() {        # build_boot_partition FILE MIB
    export MTOOLS_SKIP_CHECK=1
    truncate -s "$2M" "$1"
    mkfs.vfat -n MINIBOOT "$1" > /dev/null
    write_loader_configs
    mcopy -i "$1" "$out/$name-kernel" ::vmlinuz
    mcopy -i "$1" "$out/$name-initrd" ::initrd
    mcopy -i "$1" "$work/syslinux.cfg" ::syslinux.cfg
    mmd -i "$1" ::EFI ::EFI/BOOT
    grub-mkimage -O x86_64-efi -p /EFI/BOOT -c "$work/grub.cfg" -o "$work/BOOTX64.EFI" \
        fat part_msdos search search_fs_file linux minicmd normal boot
    mcopy -i "$1" "$work/BOOTX64.EFI" ::EFI/BOOT/BOOTX64.EFI
    syslinux --install "$1"
}

write_loader_configs() {
    cat > "$work/syslinux.cfg" << EOF
SERIAL 0 115200
DEFAULT mini
PROMPT 0
TIMEOUT 1
LABEL mini
  KERNEL /vmlinuz
  INITRD /initrd
  APPEND root=LABEL=miniroot $CMDLINE
EOF
    cat > "$work/grub.cfg" << EOF
search --no-floppy --file --set=root /vmlinuz
linux /vmlinuz root=LABEL=miniroot $CMDLINE
initrd /initrd
boot
EOF
}

main "$@"
