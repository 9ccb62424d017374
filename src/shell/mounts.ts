// Read-only probes of mounts as argv. A mount whose master is gone answers nobody for minutes, and whoever asked cannot
// be killed meanwhile: so a probe asks in the background, waits a moment, and leaves the question to itself.

import type { Command } from "../host/host.ts";

const answerSeconds = 3;

/** For each path one line `path TAB live|dead|silent`: dead is "Transport endpoint is not connected". Needs bash. */
export function mountStates(paths: readonly string[]): Command {
  const script = String.raw`export LC_ALL=C
descriptors=() path=()
for p; do
exec {d}< <(exec </dev/null 2>&1; stat -f -c ok -- "$p" || stat -c ok -- "$p"; echo end)
descriptors+=("$d") path+=("$p")
done
deadline=$((SECONDS + ${answerSeconds}))
for i in "${"$"}{!path[@]}"; do
said= state=silent left=$((deadline - SECONDS)); [ $left -gt 0 ] || left=1
while read -r -t $left -u "${"$"}{descriptors[$i]}" line; do
if [ "$line" = end ]; then
case $said in *"not connected"*) state=dead;; *) state=live;; esac; break
fi
said+=$line
done
printf '%s\t%s\n' "${"$"}{path[$i]}" "$state"
done
true`;
  return { argv: ["bash", "-c", script, "bash", ...paths] };
}

/**
 * Who uses the mounts: one line `path TAB pid TAB user TAB how TAB command` each; `how` is cwd, root, exe, fd, map or
 * mount (another file system is mounted below; pid is then 0). Links in /proc are read, never followed.
 */
export function mountUsers(paths: readonly string[]): Command {
  const script = String.raw`found() { for p; do
find /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd -maxdepth 1 -type l \( -lname "$p" -o -lname "$p/*" \) -printf "$p\t%p\n" 2>/dev/null
grep -lF " $p/" /proc/[0-9]*/maps 2>/dev/null | sed "s|^|$p	|"
done; }
found "$@" | sort -u | while IFS='	' read -r p at; do
pid=${"$"}{at#/proc/}; pid=${"$"}{pid%%/*}; how=${"$"}{at#/proc/$pid/}
case $how in fd/*) how=fd;; maps) how=map;; esac
printf '%s\t%s\t%s\t%s\t%s\n' "$p" "$pid" "$(stat -c %U "/proc/$pid" 2>/dev/null)" "$how" "$(tr '\0\t\n' '   ' <"/proc/$pid/cmdline" 2>/dev/null | head -c 120)"
done | sort -u
for p; do sed -n "s|^[^ ]* \($p/[^ ]*\) .*|$p	0	root	mount	\1|p" /proc/self/mounts; done
true`;
  return { argv: ["sh", "-c", script, "sh", ...paths], timeoutMs: 60_000 };
}
