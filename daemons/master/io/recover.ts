// The start with `-a`: the newest image that is whole, and all changes behind it from all logs. Stricter than
// the real master: it refuses when what it reached is known not to be the end. Spec: metalogger.md 6.

import { homedir } from "node:os";
import path from "node:path";
import { readLines } from "../../metadata/changelog-lines.ts";
import { mergeLines } from "../../metadata/changelog-merge.ts";
import type { ChangeFile, MergedLine, MergeProblem } from "../../metadata/changelog-merge.ts";
import { ImageError } from "../../metadata/image/image-error.ts";
import { replay, replayProblemText } from "../core/replay.ts";
import type { ReplayNotice } from "../core/replay.ts";
import type { World } from "../core/store/world.ts";
import { errorText } from "./folder.ts";
import { loadImage } from "./load-image.ts";
import type { LoadedImage } from "./load-image.ts";
import { StartRefused } from "./start.ts";
import type { OpenOptions } from "./start.ts";
import {
  adviceForEmpty,
  describeImage,
  describeVersion,
  findImages,
  findLogs,
  idOf,
  piecesOf,
  readImage,
  versionOf,
} from "./metadata-folder.ts";
import type { FoundImage, FoundLog } from "./metadata-folder.ts";
import { defaultEmergencyFolders, imageNames } from "./save-image.ts";

/** What recovery gives beside the world. */
export interface Recovered extends LoadedImage {
  /** With `-i`: changes were left out, so the logs do not lead to this world any more. */
  readonly isCutShort: boolean;
}

const progressStep = 10_000;

/** Loads the newest image that is whole, applies all logs and judges what was reached. */
export async function recover(options: OpenOptions): Promise<Recovered> {
  const { dataPath, switches, log } = options;
  const inside = await findImages(dataPath);
  if (switches.verbosity > 1) for (const image of inside) log.info(describeImage(image));
  checkIds(inside, options);
  const images = [...inside, ...(await emergencyImages(inside, options))];
  const logs = findLogs(dataPath);
  const { image, loaded } = loadNewest(images, logs, options);
  const isCutShort = applyLogs(loaded.world, image, logs, options);
  if (!isCutShort) checkReach(loaded.world, images, logs, options);
  return { ...loaded, isCutShort };
}

/** One folder holds one file system. */
function checkIds(images: readonly FoundImage[], { switches, log }: OpenOptions): void {
  const ids = new Set(images.map(idOf).filter((id) => id !== 0n));
  if (ids.size < 2) return;
  const what = "found metadata file with different id number";
  if (switches.ignoreErrors) return log.warning(`${what} - ignoring`);
  throw new StartRefused(
    "foreign",
    `${what} - cleanup your working directory or use '-i' flag (might be dangerous without cleaning)`,
    { found: images.map((image) => ` - ${describeImage(image)}`) },
  );
}

/** Images that a master in trouble left elsewhere, if they are of this file system. */
async function emergencyImages(
  inside: readonly FoundImage[],
  { emergencyFolders }: OpenOptions,
): Promise<readonly FoundImage[]> {
  const id = idOf(newestFirst(inside)[0] ?? nothing);
  if (id === 0n) return [];
  const found: FoundImage[] = [];
  for (const folder of emergencyFolders ?? defaultEmergencyFolders(homedir())) {
    const image = await readImage(path.join(folder, imageNames.emergency));
    if (idOf(image) === id) found.push(image);
  }
  return found;
}

const nothing: FoundImage = {
  name: "",
  path: "",
  claims: null,
  header: { kind: "broken", why: "no file" },
};

function newestFirst(images: readonly FoundImage[]): readonly FoundImage[] {
  const whole = images.filter((image) => versionOf(image) !== null);
  return whole.toSorted((one, other) => {
    const difference = (versionOf(other) ?? 0n) - (versionOf(one) ?? 0n);
    return difference === 0n ? 0 : difference > 0n ? 1 : -1;
  });
}

/** An image whose content is wrong gives way to an older one: the logs may lead from there as far. */
function loadNewest(
  images: readonly FoundImage[],
  logs: readonly FoundLog[],
  options: OpenOptions,
): { readonly image: FoundImage; readonly loaded: LoadedImage } {
  const { log, switches } = options;
  const found = images.map(describeImage);
  for (const image of newestFirst(images)) {
    if (image.header.kind === "empty") checkEmpty(image, images, logs);
    const chosen = `${image.name} ${describeVersion(image)}`;
    if (switches.verbosity > 0) log.info(`chosen most recent metadata file: ${chosen}`);
    try {
      return { image, loaded: loadImage(image.path, options) };
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const why = `error loading metadata file (${image.name}): ${errorText(error)}`;
      log.error(why);
      found.push(why);
    }
  }
  found.push(...adviceForEmpty(options.dataPath, images));
  throw new StartRefused("missing", "can't find valid metadata file", { found });
}

/** A new file system is believed where nothing speaks of an older one. */
function checkEmpty(
  image: FoundImage,
  images: readonly FoundImage[],
  logs: readonly FoundLog[],
): void {
  const found = images.map(describeImage);
  const others = images.filter(({ header }) => header.kind !== "empty");
  const fromStart = logs.some(({ first }) => first === 1n);
  if (others.length === 0 && (fromStart || isMasters(image, logs))) return;
  throw new StartRefused(
    "missing",
    `can't find valid metadata file: only "${image.name}" of a new, empty file system, expected an image`,
    { found },
  );
}

/** The file that somebody put there for a first start. */
function isMasters({ name }: FoundImage, logs: readonly FoundLog[]): boolean {
  const isOwn = name === imageNames.stopped || name === imageNames.last;
  return isOwn && logs.every(({ last }) => last === null);
}

/** Applies the logs; true when `-i` let it end before they did. */
function applyLogs(
  world: World,
  image: FoundImage,
  logs: readonly FoundLog[],
  options: OpenOptions,
): boolean {
  const { log, switches } = options;
  const from = versionOf(image) ?? 1n;
  const files: ChangeFile[] = [];
  for (const found of logs) {
    const isUsed = found.last !== null && found.first !== null && found.last >= from;
    const range = `(changes: ${found.first ?? "???"} - ${found.last ?? "???"})`;
    if (switches.verbosity > 0) {
      log.info(`${isUsed ? "using" : "skipping"} changelog file: ${found.name} ${range}`);
    }
    if (!isUsed) continue;
    const lines = readLines(piecesOf(found.path));
    files.push({ name: found.name, first: Number(found.first), lines });
  }
  const conflicts: string[] = [];
  const notice = (what: ReplayNotice) => {
    const text = noticeText(what);
    log.warning(text);
    if (what.kind === "conflict") conflicts.push(text);
  };
  const lines = watched(mergeLines(files, Number(from)), lastOf(logs), options);
  const problem = replay(world, lines, notice);
  if (problem === undefined && conflicts.length === 0) return false;
  const found = problem === undefined ? conflicts : [...conflicts, replayProblemText(problem)];
  for (const text of found) log.error(text);
  if (switches.ignoreErrors) {
    log.warning("error applying changelogs - ignoring (using best possible metadata version)");
    return true;
  }
  throw new StartRefused(
    problem?.kind === "hole" ? "hole" : "changes",
    "error applying changelogs - fix changelogs manually or use '-i' flag",
    { found },
  );
}

function noticeText(notice: ReplayNotice): string {
  switch (notice.kind) {
    case "torn":
      return `${notice.file}: ${notice.tornBytes} bytes of an unfinished line at the end - ignoring`;
    case "garbage":
      return `${notice.file}: found garbage at the end of file (line ${notice.line}: ${notice.why})`;
    case "conflict":
      return `change ${notice.version} differs between ${notice.files.join(" and ")}: they are of two histories`;
    default:
      return notice satisfies never;
  }
}

/** Lets the lines pass and says how far they are. */
function* watched(
  lines: Iterable<MergedLine | MergeProblem>,
  last: bigint,
  { progress, log, switches }: OpenOptions,
): Generator<MergedLine | MergeProblem, void> {
  let count = 0;
  let current = 0;
  for (const item of lines) {
    if (item.kind === "line") {
      if (switches.verbosity > 0) log.info(`${item.file}: change${item.text}`);
      current = item.version;
      if (count % progressStep === 0) progress(`progress: current change: ${current} of ${last}`);
      count++;
    }
    yield item;
  }
  if (count > 0) progress(`progress: current change: ${current} (${count} changes applied)`);
}

/** Refuses what is known not to be the end of the history: an image or a log leads further. */
function checkReach(
  world: World,
  images: readonly FoundImage[],
  logs: readonly FoundLog[],
  { switches, log }: OpenOptions,
): void {
  const reached = BigInt(world.metaVersion);
  const found = [
    ...images
      .filter(({ claims }) => claims !== null && claims > reached)
      .map((image) => `${describeImage(image)} leads to change ${(image.claims ?? 0n) - 1n}`),
    ...logs
      .filter(({ last }) => last !== null && last >= reached)
      .map(({ name, last }) => `${name} leads to change ${last}`),
  ];
  if (found.length === 0) return;
  const what = `recovery reaches change ${reached - 1n}, but the folder knows of later ones`;
  for (const text of found) log.warning(text);
  if (switches.ignoreErrors) return log.warning(`${what} - ignoring`);
  throw new StartRefused("stale", `${what} - add more files or use '-i' flag`, { found });
}

function lastOf(logs: readonly FoundLog[]): bigint {
  return logs.reduce((most, { last }) => (last !== null && last > most ? last : most), 0n);
}
