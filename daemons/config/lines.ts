// Text cut into the lines that the daemons see: bytes, not characters, with a limit a line.
// Spec: config-and-cli.md 3.2, 8.1, 10.1 (longer lines are read in pieces).

/** One line as bytes (each character stands for one byte), without its line feed. */
export interface ByteLine {
  readonly number: number;
  readonly start: number;
  /** Offset behind the line feed, where the next line starts. */
  readonly next: number;
  readonly bytes: string;
}

/** The bytes of a text, one character for each. */
export function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The text that these bytes stand for. */
export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Cuts at line feeds; a last line without one counts, an empty rest does not. */
export function byteLines(bytes: string): readonly ByteLine[] {
  const lines: ByteLine[] = [];
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf("\n", start);
    const end = feed === -1 ? bytes.length : feed;
    const next = feed === -1 ? end : end + 1;
    lines.push({ number: lines.length + 1, start, next, bytes: bytes.slice(start, end) });
    start = next;
  }
  return lines;
}

/** Blanks and carriage returns at the end are no part of a line of exports, topology or disks. */
export function cutTrailingBlanks(bytes: string): string {
  return bytes.replace(/[ \t\r]+$/, "");
}

/** The longest line that exports are read by; a longer one is read in pieces. */
export const exportsLineBytesMax = 9999;

/** The longest line of all other files. */
export const lineBytesMax = 998;

/** What is wrong with the bytes of a line in any file, or null. */
export function brokenBytes(line: ByteLine, bytesMax: number): string | null {
  if (line.bytes.length > bytesMax) {
    return `line of ${line.bytes.length} bytes, expected at most ${bytesMax}: the rest would be read as another line`;
  }
  if (line.bytes.includes("\0")) {
    return "line with a NUL byte, expected text: the daemon stops reading there";
  }
  return null;
}
