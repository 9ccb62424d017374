// Read-only probes of a host as argv; each prints a form of our own that src/facts parses. Only what a bare Debian or
// EL host has: POSIX sh, coreutils, findutils, systemd, iproute2.

import type { Command } from "../host/host.ts";

function script(text: string, ...words: readonly string[]): Command {
  return { argv: ["sh", "-c", text, "sh", ...words] };
}

/**
 * For each path one line `path TAB type TAB mode TAB owner TAB group TAB size TAB mtime TAB target TAB base64`.
 * base64 holds a file's content (up to 256 KiB), or up to 1000 names of a folder, one a line.
 * A path where a FUSE file system is mounted is left out: without its master a mount answers nobody for minutes.
 */
export function statPaths(paths: readonly string[]): Command {
  return script(
    String.raw`nl='
'
fuse=$nl$(sed -n 's/^[^ ]* \([^ ]*\) fuse[^ ]* .*/\1/p' /proc/self/mounts)$nl
for p; do
case $fuse in *"$nl$p$nl"*) continue;; esac
if [ -L "$p" ]; then t=link; b=; l=$(readlink "$p")
elif [ -f "$p" ]; then t=file; l=; b=$(head -c 262144 "$p" 2>/dev/null | base64 -w0)
elif [ -d "$p" ]; then t=folder; l=; b=$(ls -A "$p" 2>/dev/null | head -n 1000 | base64 -w0)
elif [ -e "$p" ]; then t=other; b=; l=
else continue; fi
printf '%s\t%s\t%s\t%s\t%s\n' "$p" "$t" "$(stat --printf '%a\t%U\t%G\t%s\t%.9Y' "$p" 2>/dev/null)" "$l" "$b"
done; true`,
    ...paths,
  );
}

/** `systemctl show` of units, one block each, as systemd's own stable `Key=Value` form. */
export function showUnits(units: readonly string[]): Command {
  return {
    argv: [
      "systemctl",
      "show",
      "--property=Id,LoadState,ActiveState,SubState,UnitFileState,MainPID,NeedDaemonReload,Result",
      ...units,
    ],
  };
}

/** For each unit with a main process: `unit soft hard` of its open file limit. */
export function unitLimits(units: readonly string[]): Command {
  return script(
    String.raw`for u; do p=$(systemctl show -P MainPID "$u" 2>/dev/null); [ "${"$"}{p:-0}" -gt 0 ] || continue
l=$(sed -n 's/^Max open files *//p' "/proc/$p/limits" 2>/dev/null); [ -n "$l" ] && printf '%s %s\n' "$u" "$l"
done; true`,
    ...units,
  );
}

/** Which of the programs are on the PATH (with the sbin folders), one a line. */
export function findTools(names: readonly string[]): Command {
  return script(
    `PATH=$PATH:/usr/sbin:/sbin; for n; do command -v "$n" >/dev/null 2>&1 && echo "$n"; done; true`,
    ...names,
  );
}

/** For each path the file system that holds it or its nearest existing parent: `path TAB blockSize TAB blocks TAB free`. */
export function freeSpace(paths: readonly string[]): Command {
  return script(
    String.raw`for p; do d=$p; while [ ! -e "$d" ]; do d=$(dirname "$d"); done
printf '%s\t%s\n' "$p" "$(stat -f -c '%S %b %a' "$d")"; done; true`,
    ...paths,
  );
}

/** Hard limit of open files of a new session, the kernel's ceiling, and the current clock in seconds. */
export function limitsAndClock(): Command {
  return script(
    String.raw`printf '%s %s %s\n' "$(ulimit -Hn)" "$(cat /proc/sys/fs/nr_open)" "$(date +%s.%N)"`,
  );
}

/** Of the first process: `HARD CAPABILITIES`, its hard limit of open files and the hex mask that its children keep. */
export function initLimits(): Command {
  return script(
    String.raw`printf '%s %s\n' "$(sed -n 's/^Max open files *[^ ]* *\([^ ]*\).*/\1/p' /proc/1/limits)" "$(sed -n 's/^CapBnd:[^0-9a-f]*//p' /proc/1/status)"`,
  );
}

/** For each file `path TAB hex` of its first 24 bytes. */
export function firstBytes(paths: readonly string[]): Command {
  return script(
    String.raw`for p; do [ -f "$p" ] || continue
printf '%s\t%s\n' "$p" "$(od -An -v -tx1 -N24 "$p" 2>/dev/null | tr -d ' \n')"; done; true`,
    ...paths,
  );
}

/** For each path itself or its nearest parent that exists: `path TAB parent TAB folder|other TAB yes|no` (writable). */
export function writableParents(paths: readonly string[]): Command {
  return script(
    String.raw`for p; do d=$p; while [ ! -e "$d" ]; do d=$(dirname "$d"); done
t=other; [ -d "$d" ] && t=folder; w=no; [ -w "$d" ] && w=yes
printf '%s\t%s\t%s\t%s\n' "$p" "$d" "$t" "$w"; done; true`,
    ...paths,
  );
}

/** Exits 0 when the kernel has FUSE as a module or built in; loads nothing. */
export function fuseModule(): Command {
  return { argv: ["modprobe", "-n", "-q", "fuse"] };
}

/** Listening TCP sockets with their owners, as \`ss\` prints them without header. */
export function listeners(): Command {
  return { argv: ["ss", "-Hltnp"] };
}

/**
 * For each `address:port` one line `address:port open|closed|silent|blocked`: `closed` is a refusal by the host itself,
 * `silent` no answer in two seconds, `blocked` any other error. bash's own TCP, all at once.
 */
export function reachPorts(pairs: readonly string[]): Command {
  return {
    argv: [
      "bash",
      "-c",
      `for t; do ( a=\${t%:*}; p=\${t##*:}
e=$(LC_ALL=C timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$a" "$p" 2>&1); r=$?
case "$r $e" in 0*) s=open;; 124*) s=silent;; *refused*) s=closed;; *) s=blocked;; esac
echo "$t $s" ) & done; wait`,
      "bash",
      ...pairs,
    ],
    timeoutMs: 60_000,
  };
}

/** One line `name TAB size TAB mtime` for each file of a folder; nothing when there is none. */
export function listFiles(folder: string): Command {
  return {
    argv: [
      "find",
      folder,
      "-mindepth",
      "1",
      "-maxdepth",
      "1",
      "-type",
      "f",
      "-printf",
      "%f\\t%s\\t%T@\\n",
    ],
  };
}
