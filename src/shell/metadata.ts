// Scripts that look at, move and recover metadata on one host. Spec: metalogger.md 6, metadata-file.md 1 and 5.
// Each one may be cut off at any byte and run again: images move by rename, and nothing is ever deleted.

import type { Command } from "../host/host.ts";

/** A restore loads the whole image; large ones take their time. */
const restoreTimeoutMs = 2 * 60 * 60_000;
const listTimeoutMs = 10 * 60_000;

function script(text: string, ...words: readonly string[]): Command {
  return { argv: ["sh", "-c", text, "sh", ...words] };
}

/**
 * For each image and change log of a DATA_PATH `name TAB size TAB mtime TAB head TAB tail TAB runs`: the first 64 bytes
 * and the last ones in base64, and the unbroken runs of versions of a log as `FIRST-LAST ...`.
 */
export function listMetadata(folder: string): Command {
  const text = String.raw`cd "$1" 2>/dev/null || exit 0
for f in metadata* changelog*; do
[ -f "$f" ] || continue
case $f in
changelog*.mfs)
  t=$(tail -c 1024 -- "$f" | base64 -w0); r=
  [ "$(tail -c 1024 -- "$f" | tr -dc '\n' | wc -c)" -gt 1 ] || t=$(tail -c 200200 -- "$f" | base64 -w0)
  r=$(LC_ALL=C awk -F: '$0 !~ /^[0-9]+: [0-9]+\|[A-Z]+\(/ { exit }
    { v = $1 + 0; if (!n) a = v; else if (v <= p || v - p >= 10000) exit; else if (v != p + 1) { printf "%.0f-%.0f ", a, p; a = v }
      p = v; n = 1 }
    END { if (n) printf "%.0f-%.0f", a, p }' "$f" 2>/dev/null) ;;
*) t=$(tail -c 16 -- "$f" | base64 -w0); r= ;;
esac
printf '%s\t%s\t%s\t%s\t%s\n' "$f" "$(stat --printf '%s\t%.3Y' -- "$f")" "$(head -c 64 -- "$f" | base64 -w0)" "$t" "$r"
done; true`;
  return { ...script(text, folder), timeoutMs: listTimeoutMs };
}

/** Unix seconds of the start of the first process: what is older on disk was written before the last boot. */
export function bootTime(): Command {
  return script(
    String.raw`b=$(sed -n 's/^btime //p' /proc/stat); t=$(cut -d' ' -f22 /proc/1/stat); echo $((b + t / $(getconf CLK_TCK)))`,
  );
}

/** Stops a daemon for good. One that does not end in time is killed: a master that cannot store would try for ever. */
export function retireUnit(unit: string, graceSeconds: number): Command {
  const text = `systemctl disable -q "$1"
timeout "$2" systemctl stop "$1" || { systemctl kill --signal=KILL "$1"; systemctl stop "$1"; }
case $(systemctl is-active "$1") in inactive|failed|unknown) ;; *) echo "$1 still runs" >&2; exit 1 ;; esac`;
  return {
    ...script(text, unit, String(graceSeconds)),
    timeoutMs: (graceSeconds + 60) * 1000,
  };
}

/** Exits 0 when none of the `address:port` pairs answers; a silent one counts after two seconds. */
export function portsClosed(pairs: readonly string[]): Command {
  const text = `for t; do ( timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "\${t%:*}" "\${t##*:}" 2>/dev/null && echo "$t answers" ) & done | grep . && exit 1; exit 0`;
  return { argv: ["bash", "-c", text, "bash", ...pairs], timeoutMs: 30_000 };
}

const moveAside = String.raw`aside() { # every image and change log but $1 leaves the data folder for the folder $2
  for f in metadata* changelog*; do
    [ -f "$f" ] && [ "$f" != "$1" ] || continue
    t=$2/$f; while [ -e "$t" ]; do t=$t.again; done
    mv -T -- "$f" "$t"
  done
}
`;

/** Moves all metadata of a folder into another one beside it, so that nobody takes it for the present. */
export function setMetadataAside(move: {
  readonly data: string;
  readonly aside: string;
  /** `user:group`. */
  readonly owner: string;
}): Command {
  const text = `${moveAside}set -eu
cd "$1"; mkdir -p -- "$2"; chown "$3" "$2"
aside '' "$2"; sync -- "$2" .`;
  return script(text, move.data, move.aside, move.owner);
}

/** What the first 24 bytes of an image must say, and what `od` shows of the last 16 of them. */
export interface ImageIdentity {
  readonly version: bigint;
  readonly id: bigint;
}

function identityHex({ version, id }: ImageIdentity): string {
  return version.toString(16).padStart(16, "0") + id.toString(16).padStart(16, "0");
}

const judgeImage = String.raw`judge() { # the image $1 is whole and is the one whose version and id are $2 in hex
  is=$(od -An -v -tx1 -j8 -N16 -- "$1" | tr -d ' \n')
  [ "$(head -c 8 -- "$1")" = "MFSM 2.0" ] || { echo "$1 is no image" >&2; exit 1; }
  [ "$(tail -c 16 -- "$1")" = "[MFS EOF MARKER]" ] || { echo "$1 is not complete" >&2; exit 1; }
  [ "$is" = "$2" ] || { echo "$1 has version and id $is, expected $2" >&2; exit 1; }
}
`;

/** One change log for a restore, with the parts that the real master would trip over cut away. */
export interface LogPart {
  readonly name: string;
  /** Bytes to keep; the rest is a torn line. */
  readonly keepBytes?: number;
  /** Lines below this version are left out. */
  readonly dropBelow?: bigint;
}

/** Applies change logs to an image in a folder of its own; the result is `metadata.mfs` there, judged. */
export function restoreMetadata(restore: {
  readonly from: string;
  readonly work: string;
  readonly image: string;
  readonly logs: readonly LogPart[];
  readonly expected: ImageIdentity;
  readonly program: string;
  readonly config: string;
  readonly user: string;
  readonly group: string;
}): Command {
  const text = String.raw`${judgeImage}set -eu
from=$1 work=$2 image=$3 expected=$4 program=$5 config=$6 user=$7 group=$8; shift 8
rm -rf -- "$work"; install -d -m 0750 -o "$user" -g "$group" -- "$work"
if [ $# -eq 0 ]; then
  cp -p -- "$from/$image" "$work/metadata.mfs"
else
  cp -p -- "$from/$image" "$work/metadata.mfs.back"
  while [ $# -gt 0 ]; do
    if [ "$2$3" = "--" ]; then cp -p -- "$from/$1" "$work/$1"
    else
      if [ "$2" = - ]; then cat -- "$from/$1"; else head -c "$2" -- "$from/$1"; fi |
        if [ "$3" = - ]; then cat; else LC_ALL=C awk -F: -v low="$3" '$1 + 0 >= low + 0'; fi >"$work/$1"
    fi
    shift 3
  done
  chown "$user:$group" "$work"/*
  grep -q '^DATA_PATH *=' "$config"
  sed "s|^DATA_PATH *=.*|DATA_PATH = $work|" "$config" >"$work/restore.cfg"
  "$program" -c "$work/restore.cfg" restore </dev/null >"$work/restore.log" 2>&1 ||
    { grep -v '^progress' "$work/restore.log" | tail -n 20 >&2; exit 1; }
fi
chown "$user:$group" "$work/metadata.mfs"; chmod 0640 "$work/metadata.mfs"
judge "$work/metadata.mfs" "$expected"
sync -- "$work/metadata.mfs" "$work"`;
  const parts = restore.logs.flatMap(({ name, keepBytes, dropBelow }) => [
    name,
    keepBytes === undefined ? "-" : String(keepBytes),
    dropBelow === undefined ? "-" : String(dropBelow),
  ]);
  const { from, work, image, expected, program, config, user, group } = restore;
  const words = [from, work, image, identityHex(expected), program, config, user, group];
  return { ...script(text, ...words, ...parts), timeoutMs: restoreTimeoutMs };
}

/**
 * Makes a restored image the only metadata of a host and names its era. The new image comes first, by a rename, and
 * the older files leave after it: at every moment the folder holds the best that is known.
 */
export function installMetadata(install: {
  readonly work: string;
  readonly data: string;
  readonly aside: string;
  readonly expected: ImageIdentity;
  /** `user:group`. */
  readonly owner: string;
  readonly eraFile: string;
  readonly era: number;
}): Command {
  const text = `${judgeImage}${moveAside}set -eu
work=$1 data=$2 aside=$3 expected=$4 owner=$5 file=$6 era=$7
judge "$work/metadata.mfs" "$expected"
cd "$data"; mkdir -p -- "$aside"; chown "$owner" "$aside"
if [ -e metadata.mfs ]; then t=$aside/metadata.mfs; while [ -e "$t" ]; do t=$t.again; done; ln -- metadata.mfs "$t"; fi
touch -- "$work/metadata.mfs"; sync -- "$work/metadata.mfs"
mv -T -- "$work/metadata.mfs" metadata.mfs
aside metadata.mfs "$aside"
sync -- "$aside" .
echo "$era" >"$file.new"; sync -- "$file.new"; mv -T -- "$file.new" "$file"; sync -- "\${file%/*}"
rm -rf -- "$work"`;
  const { work, data, aside, expected, owner, eraFile, era } = install;
  return script(text, work, data, aside, identityHex(expected), owner, eraFile, String(era));
}

/** Lets the start guard pass without an answer from the others, once. */
export function permitStart(folder: string, reason: string): Command {
  const text = `mkdir -p -- "$1" && printf '%s\\n' "$2" >"$1/start-alone"`;
  return script(text, folder, reason);
}

/** Makes durable what programs have renamed and written on the file system of a folder. */
export function syncFolder(folder: string): Command {
  return { ...script(`sync -f -- "$1"`, folder), timeoutMs: listTimeoutMs };
}

/**
 * Writes one byte through a mount with fsync, again and again until it works. A refusal by rights or a read-only
 * export ends it too: the master has answered.
 */
export function firstWrite(mount: string, seconds: number): Command {
  const text = `export LC_ALL=C; p=$1/.mfsctl-probe-$$ end=$(($(date +%s) + $2))
until e=$(timeout -k 5 "$2" dd if=/dev/zero of="$p" bs=1 count=1 conv=fsync 2>&1); do
case $e in *"Permission denied"*|*"Read-only"*|*"not permitted"*) exit 0 ;; esac
[ "$(date +%s)" -lt "$end" ] || { echo "$e" >&2; exit 1; }
sleep 0.2
done
rm -f -- "$p"`;
  return { ...script(text, mount, String(seconds)), timeoutMs: (2 * seconds + 30) * 1000 };
}
