#!/bin/bash
# A cluster of real systemd hosts with their own addresses, disks and SSH servers on one machine.
#   lab.sh net             make the bridge                    lab.sh prepare NAME...  keys, names, numbers of all hosts
#   lab.sh boot NAME...    power hosts on, return when each has finished booting
#   lab.sh kill NAME...    pull their power: what was not synced is gone
#   lab.sh cut NAME        take a host off the network        lab.sh heal NAME        put it back
#   lab.sh down            remove all hosts, their disks, the bridge and the proxy; LAB_LOGS keeps the consoles
# Environment: LAB_NAME (up to 4 letters) and LAB_NET (three numbers of an address) keep two labs apart; LAB_RUN is the
# lab's folder, LAB_BASE the root that base.sh built. LAB_DATA_DISKS ("cs1=2 cs2=2") gives hosts data disks /data/d1,
# /data/d2 ...; LAB_DISK and LAB_DATA_DISK are the disks' sizes. Files in LAB_RUN/seed are copied into each new host.
#
# A host's disks (loop-mounted ext4) and its overlay root are mounted in a mount namespace of its own, in which its
# systemd-nspawn runs: when the processes are dead the kernel takes the mounts and the loop devices away, and no other
# host's namespace can pin them. `kill` first takes the network, then shuts the file systems down without flushing their
# journals, so unsynced pages are really lost; a plain kill -9 would leave them in the page cache and prove nothing.
set -euo pipefail
shopt -s nullglob
self=$(readlink -f "$0")
name=${LAB_NAME:?} net=${LAB_NET:?} run=${LAB_RUN:?} base=${LAB_BASE:-}
bridge=${name}br0 gateway=$net.254

number() { cat "$run/$1/number"; }
namespace() { echo "$name-$1"; }
link() { echo "$name-v$(number "$1")"; }
data_disks() { # how many data disks the host has
  local pair
  for pair in ${LAB_DATA_DISKS:-}; do [[ ${pair%%=*} != "$1" ]] || { echo "${pair#*=}"; return; }; done
  echo 0
}

# --- the host's processes -----------------------------------------------------------------------------------------

pid() { # pid NAME: of the host's systemd-nspawn, nothing when it is off; "proxy" is the lab's proxy for apt
  local p
  p=$(cat "$run/$1/pid" 2> /dev/null) || return 0
  # The number alone could be a stranger's by now.
  if tr '\0' '\n' 2> /dev/null < "/proc/$p/environ" | grep -cxF -e "LAB_RUN=$run" -e "LAB_PART=$1" | grep -qx 2; then
    echo "$p"
  fi
}
groups() { # the host's control groups, one for each hierarchy that systemd may use on this machine
  local top
  for top in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup; do
    [[ ! -e $top/cgroup.procs ]] || echo "$top/mfs-lab/$(namespace "$1")"
  done
}
poll() { # poll TRIES COMMAND...: until it succeeds, ten times a second
  local i tries=$1
  shift
  for ((i = 0; i < tries; i++)); do
    if "$@"; then return 0; fi
    sleep .1
  done
  return 1
}
released() { [[ -z $(losetup -j "$1") ]]; }
stop() { # kills the host's processes and waits until the kernel has let go of its disks
  local d=$run/$1 p child image
  p=$(pid "$1")
  if [[ -n $p ]]; then
    for child in $(cat /proc/"$p"/task/*/children 2> /dev/null); do kill -9 "$child" 2> /dev/null || true; done
    kill -9 "$p" 2> /dev/null || true
  fi
  for image in "$d"/*.img; do
    poll 150 released "$image" || { echo "lab: the disk '$image' is still in use" >&2; return 1; }
  done
  rm -f "$d/pid"
}
remove_groups() {
  local group
  for group in $(groups "$1"); do
    [[ ! -d $group ]] || find "$group" -depth -type d -exec rmdir {} + 2> /dev/null || true
    rmdir "$(dirname "$group")" 2> /dev/null || true
  done
}

# --- power on -----------------------------------------------------------------------------------------------------

disk() { # disk IMAGE SIZE FOLDER: made at the first use
  [[ -e $1 ]] || {
    truncate -s "$2" "$1.new"
    mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,lazy_journal_init=1 "$1.new"
    mv "$1.new" "$1"
  }
  mkdir -p "$3"
  mount -o loop "$1" "$3" # autoclear: the loop device goes with the last mount
}
seed() { # what an installer would have written on a new host's disk
  local h=$1 root=$2 o
  cp -r "$run/seed/." "$root/"
  install -D -m 600 "$run/id.pub" "$root/root/.ssh/authorized_keys"
  chmod 700 "$root/root/.ssh"
  install -m 600 "$run/$h/ssh_host_ed25519_key" "$run/$h/ssh_host_ed25519_key.pub" "$root/etc/ssh/"
  echo "$h" > "$root/etc/hostname"
  { echo "127.0.0.1 localhost"; for o in "$run"/*/number; do
    o=$(basename "$(dirname "$o")"); echo "$net.$(number "$o") $o"; done; } > "$root/etc/hosts"
  tr -d - < /proc/sys/kernel/random/uuid > "$root/etc/machine-id"
}
inside() { # the host's own mount namespace: mounts, then nspawn in this process
  local h=$1 d=$run/$1 n group
  disk "$d/disk.img" "${LAB_DISK:-8G}" "$d/disk"
  mkdir -p "$d"/disk/{upper,work} "$d/root"
  mount -t overlay overlay -o "lowerdir=$base,upperdir=$d/disk/upper,workdir=$d/disk/work" "$d/root"
  [[ -e $d/disk/seeded ]] || { seed "$h" "$d/root"; touch "$d/disk/seeded"; }
  for ((n = 1; n <= $(data_disks "$h"); n++)); do
    disk "$d/data$n.img" "${LAB_DATA_DISK:-4G}" "$d/root/data/d$n"
  done
  sync -f "$d/disk/seeded"
  # nspawn wants its own run folder on a tmpfs, and machines without systemd have none.
  [[ $(stat -f -c %T /run/systemd 2> /dev/null) == tmpfs ]] || { mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd; }
  # Each host needs control groups of its own, or one host's systemd would stop another's services.
  for group in $(groups "$h"); do mkdir -p "$group"; echo $$ > "$group/cgroup.procs"; done
  export SYSTEMD_NSPAWN_TMPFS_TMP=0 # /tmp lies on the disk, as in Debian 12
  exec systemd-nspawn -q -D "$d/root" -M "$h" --network-namespace-path="/run/netns/$(namespace "$h")" \
    --register=no --keep-unit --bind=/dev/fuse --link-journal=no --resolv-conf=off --timezone=off --boot \
    --capability=CAP_SYS_ADMIN,CAP_MKNOD,CAP_NET_ADMIN,CAP_SYS_RESOURCE,CAP_IPC_LOCK
}
plug() { # the host's network namespace and cable
  local ns v
  ns=$(namespace "$1") v=$(link "$1")
  [[ -e /run/netns/$ns ]] || {
    ip netns add "$ns"
    ip link add "$v" type veth peer name eth0 netns "$ns"
    ip link set "$v" master "$bridge"
  }
  ip -n "$ns" link set lo up
  ip -n "$ns" link set eth0 up
  ip -n "$ns" addr replace "$net.$(number "$1")/24" dev eth0
  ip link set "$v" up
  ip -n "$ns" route replace default via "$gateway"
}
boot() {
  local d=$run/$1
  [[ -z $(pid "$1") ]] || return 0
  plug "$1"
  LAB_PART=$1 setsid unshare --mount --propagation slave "$self" inside "$1" >> "$d/console.log" 2>&1 < /dev/null &
  echo $! > "$d/pid" # the same process all the way: each of these programs becomes the next
}
booted() { # systemd has finished its start; a host with a failed unit counts, for a test may have planned it
  local state
  state=$(ssh -q -F none -i "$run/id" -o BatchMode=yes -o UserKnownHostsFile="$run/known_hosts" -o ConnectTimeout=2 \
    "root@$net.$(number "$1")" systemctl is-system-running) || true
  [[ $state == running || $state == degraded ]]
}

# --- commands -----------------------------------------------------------------------------------------------------

make_net() {
  ip link show "$bridge" > /dev/null 2>&1 && return
  ip link add "$bridge" type bridge
  ip addr add "$gateway/24" dev "$bridge"
  ip link set "$bridge" up
}
prepare() {
  local h n=0
  [[ -e $run/id ]] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$run/id"
  [[ $(stat -c %a /dev/fuse) == 666 ]] || chmod 666 /dev/fuse # as udev makes it on any Debian
  for h; do
    n=$((n + 1))
    mkdir -p "$run/$h"
    echo "$n" > "$run/$h/number"
    ssh-keygen -q -t ed25519 -N '' -C "root@$h" -f "$run/$h/ssh_host_ed25519_key"
    echo "$h,$net.$n $(cut -d' ' -f1,2 "$run/$h/ssh_host_ed25519_key.pub")" >> "$run/known_hosts"
  done
}
power_cut() { # first the cable, so that nobody hears of what follows; then the disks; then the processes
  local h p
  for h; do
    p=$(pid "$h")
    [[ -n $p ]] || continue
    ip link set "$(link "$h")" down
    nsenter -t "$p" -m -- "$self" shutdown "$h"
    stop "$h"
  done
}
shutdown() { # runs in the host's mount namespace
  local d
  for d in "$run/$1/disk" "$run/$1"/root/data/d*; do xfs_io -x -c shutdown "$d"; done
}
down() {
  local f h failed=0
  f=$(pid proxy)
  [[ -z $f ]] || kill -9 "$f"
  if [[ -n ${LAB_LOGS:-} ]]; then
    rm -rf "$LAB_LOGS"
    mkdir -p "$LAB_LOGS"
    for f in "$run"/*/console.log; do cp "$f" "$LAB_LOGS/$(basename "$(dirname "$f")").log"; done
  fi
  for f in "$run"/*/number; do
    h=$(basename "$(dirname "$f")")
    stop "$h" || failed=1
    remove_groups "$h"
    [[ ! -e /run/netns/$(namespace "$h") ]] || ip netns del "$(namespace "$h")"
    ip link del "$(link "$h")" 2> /dev/null || true # it goes with its peer, or a moment before
  done
  ip link del "$bridge" 2> /dev/null || true # absent when the lab never came that far
  [[ $failed == 0 ]] && rm -rf "$run"
}

command=${1:?command}
shift
case $command in
  net) make_net ;;
  prepare) prepare "$@" ;;
  boot)
    for h; do boot "$h"; done
    for h; do
      poll 300 booted "$h" || { echo "lab: '$h' did not come up; see '$run/$h/console.log'" >&2; exit 1; }
    done ;;
  kill) power_cut "$@" ;;
  cut) ip link set "$(link "$1")" down ;;
  heal) ip link set "$(link "$1")" up ;;
  down) down ;;
  inside | shutdown) "$command" "$@" ;; # lab.sh calls itself in a host's mount namespace
  *) sed -n '2,12p' "$self" >&2; exit 2 ;;
esac
