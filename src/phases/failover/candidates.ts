// What could become the cluster's metadata, and what would be lost with it. Pure judgement of what hosts hold.
// Spec: metalogger.md 5 and 6, changelog.md 3.1 and 5. Lines of two hosts are never mixed: each host is one candidate.

import {
  isImageName,
  isLogName,
  judgeFolder,
  type ListedFile,
  type Verdict,
} from "../../../daemons/metadata/candidates.ts";
import { lastCompleteVersion } from "../../../daemons/metadata/changelog.ts";
import { readImageHeader } from "../../../daemons/metadata/image.ts";
import type { MetadataFacts } from "../../facts/metadata.ts";
import { factsOf, type World } from "../../facts/world.ts";
import { eraFile, hostsWith, metadataHosts, paths, unitOf } from "../../layout.ts";

/** One metadata host that could be asked. */
export interface Candidate {
  readonly host: string;
  readonly isMaster: boolean;
  /** A daemon writes there: what it holds may be behind what it knows. */
  readonly running: boolean;
  /** Its files are from before the last failover. */
  readonly stale: boolean;
  readonly verdict: Verdict;
  /** Number of the next change after the highest that any file there names, reachable or not; null without any. */
  readonly end: bigint | null;
  /** Unix seconds of its last line. */
  readonly lastChangeAt: number | null;
  readonly files: readonly ListedFile[];
}

/** `unknown`: more than `atLeast` may be gone, and nobody can say how much. */
export type Loss =
  | { readonly kind: "exact"; readonly changes: bigint }
  | { readonly kind: "unknown"; readonly atLeast: bigint; readonly why: string };

export interface Assessment {
  /** The recorded master. */
  readonly master: string;
  /** The cluster's metadata id; null when nothing names it. */
  readonly id: bigint | null;
  readonly candidates: readonly Candidate[];
  /** Metadata hosts that could not be asked. */
  readonly silent: readonly string[];
  /** Number of the next change after everything that any believed host knows. */
  readonly knownEnd: bigint | null;
}

export type UsableCandidate = Candidate & {
  readonly verdict: Extract<Verdict, { kind: "usable" }>;
};

/** The metadata era of a host: 1 until a failover names another. */
export function eraOf(world: World, host: string): number {
  const content = world.facts.get(host)?.paths.get(eraFile)?.content ?? "";
  const era = /^(\d{1,15})\n?$/.exec(content)?.[1];
  return era === undefined ? 1 : Number(era);
}

/** Judges all metadata hosts. */
export function assess(world: World): Assessment {
  const { mastership } = world;
  const hosts = metadataHosts(world.inventory);
  const id = clusterId(world);
  const candidates = hosts.flatMap((host) => {
    const metadata = world.metadata?.get(host);
    return metadata === undefined || !world.facts.has(host)
      ? []
      : [candidate(world, host, metadata, id)];
  });
  const ends = candidates.filter(believed).flatMap(({ end }) => (end === null ? [] : [end]));
  return {
    master: mastership.host,
    id,
    candidates,
    silent: hosts.filter((host) => !candidates.some((each) => each.host === host)),
    knownEnd: ends.length === 0 ? null : ends.reduce((most, end) => (end > most ? end : most)),
  };
}

/** The files of another era or of another cluster say nothing about this history. */
function believed({ stale, verdict }: Candidate): boolean {
  return !stale && !(verdict.kind === "refused" && verdict.reason === "foreignId");
}

function candidate(
  world: World,
  host: string,
  { files }: MetadataFacts,
  id: bigint | null,
): Candidate {
  const { units } = factsOf(world, host);
  const isMaster = world.mastership.host === host;
  const active = (daemon: "master" | "metalogger") =>
    units.get(unitOf(daemon))?.active === "active";
  const ends = files.flatMap((file) => endOf(file) ?? []);
  const times = ends.flatMap(({ at }) => (at === null ? [] : [at]));
  return {
    host,
    isMaster,
    running: active("master"),
    stale: eraOf(world, host) < world.mastership.token,
    verdict: judgeFolder(files, id),
    end: ends.reduce<bigint | null>(
      (most, { next }) => (most === null || next > most ? next : most),
      null,
    ),
    lastChangeAt: times.length === 0 ? null : Math.max(...times),
    files,
  };
}

function endOf(
  file: ListedFile,
): { readonly next: bigint; readonly at: number | null } | undefined {
  const { name, head, tail, sizeBytes } = file;
  if (isLogName(name)) {
    const last = lastCompleteVersion(tail, tail.length === sizeBytes);
    return last === null ? undefined : { next: last.version + 1n, at: last.timestamp };
  }
  if (!isImageName(name)) return undefined;
  const header = readImageHeader(head, tail, sizeBytes);
  if (header.kind === "image") return { next: header.version, at: null };
  const next = name === storedName ? namedVersion(file) : undefined;
  return next === undefined ? undefined : { next, at: null };
}

const storedName = "metadata.mfs";

/** The version that a present-day image names, whatever became of the rest of it. */
function namedVersion({ head }: ListedFile): bigint | undefined {
  const bytes = Buffer.from(head);
  if (bytes.length < 24 || bytes.toString("latin1", 0, 8) !== "MFSM 2.0") return undefined;
  return bytes.readBigUInt64BE(8);
}

/** Chunkservers wear the id of the cluster they belong to; without any, the recorded master's own disk names it. */
function clusterId(world: World): bigint | null {
  const { data } = paths(world.inventory);
  const counts = new Map<bigint, number>();
  for (const host of hostsWith(world.inventory, "chunkserver")) {
    const head = world.facts.get(host)?.heads.get(`${data}/chunkserverid.mfs`) ?? "";
    // chunkserverid.mfs: server id u16, metadata id u64.
    if (!/^[0-9a-f]{20}$/.test(head)) continue;
    const id = BigInt(`0x${head.slice(4)}`);
    if (id !== 0n) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const worn = [...counts].toSorted((one, other) => other[1] - one[1])[0]?.[0];
  return worn ?? ownId(world.metadata?.get(world.mastership.host)?.files ?? []);
}

function ownId(files: readonly ListedFile[]): bigint | null {
  const verdict = judgeFolder(files, null);
  return verdict.kind === "usable" && verdict.id !== 0n ? verdict.id : null;
}

/** True for a candidate that can be restored. */
export function isUsable(candidate: Candidate): candidate is UsableCandidate {
  return candidate.verdict.kind === "usable";
}

/**
 * The best candidate: of the present era, the furthest, the master's own stored image, then the target's own.
 * Undefined when none can be used.
 */
export function bestCandidate(assessment: Assessment, target: string): UsableCandidate | undefined {
  const rank = (one: UsableCandidate): number =>
    storedAtStop(one) && one.isMaster ? 2 : one.host === target ? 1 : 0;
  return assessment.candidates
    .filter(isUsable)
    .toSorted(
      (one, other) =>
        Number(one.stale) - Number(other.stale) ||
        Number(other.verdict.reaches - one.verdict.reaches) ||
        rank(other) - rank(one),
    )[0];
}

/** A clean stop leaves `metadata.mfs`, which the next start renames: while it is there, no change came after it. */
export function storedAtStop({ files, running }: Candidate): boolean {
  return !running && files.some(({ name, sizeBytes }) => name === storedName && sizeBytes > 0);
}

/**
 * A stored image proves the end of a history by the version it names; the logs do not, for a master that stops answers
 * clients for a while after its log writer has ended ("changelog received during termination"). And only while the
 * machine has not gone down since: the next start renames the image without a sync, and a power cut within seconds
 * brings the name back.
 */
export function provenStop(world: World, candidate: Candidate): boolean {
  const bootedAt = world.metadata?.get(candidate.host)?.bootedAt;
  const stored = candidate.files.find(({ name }) => name === storedName);
  if (!storedAtStop(candidate) || stored === undefined || bootedAt === undefined) return false;
  return namedVersion(stored) !== undefined && stored.mtimeMs > bootedAt * 1000;
}

/**
 * What is lost with a candidate. The number is exact only where the old master's disk proves where its history ended:
 * a clean stop, or logs that were written before each answer (CHANGELOG_SAVE_MODE 1, and 2 even after a power cut).
 * Else a master may have answered clients in its last moment without writing or sending the line anywhere.
 */
export function lossOf(world: World, assessment: Assessment, chosen: UsableCandidate): Loss {
  const known = assessment.knownEnd ?? chosen.verdict.reaches;
  const gap = known - chosen.verdict.reaches;
  const atLeast = gap > 0n ? gap : 0n;
  const unknown = (why: string): Loss => ({ kind: "unknown", atLeast, why });
  if (chosen.stale)
    return unknown(`the files of "${chosen.host}" are from before the last failover`);
  const old = assessment.candidates.find(({ isMaster }) => isMaster);
  if (old === undefined) return unknown(`the disk of "${assessment.master}" cannot be read`);
  if (old.running) return unknown(`the master on "${old.host}" still runs`);
  if (old.stale) return unknown(`the files of "${old.host}" are from before the last failover`);
  if (old.verdict.kind === "refused" && old.verdict.reason === "foreignId") {
    return unknown(`the disk of "${old.host}" belongs to another cluster`);
  }
  if (provenStop(world, old) || writtenBeforeAnswer(world, old))
    return { kind: "exact", changes: atLeast };
  if (storedAtStop(old)) {
    return unknown(
      `the image that the master on "${old.host}" stored when it stopped is damaged, or the machine has gone down since and may have forgotten a later start`,
    );
  }
  return unknown(
    `the master on "${old.host}" did not stop cleanly: it may have answered clients in its last moment without writing that down anywhere`,
  );
}

function writtenBeforeAnswer(world: World, old: Candidate): boolean {
  const { inventory } = world;
  const key = "CHANGELOG_SAVE_MODE";
  const mode = Number(
    inventory.hosts[old.host]?.settings.mfsmaster[key] ?? inventory.settings.mfsmaster[key] ?? 0,
  );
  if (mode === 2) return true;
  if (mode !== 1) return false;
  const bootedAt = world.metadata?.get(old.host)?.bootedAt;
  const written = Math.max(
    0,
    ...old.files.filter(({ name }) => isLogName(name)).map((file) => file.mtimeMs),
  );
  // Written but not synced: only as long as the machine has not gone down since.
  return bootedAt !== undefined && written > bootedAt * 1000;
}
