// The faults that the lab's test of `mfsctl check` plants on bare hosts, each with what must be said about it. The hosts
// are meta01 (master), meta02 (metalogger) and cm01 (chunkserver with the disks /data/d1 and /data/d2, client).

/** One fault. Scripts are run by the host's root; `remove` must also work when only part of `plant` did. */
export interface Fault {
  readonly name: string;
  readonly host: string;
  readonly plant: string;
  readonly remove: string;
  /** The failing checks, all of that host; the last one is the error of deploy. */
  readonly checks: readonly string[];
  readonly message: RegExp;
  /** What running the hint must do: mend the fault, or print what helps. A hint in plain words cannot be run. */
  readonly hint: { readonly mends: true } | { readonly shows: RegExp } | { readonly reads: RegExp };
  readonly inventory?: (text: string) => string;
}

/** Starts a program that listens and stays, as a unit `planted`; returns when it does. */
function listen(program: string, port: number): string {
  return `systemd-run -q --unit=planted ${program} --accept -l ${port} cat
until ss -Hltn sport = :${port} | grep -q .; do systemctl is-active -q planted || exit 1; done`;
}

/** One of each kind. */
export const faults: readonly Fault[] = [
  {
    name: "sudo that is refused",
    host: "cm01",
    plant: `useradd -m -s /bin/bash ops
install -d -m 700 -o ops -g ops /home/ops/.ssh
install -m 600 -o ops -g ops /root/.ssh/authorized_keys /home/ops/.ssh/`,
    remove: "rm -f /etc/sudoers.d/mfsctl; userdel -rf ops",
    checks: ["sudo"],
    message: /Cannot become root on "cm01" as "ops": sudo refuses/,
    hint: { mends: true },
    inventory: (text) => text.replace("roles: [chunkserver", "ssh: { user: ops }, $&"),
  },
  {
    name: "a disk that is full",
    host: "meta02",
    plant: `mkdir -p /home/work && mount -t tmpfs -o size=300m planted /home/work
mkdir /home/work/old && head -c 100M /dev/zero > /home/work/old/file`,
    remove: "umount /home/work; rmdir /home/work",
    checks: ["space"],
    message: /Cannot store anything in "\/home\/work\/.*: 200 MiB is free/,
    hint: { shows: /\/home\/work\/old$/m },
  },
  {
    name: "a port that a stranger took",
    host: "meta01",
    plant: listen("systemd-socket-activate", 9420),
    remove: "systemctl stop planted",
    checks: ["ports"],
    message: /Cannot listen on port 9420 of "meta01" for mfs-master\.service: "systemd-socket/,
    hint: { shows: /planted\.service/ },
  },
  {
    // A program with the daemon's name stands for a chunkserver that was started by hand.
    name: "a port that a stale process of our own holds",
    host: "cm01",
    plant: `cp "$(command -v systemd-socket-activate)" /usr/local/bin/mfschunkserver
${listen("/usr/local/bin/mfschunkserver", 9422)}`,
    remove: "systemctl stop planted 2> /dev/null; rm -f /usr/local/bin/mfschunkserver",
    checks: ["ports"],
    message: /port 9422 of "cm01".*"mfschunkserver" \(process \d+\), which no unit of mfsctl runs/,
    hint: { mends: true },
  },
  {
    // The hint sets the real clock, which no host of the lab has for itself, so it is not run.
    name: "a clock that is wrong",
    host: "cm01",
    plant: `printf '%s\\n' '#!/bin/sh' 'exec /usr/bin/date -d "1 hour" "$@"' > /usr/local/bin/date
chmod +x /usr/local/bin/date`,
    remove: "rm -f /usr/local/bin/date",
    checks: ["clock"],
    message: /Cannot trust the clock of "cm01": it is 3(599|600)\.\d s ahead of the median/,
    hint: { reads: /^ssh .*timedatectl set-ntp true'$/ },
  },
  {
    // Hosts of the lab never have rsync; here the program that would bring it is missing as well.
    name: "no rsync and no way to install it",
    host: "meta02",
    plant: "mv /usr/bin/apt-get /usr/bin/apt-get.away",
    remove: "mv /usr/bin/apt-get.away /usr/bin/apt-get",
    checks: ["os", "tools"],
    message: /Cannot install "rsync" on "meta02": no package manager/,
    hint: { reads: /^install rsync on meta02 by hand, then: mfsctl check$/ },
  },
  {
    name: "a prefix that cannot be written",
    host: "meta02",
    plant: "mkdir -p /home/work && mount -t tmpfs -o ro,size=2g planted /home/work",
    remove: "umount /home/work; rmdir /home/work",
    checks: ["prefix"],
    message: /Cannot make "\/home\/work\/.* "\/home\/work" cannot be written, even by root/,
    hint: { shows: /^\/home\/work +planted +tmpfs +ro,/m },
  },
  {
    name: "a firewall between the hosts",
    host: "meta01",
    plant: `nft add table inet planted
nft add chain inet planted input '{ type filter hook input priority 0; }'
nft add rule inet planted input iifname != lo tcp dport 9421 drop`,
    remove: "nft delete table inet planted",
    checks: ["reach"],
    message: /Cannot reach port 9421 of "meta01" .* from "meta02", "cm01": no answer within 2 s/,
    hint: { shows: /tcp dport 9421 drop/ },
  },
  {
    name: "a data disk that is not mounted",
    host: "cm01",
    plant: `mkdir -p /srv/d1 && mount --bind /data/d1 /srv/d1
echo '/srv/d1 /data/d1 none bind 0 0' >> /etc/fstab
umount /data/d1`,
    remove: `mountpoint -q /data/d1 || mount --bind /srv/d1 /data/d1
umount /srv/d1; rmdir /srv/d1; sed -i '\\,^/srv/d1 ,d' /etc/fstab`,
    checks: ["mountpoint"],
    message: /Cannot use the disk "\/data\/d1" of "cm01": nothing is mounted there/,
    hint: { mends: true },
  },
  {
    name: "a disk of another file system",
    host: "cm01",
    plant: "printf '\\001\\002\\003\\004\\005\\006\\007\\010' > /data/d1/.metaid",
    remove: "rm /data/d1/.metaid",
    checks: ["foreign"],
    message: /"\/data\/d1" of "cm01": it belongs to file system 0102030405060708, expected none/,
    hint: { shows: /\.metaid$/m },
  },
];
