#!/bin/bash
# Builds the root folder that all lab hosts share: a small Debian 12 as a user's fresh server has it, with neither
# MooseFS nor Node. Its cache key is the hash of this file, so every change here builds a new one.
#   base.sh FOLDER MIRROR    builds FOLDER (about a minute); set http_proxy to go through a proxy
set -euo pipefail
target=$1 mirror=$2

packages=systemd,systemd-sysv,dbus,openssh-server,sudo,kmod,procps,iproute2,iputils-ping,nftables,netbase,ca-certificates

mkdir -p "$(dirname "$target")"
exec 9> "$target.lock"
flock 9
[[ -d $target ]] && exit # another lab built it while this one waited
build=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$build"' EXIT
chmod 755 "$build"
debootstrap --variant=minbase --include="$packages" bookworm "$build" "$mirror" > "$target.log" 2>&1 || {
  echo "lab: debootstrap failed; the end of '$target.log':" >&2
  tail -n 20 "$target.log" >&2
  exit 1
}
: > "$build/etc/machine-id"
: > "$build/etc/resolv.conf"
rm -f "$build"/etc/ssh/ssh_host_* "$build"/var/cache/apt/archives/*.deb "$build"/var/lib/apt/lists/*_*
chroot "$build" systemctl enable ssh > /dev/null 2>&1
# Neither has anything to do in a container: the address is given from outside, the clock is the machine's.
chroot "$build" systemctl mask systemd-networkd-wait-online systemd-timesyncd > /dev/null 2>&1
# The journal also goes to the console, whose log lies outside the host: a power cut cannot take it along.
mkdir -p "$build/etc/systemd/journald.conf.d"
printf '[Journal]\nForwardToConsole=yes\nMaxLevelConsole=info\n' > "$build/etc/systemd/journald.conf.d/lab.conf"
mv -T "$build" "$target"
