// The lock's token carried by each change: a host whose stored token is higher refuses the program. The guard
// holds a file lock only while it compares and stores; the program runs outside of it.

import type { Duplex } from "node:stream";

import { MfsctlError } from "../errors.ts";
import type { CallOptions, Command, Host, Output, RsyncRequest } from "./host.ts";
import { fenceLockSeconds } from "./limits.ts";

/** The folder on the host that keeps `token` and `token.lock`. */
export const fenceFolder = "/var/lib/mfsctl";

/** Exit code of the guard (EX_TEMPFAIL), told from the program's own 75 by the marker on stderr. */
const guardCode = 75;
const marker = /^mfsctl-fence (lower|damaged|busy|disk) ?(\d*)$/m;

const guard = `token=$1 folder=$2
shift 2
say() { echo "mfsctl-fence $*" >&2; exit ${guardCode}; }
check() (
  flock -w ${fenceLockSeconds} 9 || say busy
  stored=0
  if [ -e "$folder/token" ]; then stored=$(cat -- "$folder/token") || say disk; fi
  case $stored in '' | *[!0-9]*) say damaged ;; esac
  [ "$token" -ge "$stored" ] || say lower "$stored"
  [ "$token" -gt "$stored" ] || exit 0
  echo "$token" >"$folder/token.new" && sync -- "$folder/token.new" || say disk
  mv -T -- "$folder/token.new" "$folder/token" && sync -- "$folder" || say disk
)
{ mkdir -p -- "$folder" && : >>"$folder/token.lock"; } || say disk
check 9>>"$folder/token.lock" || exit $?
exec "$@"
`;

/** Any host, guarded by a token. `batch` is read-only and passes. */
export class FencedHost implements Host {
  readonly name: string;
  readonly #inner: Host;
  readonly #token: number;
  readonly #folder: string;

  constructor(inner: Host, { token, folder = fenceFolder }: { token: number; folder?: string }) {
    if (!Number.isSafeInteger(token) || token < 0) {
      throw new MfsctlError(
        "internal",
        `Cannot fence '${inner.name}': the token is ${token}, expected a whole number`,
      );
    }
    this.name = inner.name;
    this.#inner = inner;
    this.#token = token;
    this.#folder = folder;
  }

  get roundTrips(): number {
    return this.#inner.roundTrips ?? 0;
  }

  async exec(command: Command, options?: CallOptions): Promise<Output> {
    const guarded = ["sh", "-c", guard, "sh", String(this.#token), this.#folder] as const;
    const argv = [...guarded, ...command.argv] as const;
    const output = await this.#inner.exec({ ...command, argv }, options);
    const stop = output.code === guardCode ? marker.exec(output.stderr.toString("latin1")) : null;
    if (stop !== null) throw this.#refusal(stop[1] ?? "", stop[2] ?? "");
    return output;
  }

  async batch(commands: readonly Command[], options?: CallOptions): Promise<readonly Output[]> {
    return await this.#inner.batch(commands, options);
  }

  async connect(target: { address: string; port: number }, options?: CallOptions): Promise<Duplex> {
    return await this.#inner.connect(target, options);
  }

  /** A push changes the host, so the guard speaks first; a token that rises during the copy is seen by the next step. */
  async rsync(request: RsyncRequest, options?: CallOptions): Promise<void> {
    if (request.direction === "push") await this.exec({ argv: ["true"] }, options);
    await this.#inner.rsync(request, options);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  #refusal(reason: string, stored: string): MfsctlError {
    const host = this.name;
    const file = `${this.#folder}/token`;
    if (reason === "lower") {
      return new MfsctlError(
        "locked",
        `Cannot change '${host}': the lock's token ${this.#token} is old, expected at least ${stored}`,
        { host, hint: "mfsctl lock status" },
      );
    }
    const is = {
      damaged: `'${file}' holds no number`,
      busy: `another change holds '${file}.lock'`,
      disk: `'${this.#folder}' cannot be read or written`,
    }[reason];
    return new MfsctlError(
      "refused",
      `Cannot change '${host}': ${is ?? reason}, expected the token of the last change`,
      { host, hint: `mfsctl exec --node ${host} -- ls -l ${this.#folder}` },
    );
  }
}
