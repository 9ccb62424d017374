// The lease on one metadata host as argv: a small script under flock, so that two machines never both get it.
// Files in the state folder: `lease` (first line run id, second line JSON of the owner; its time is the heartbeat)
// and `token`, the highest fencing token seen.

import type { Command } from "../host/host.ts";
import { stateFolder } from "../layout.ts";

/** Exit code of a refused lease. */
export const leaseRefused = 75;

const script = String.raw`set -eu
verb=$1 dir=$2 run=$3 ttl=$4 raised=$5
mkdir -p "$dir"; chmod 755 "$dir"; cd "$dir"
exec 9>lease.lock
flock -w 20 9
held() { [ -e lease ] && [ "$(head -n 1 lease)" != "$run" ]; }
age() { echo $(($(date +%s) - $(stat -c %Y lease))); }
token() { if [ -s token ]; then head -n 1 token; else echo 0; fi; }
show() { printf '%s\n%s\n%s\n' "$(token)" "$(age)" "$(cat lease)"; }
case $verb in
status) if [ -e lease ]; then show; else token; fi ;;
acquire)
  if held; then a=$(age); if [ "$a" -lt "$ttl" ] && [ "$a" -gt "-$ttl" ]; then show; exit 75; fi; fi
  { printf '%s\n' "$run"; cat; } > lease.new; sync lease.new; mv -f lease.new lease; sync .
  token ;;
raise)
  if held || [ ! -e lease ]; then [ ! -e lease ] || show; exit 75; fi
  [ "$raised" -le "$(token)" ] || { echo "$raised" > token.new; sync token.new; mv -f token.new token; sync .; } ;;
renew) if held || [ ! -e lease ]; then [ ! -e lease ] || show; exit 75; fi; touch lease ;;
release) if ! held && [ -e lease ]; then rm -f lease; sync .; fi ;;
break) if [ -e lease ]; then show; rm -f lease; sync .; fi ;;
esac`;

export type LeaseVerb = "status" | "acquire" | "raise" | "renew" | "release" | "break";

/** One step on the lease of a host. `acquire` reads the owner's JSON from stdin, `raise` stores the run's token. */
export function leaseCommand(
  verb: LeaseVerb,
  request: {
    readonly runId: string;
    readonly ttlSeconds: number;
    readonly owner?: string;
    readonly token?: number;
  },
): Command {
  const argv = [
    "sh",
    "-c",
    script,
    "sh",
    verb,
    stateFolder,
    request.runId,
    String(request.ttlSeconds),
    String(request.token ?? 0),
  ] as const;
  return request.owner === undefined
    ? { argv }
    : { argv, stdin: Buffer.from(`${request.owner}\n`) };
}
