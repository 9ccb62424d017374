// Reads a metadata image of any version that 3.0.117 reads, record by record, from a stream of bytes.
// Spec: metadata-file.md 1, 2, 3. What a record says by itself is checked here; what takes other records to
// judge is checked by whoever takes them, who then calls `refuse`.
import { endMarker, readableVersion, readSectionHeader } from "../sections.ts";
import type { SectionHeader } from "../sections.ts";
import { readAcls, readXattrs } from "./attributes.ts";
import { readChunks } from "./chunks.ts";
import { readClasses } from "./classes.ts";
import { readEdges } from "./edges.ts";
import type { ImageErrorCode } from "./image-error.ts";
import { ImageInput } from "./input.ts";
import type { ByteSource, ImageInputOptions } from "./input.ts";
import { readFree, readQuotas } from "./inodes.ts";
import { readFlocks, readOpen, readPosixLocks } from "./locks.ts";
import { readNodes } from "./nodes.ts";
import type { ImageRecords, SectionName } from "./records.ts";
import { readServers } from "./servers.ts";
import { readSessions } from "./sessions.ts";

/** What an image says of the whole file system. */
export type ImageStart =
  | { readonly kind: "empty" }
  | {
      readonly kind: "image";
      /** Number of the next change. */
      readonly version: bigint;
      /** 0: not assigned. */
      readonly id: bigint;
      /** 0x20 is `MFSM 2.0`; images before that leave the sessions to `sessions.mfs`. */
      readonly format: number;
      /** Only of images before 2.0, whose next session id stands in front. */
      readonly nextSessionId: number | null;
    };

/** How to read. */
export interface ImageReaderOptions extends ImageInputOptions {
  /** The clock: sessions of the oldest images are taken to have been lost now. */
  readonly nowSeconds?: number;
}

const headerBytes = 16;
const markerBytes = 16;
const formatNow = 0x20;
const formatWithSections = 0x16;
const lengthUnknown = 0xffff_ffff_ffff_ffffn;

/** One image: construct, then call `read` once. */
export class ImageReader {
  readonly #input: ImageInput;
  readonly #nowSeconds: number;
  readonly #ignoreErrors: boolean;
  #inodeMaxOfFile: number | null = null;

  constructor(source: ByteSource, options: ImageReaderOptions = {}) {
    this.#input = new ImageInput(source, options);
    this.#nowSeconds = options.nowSeconds ?? 0;
    this.#ignoreErrors = options.ignoreErrors ?? false;
  }

  /** Hands every record over in file order. Throws `ImageError`. */
  read(records: ImageRecords): ImageStart {
    const start = this.readStart();
    this.readRecords(start, records);
    return start;
  }

  /** The first step of `read`: what stands in front of the records. */
  readStart(): ImageStart {
    const input = this.#input;
    const signature = Buffer.from(input.slice(8)).toString("latin1");
    if (signature === "MFSM NEW") return { kind: "empty" };
    const [, major, minor] = /^MFSM ([1-9])\.([0-9])$/.exec(signature) ?? [];
    if (major === undefined || minor === undefined) {
      throw input.error("signature", 'no signature, expected "MFSM 2.0"');
    }
    const format = (Number(major) << 4) | Number(minor);
    if (format > formatNow) {
      throw input.error("version", `format "${signature}", expected at most "MFSM 2.0"`);
    }
    const at = input.take(16);
    const { view } = input;
    if (format === formatNow) {
      const version = view.getBigUint64(at);
      return { kind: "image", version, id: view.getBigUint64(at + 8), format, nextSessionId: null };
    }
    this.#inodeMaxOfFile = view.getUint32(at);
    const version = view.getBigUint64(at + 4);
    const nextSessionId = view.getUint32(at + 12);
    return { kind: "image", version, id: 0n, format, nextSessionId };
  }

  /** The second step of `read`. */
  readRecords(start: ImageStart, records: ImageRecords): void {
    if (start.kind === "empty") return;
    if (start.format < formatWithSections) this.#readWithoutSections(records);
    else while (this.#readSection(records));
    this.#input.section = "file";
    if (!this.#input.atEnd()) this.refuse("bytes behind the end, expected none", "ending");
  }

  /** Refuses the image for the record that was handed over last; with `ignoreErrors` reports it. */
  refuse(what: string, code: ImageErrorCode = "record"): void {
    this.#input.refuse(code, what);
  }

  #readWithoutSections(records: ImageRecords): void {
    for (const name of ["NODE", "EDGE", "FREE", "CHNK"] as const) {
      this.#readBody(name, 0x10, records);
    }
  }

  /** False behind the end marker. */
  #readSection(records: ImageRecords): boolean {
    const input = this.#input;
    input.section = "file";
    const bytes = input.slice(Math.max(headerBytes, markerBytes));
    const text = Buffer.from(bytes).toString("latin1");
    if (text === endMarker) return false;
    const header = readSectionHeader(bytes);
    if (header === null) throw input.error("section", "no section header, expected one");
    input.section = header.name;
    const version = readableVersion(header.name);
    if (version === null) return this.#skipUnknown(header);
    if (header.version > version || header.version < 0x10) {
      const wrong = `version 0x${header.version.toString(16)}`;
      throw input.error("version", `${wrong}, expected 0x10 to 0x${version.toString(16)}`);
    }
    const start = input.offset;
    this.#readBody(nameNow(header.name), header.version, records);
    this.#checkLength(header, input.offset - start);
    return true;
  }

  #skipUnknown(header: SectionHeader): true {
    const { name, bodyBytes } = header;
    if (!this.#ignoreErrors || bodyBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.#input.error("section", `section "${name}", expected one that is known`);
    }
    this.#input.report(`section "${name}" left out, expected one that is known`);
    this.#input.skip(Number(bodyBytes));
    return true;
  }

  #checkLength({ bodyBytes }: SectionHeader, consumed: number): void {
    if (bodyBytes === lengthUnknown || bodyBytes === BigInt(consumed)) return;
    this.#input.refuse("length", `${consumed} bytes, expected ${bodyBytes} as the header says`);
  }

  #readBody(name: SectionName, version: number, records: ImageRecords): void {
    const input = this.#input;
    input.section = name;
    records.beginSection(name);
    switch (name) {
      case "SESS":
        readSessions(input, version, this.#nowSeconds, records);
        break;
      case "SCLA":
        readClasses(input, version, records);
        break;
      case "NODE":
        readNodes(input, version, records, this.#inodeMaxOfFile);
        break;
      case "EDGE":
        readEdges(input, version, records);
        break;
      case "FREE":
        readFree(input, records);
        break;
      case "QUOT":
        readQuotas(input, version, records);
        break;
      case "XATR":
        readXattrs(input, records);
        break;
      case "PACL":
        readAcls(input, version, records);
        break;
      case "OPEN":
        readOpen(input, records);
        break;
      case "FLCK":
        readFlocks(input, records);
        break;
      case "PLCK":
        readPosixLocks(input, records);
        break;
      case "CSDB":
        readServers(input, version, records);
        break;
      case "CHNK":
        readChunks(input, version, records);
        break;
      default:
        name satisfies never;
    }
    records.endSection(name);
  }
}

/** Storage classes once were labels. */
function nameNow(name: string): SectionName {
  return name === "LABS" ? "SCLA" : (name as SectionName);
}
