// A change log read piece by piece: complete lines in the order of their versions, as far as the
// order lasts; a torn tail is left alone. Spec: changelog.md 1, 5.1, 5.2.
import { lineBytesMax } from "./changelog.ts";
import { latin1 } from "./changelog-text.ts";

/** One line: the change's number and what stands behind it. */
export interface NumberedLine {
  readonly kind: "line";
  readonly version: number;
  /** `timestamp|OP(...)`, one character a byte. */
  readonly text: string;
  /** Number of the line in its file, from 1. */
  readonly line: number;
}

/** How a file ends: where its last line does, in bytes that nobody finished, or in what is no order. */
export type LinesEnd =
  | { readonly kind: "end" }
  | { readonly kind: "torn"; readonly line: number; readonly tornBytes: number }
  | { readonly kind: "garbage"; readonly line: number; readonly why: string };

/** A jump of so many versions is garbage to the real master. */
const jumpMax = 10_000;

const numbered = /^(\d{1,16}): /;

/** The lines of a file from its bytes, in pieces of any size; the last item says how it ends. */
export function* readLines(pieces: Iterable<Uint8Array>): Generator<NumberedLine | LinesEnd, void> {
  let line = 0;
  let previous: number | null = null;
  for (const text of cutLines(pieces)) {
    line++;
    if (typeof text !== "string") {
      yield text.tornBytes === 0 ? { kind: "end" } : tornEnd(line, text.tornBytes);
      return;
    }
    const head = numbered.exec(text);
    const version = head === null ? NaN : Number(head[1]);
    const why = whyGarbage(version, previous);
    if (head === null || why !== null) {
      yield { kind: "garbage", line, why: why ?? "" };
      return;
    }
    yield { kind: "line", version, text: text.slice(head[0].length), line };
    previous = version;
  }
}

/** Texts between line feeds, then the size of what has none. */
function* cutLines(pieces: Iterable<Uint8Array>): Generator<string | { tornBytes: number }, void> {
  let open = "";
  for (const piece of pieces) {
    const text = latin1(piece);
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      yield open + text.slice(start, end);
      open = "";
      start = end + 1;
    }
    open += text.slice(start);
    // No line is that long: whatever follows, it stays torn.
    if (open.length > lineBytesMax) break;
  }
  yield { tornBytes: open.length };
}

function tornEnd(line: number, tornBytes: number): LinesEnd {
  if (tornBytes <= lineBytesMax) return { kind: "torn", line, tornBytes };
  return { kind: "garbage", line, why: `a line of more than ${lineBytesMax} bytes` };
}

function whyGarbage(version: number, previous: number | null): string | null {
  if (!Number.isSafeInteger(version)) return "no version stands in front";
  if (previous === null) return null;
  if (version <= previous) return `version ${version} follows ${previous}`;
  if (version - previous >= jumpMax) return `version jumps from ${previous} to ${version}`;
  return null;
}
