// Keeps one frame for each packet, variant and outcome that passes a tap, as test/golden/protocol has them:
// `<packet name in lower case>[--variant].hex`, the first line says how it was made.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { headerBytes } from "../../daemons/protocol/packet.ts";
import type { PacketTable } from "../../daemons/protocol/packet.ts";
import type { TappedFrame } from "./frame-tap.ts";

/** Frames above this size are left out: the next smaller one of its kind will do. */
const frameBytesMax = 20_000;

/** What can be told about frames of one link. */
export interface RecordedLink {
  readonly folder: string;
  readonly tables: Readonly<Record<TappedFrame["direction"], PacketTable>>;
  /** A word of its own for what the variant does not tell: an error, an empty list. */
  readonly nameOf?: (value: object) => string | undefined;
}

/** Writes the first frame of every kind. */
export class GoldenRecorder {
  readonly #folder: string;
  readonly #command: string;
  readonly #counts = new Map<string, number>();
  /** What is being done; it goes into the first line of the files. */
  step = "start";

  constructor(folder: string, command: string) {
    this.#folder = folder;
    this.#command = command;
  }

  /** All names so far, with their folders. */
  get names(): readonly string[] {
    return [...this.#counts.keys()].toSorted();
  }

  /** A frame's kind; written when it is the first. */
  keep(link: RecordedLink, frame: Pick<TappedFrame, "direction" | "type" | "bytes">): string {
    const name = kindOf(link, frame);
    if (frame.bytes.length > frameBytesMax) return name;
    const count = this.count(name) + 1;
    this.#counts.set(name, count);
    if (count > 1) return name;
    const file = path.join(this.#folder, `${name}.hex`);
    mkdirSync(path.dirname(file), { recursive: true });
    const lines =
      Buffer.from(frame.bytes)
        .toString("hex")
        .match(/.{1,96}/g) ?? [];
    const head = `# Debian 3.0.117-1, step "${this.step}"; recorded by ${this.#command}`;
    writeFileSync(file, `${[head, ...lines].join("\n")}\n`);
    return name;
  }

  /** How often a kind has come. */
  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }
}

function kindOf(
  link: RecordedLink,
  { direction, type, bytes }: Pick<TappedFrame, "direction" | "type" | "bytes">,
): string {
  const row = link.tables[direction].get(type);
  if (row === undefined)
    throw new Error(`Cannot record type ${type}: no row for this ${direction}`);
  const value = row.decode(bytes.subarray(headerBytes)) as object;
  const variant = "variant" in value ? [String(value.variant)] : [];
  const extra = link.nameOf?.(value);
  const words = [...variant, ...(extra === undefined ? [] : [extra])];
  const name = row.name.toLowerCase().replaceAll("_", "-");
  const suffix = words.length === 0 ? "" : `--${words.join("-").replaceAll(/[A-Z]/g, dashed)}`;
  return `${link.folder}/${name}${suffix}`;
}

function dashed(letter: string): string {
  return `-${letter.toLowerCase()}`;
}
