// A folder of metadata judged as "mfsmaster -a" would: which image, which logs, how far they lead,
// or why nothing here may become a master. Spec: metalogger.md 6.1, 6.2; changelog.md 5.
import { chainFrom, firstVersion, lastCompleteVersion } from "./changelog.ts";
import type { Chain, Hole, Run } from "./changelog.ts";
import { readImageHeader } from "./image.ts";
import type { ImageHeader } from "./image.ts";
import type { SectionHeader } from "./sections.ts";

/** One file of a DATA_PATH with the parts that matter. */
export interface ListedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** The first bytes: 64 or the whole file. */
  readonly head: Uint8Array;
  /** The last bytes: 16 of an image, more than one line of a log (`lineBytesMax`), or the whole file. */
  readonly tail: Uint8Array;
  /** Of a log, when it was read as a whole (`readRuns`): without it, it is taken to have no gap. */
  readonly runs?: readonly Run[];
  /** Of an image, when its sections were walked. */
  readonly sections?: readonly SectionHeader[];
}

/** What must be done to a copy of the folder before the real master uses all of it. */
export type Repair =
  | { readonly kind: "cutTornLine"; readonly name: string; readonly keepBytes: number }
  | { readonly kind: "dropLinesBelow"; readonly name: string; readonly version: bigint };

/** Why a folder may not become a master's. */
export type Refusal = "noImage" | "onlyEmpty" | "foreignId" | "newerFormat" | "hole";

/** The judgement. */
export type Verdict =
  | {
      readonly kind: "usable";
      readonly image: string;
      readonly imageVersion: bigint;
      readonly id: bigint;
      /** Number of the next change after image and logs. */
      readonly reaches: bigint;
      /** Unix seconds of the newest line, or null without lines beyond the image. */
      readonly lastChangeAt: number | null;
      readonly logs: readonly string[];
      readonly repairs: readonly Repair[];
    }
  | {
      readonly kind: "refused";
      readonly reason: Refusal;
      readonly why: string;
      /** How far an unbroken chain leads, where there is one. */
      readonly reaches: bigint | null;
      readonly hole: Hole | null;
    };

interface Image {
  readonly name: string;
  readonly version: bigint;
  readonly id: bigint;
}

interface Log {
  readonly name: string;
  readonly runs: readonly Run[];
  readonly timestamp: number;
  readonly tornBytes: number;
  readonly sizeBytes: number;
}

/** Judges a folder; the id is that of the cluster where it is known. */
export function judgeFolder(files: readonly ListedFile[], expectedId: bigint | null): Verdict {
  const judged = files.filter(({ name }) => isImageName(name)).map(readImage);
  const newer = judged.find(({ header }) => header.kind === "newer");
  if (newer?.header.kind === "newer") {
    return refused("newerFormat", `"${newer.name}": ${newer.header.why}`);
  }
  const images = judged.flatMap(({ name, header }) =>
    header.kind === "image" ? [{ name, version: header.version, id: header.id }] : [],
  );
  const image = newest(images);
  if (image === null) return withoutImage(judged);
  const foreign = foreignImage(images, expectedId ?? firstId(images));
  if (foreign !== null) return refused("foreignId", foreign);
  return withLogs(image, files.filter(({ name }) => isLogName(name)).flatMap(readLog));
}

/** Names that "mfsmaster -a" takes for images: some are none and fail the check of their header. */
export function isImageName(name: string): boolean {
  return name.length > 8 && name.startsWith("metadata");
}

/** Names that "mfsmaster -a" takes for change logs. */
export function isLogName(name: string): boolean {
  return /^changelog(?:_ml|_ml_back)?\.\d+\.mfs$/.test(name);
}

/** An image's id as the real programs print it. */
export function formatId(id: bigint): string {
  return id.toString(16).toUpperCase().padStart(16, "0");
}

function readImage(file: ListedFile): { readonly name: string; readonly header: ImageHeader } {
  const { name, head, tail, sizeBytes, sections } = file;
  return { name, header: readImageHeader(head, tail, sizeBytes, sections) };
}

function newest(images: readonly Image[]): Image | null {
  return images.reduce<Image | null>(
    (best, image) => (best === null || image.version > best.version ? image : best),
    null,
  );
}

function withoutImage(judged: readonly ReturnType<typeof readImage>[]): Verdict {
  const empty = judged.find(({ header }) => header.kind === "empty");
  if (empty !== undefined) {
    return refused(
      "onlyEmpty",
      `only "${empty.name}" of a new, empty file system, expected an image`,
    );
  }
  const found = judged.flatMap(({ name, header }) =>
    header.kind === "broken" ? [`"${name}": ${header.why}`] : [],
  );
  const what = found.length === 0 ? "no metadata image" : `no complete image (${found.join("; ")})`;
  return refused("noImage", `${what}, expected at least one`);
}

function firstId(images: readonly Image[]): bigint | null {
  return images.find(({ id }) => id !== 0n)?.id ?? null;
}

/** An id of 0 is not assigned yet: it fits only where no id is known. */
function foreignImage(images: readonly Image[], expectedId: bigint | null): string | null {
  if (expectedId === null) return null;
  const foreign = images.find(({ id }) => id !== expectedId && id !== 0n);
  const unknown = images.every(({ id }) => id === 0n) ? images[0] : undefined;
  const wrong = foreign ?? unknown;
  if (wrong === undefined) return null;
  return `"${wrong.name}" has metadata id ${formatId(wrong.id)}, expected ${formatId(expectedId)}`;
}

/** A log whose first or last line cannot be read is left out, as the real master does. */
function readLog(file: ListedFile): readonly Log[] {
  const { name, head, tail, sizeBytes } = file;
  const first = firstVersion(head);
  const end = lastCompleteVersion(tail, tail.length === sizeBytes);
  if (first === null || end === null || end.version < first) return [];
  const runs = file.runs ?? [{ name, first, last: end.version }];
  return [{ name, runs, timestamp: end.timestamp, tornBytes: end.tornBytes, sizeBytes }];
}

function withLogs(image: Image, logs: readonly Log[]): Verdict {
  const chain = chainFrom(
    image.version,
    logs.flatMap(({ runs }) => runs),
  );
  if (chain.hole !== null) {
    const { from, to } = chain.hole;
    const why = `changes ${from} to ${to} are missing behind "${image.name}" of version ${image.version}, expected none missing`;
    return { kind: "refused", reason: "hole", why, reaches: chain.reaches, hole: chain.hole };
  }
  const used = logs.filter(({ name }) => chain.used.includes(name));
  return {
    kind: "usable",
    image: image.name,
    imageVersion: image.version,
    id: image.id,
    reaches: chain.reaches,
    lastChangeAt: used.length === 0 ? null : Math.max(...used.map(({ timestamp }) => timestamp)),
    logs: chain.used,
    repairs: repairsOf(image, used, chain),
  };
}

function repairsOf(image: Image, used: readonly Log[], chain: Chain): readonly Repair[] {
  const repairs: Repair[] = [];
  for (const { name, runs, tornBytes, sizeBytes } of used) {
    if (tornBytes > 0) {
      repairs.push({ kind: "cutTornLine", name, keepBytes: sizeBytes - tornBytes });
    }
    if (chain.falseHole !== null && runs.some(({ first }) => first < image.version)) {
      repairs.push({ kind: "dropLinesBelow", name, version: image.version });
    }
  }
  return repairs;
}

function refused(reason: Refusal, why: string): Verdict {
  return { kind: "refused", reason, why, reaches: null, hole: null };
}
