// Change logs: lines, the run of versions a file holds, and the chain from an image to the last change.
// Spec: changelog.md 1, 5.1, 5.2; metalogger.md 6.2. A version is the number of a change; an image's
// version is the number of the next one.

/** One line taken apart. */
export interface ChangeLine {
  readonly version: bigint;
  /** Unix seconds of the master's clock. */
  readonly timestamp: number;
  readonly operation: string;
}

/** The end of a log file. */
export interface LogEnd {
  readonly version: bigint;
  readonly timestamp: number;
  /** Bytes behind the last complete line: the real master leaves such a file out. */
  readonly tornBytes: number;
}

/** Changes without a gap, both ends included; a file with gaps gives several runs of one name. */
export interface Run {
  readonly name: string;
  readonly first: bigint;
  readonly last: bigint;
}

/** Missing changes, both ends included. */
export interface Hole {
  readonly from: bigint;
  readonly to: bigint;
}

/** Where the logs lead from an image. */
export interface Chain {
  /** Version that is reached without a hole: the number of the next change. */
  readonly reaches: bigint;
  /** The first hole at or above the image, or null when every known change is reached. */
  readonly hole: Hole | null;
  /** A hole directly below the image, which covers it; the real master stops there all the same. */
  readonly falseHole: Hole | null;
  /** Names of files that hold changes from the image on. */
  readonly used: readonly string[];
}

/** A jump of so many versions ends the reading of a file in the real master. */
const jumpMax = 10000n;

/** The longest line with its version and line feed, and then some (spec 1). */
export const lineBytesMax = 200100;

/** Takes one line apart, without its line feed; null when it is none. */
export function parseLine(line: string): ChangeLine | null {
  const [, version, timestamp, operation] = /^(\d{1,20}): (\d{1,10})\|([^\0]*)$/s.exec(line) ?? [];
  if (version === undefined || timestamp === undefined || operation === undefined) return null;
  if (!/^[A-Z]+\(/.test(operation)) return null;
  return { version: BigInt(version), timestamp: Number(timestamp), operation };
}

/** The version of a file's first line, from its first bytes. */
export function firstVersion(head: Uint8Array): bigint | null {
  const match = /^(\d{1,20}):/.exec(latin1(head.subarray(0, 32)));
  return match?.[1] === undefined ? null : BigInt(match[1]);
}

/**
 * The last complete line in the last bytes of a file; what stands behind it is torn.
 * Unless the bytes are the whole file, text in front of the first line feed is not believed, for
 * a number may be cut there: bring more than `lineBytesMax` bytes.
 */
export function lastCompleteVersion(tail: Uint8Array, wholeFile: boolean): LogEnd | null {
  const text = latin1(tail);
  let end = text.lastIndexOf("\n");
  while (end !== -1) {
    const start = end === 0 ? 0 : text.lastIndexOf("\n", end - 1) + 1;
    if (start === 0 && !wholeFile) return null;
    const line = parseLine(text.slice(start, end));
    if (line !== null) {
      const { version, timestamp } = line;
      return { version, timestamp, tornBytes: tail.length - end - 1 };
    }
    end = start - 1;
  }
  return null;
}

/** The runs of a whole file, as far as the real master reads it: a version that falls or jumps ends it. */
export function readRuns(name: string, content: Uint8Array): readonly Run[] {
  const runs: { name: string; first: bigint; last: bigint }[] = [];
  const lines = latin1(content).split("\n").slice(0, -1);
  for (const line of lines) {
    const version = parseLine(line)?.version;
    const open = runs.at(-1);
    if (version === undefined) break;
    if (open === undefined) runs.push({ name, first: version, last: version });
    else if (version === open.last + 1n) open.last = version;
    else if (version <= open.last || version - open.last >= jumpMax) break;
    else runs.push({ name, first: version, last: version });
  }
  return runs;
}

/** Follows the runs from an image's version on; files that end below it are not looked at. */
export function chainFrom(imageVersion: bigint, runs: readonly Run[]): Chain {
  const lasts = new Map<string, bigint>();
  for (const { name, last } of runs) {
    const known = lasts.get(name);
    if (known === undefined || last > known) lasts.set(name, last);
  }
  const used = [...lasts].filter(([, last]) => last >= imageVersion).map(([name]) => name);
  const ordered = runs
    .filter(({ name }) => used.includes(name))
    .toSorted((one, other) => compare(one.first, other.first));
  const { reaches, hole } = follow(imageVersion, ordered);
  const falseHole = reaches > imageVersion ? gapBelow(imageVersion, ordered) : null;
  return { reaches, hole, falseHole, used };
}

function follow(imageVersion: bigint, ordered: readonly Run[]): Pick<Chain, "reaches" | "hole"> {
  let reaches = imageVersion;
  for (const { first, last } of ordered) {
    if (first > reaches) return { reaches, hole: { from: reaches, to: first - 1n } };
    if (last >= reaches) reaches = last + 1n;
  }
  return { reaches, hole: null };
}

/** Lines below the image are skipped one by one; only a gap between the last of them and the image trips. */
function gapBelow(imageVersion: bigint, ordered: readonly Run[]): Hole | null {
  const below = ordered.filter(({ first }) => first < imageVersion);
  if (below.length === 0) return null;
  const last = below.reduce((most, run) => (run.last > most ? run.last : most), 0n);
  return last >= imageVersion - 1n ? null : { from: last + 1n, to: imageVersion - 1n };
}

/** What a candidate that reaches a version has lost. */
export type Loss =
  { readonly kind: "exact"; readonly changes: bigint } | { readonly kind: "unknown" };

/** Changes that the reference knows and the candidate does not; both are numbers of the next change. */
export function lossBetween(
  candidateVersion: bigint,
  reference: { readonly version: bigint } | "unknown",
): Loss {
  if (reference === "unknown") return { kind: "unknown" };
  const changes = reference.version - candidateVersion;
  return { kind: "exact", changes: changes > 0n ? changes : 0n };
}

function compare(one: bigint, other: bigint): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
