// Several change logs as one run of changes from an image on: every version once, none left out.
// The real master's false hole below the image is not one here. Spec: changelog.md 5.1, 9 (10).
import type { LinesEnd, NumberedLine } from "./changelog-lines.ts";

/** One file of a merge. Its lines are not asked for before their turn comes. */
export interface ChangeFile {
  readonly name: string;
  /** Version of its first line (`firstVersion`): it orders the files before any is read. */
  readonly first: number;
  readonly lines: Iterable<NumberedLine | LinesEnd>;
}

/** The next change to apply. */
export interface MergedLine extends NumberedLine {
  readonly file: string;
}

/**
 * What is wrong with the files. A hole is the end: nothing follows it. Of two changes of one version
 * the first is used, but they tell of two histories. A file's own end (torn, garbage) ends that file only.
 */
export type MergeProblem =
  | { readonly kind: "hole"; readonly from: number; readonly to: number; readonly file: string }
  | {
      readonly kind: "conflict";
      readonly version: number;
      readonly files: readonly [string, string];
    }
  | (Exclude<LinesEnd, { kind: "end" }> & { readonly file: string });

/** A file with the line that it shows next. */
interface Cursor {
  readonly file: string;
  readonly lines: Iterator<NumberedLine | LinesEnd>;
  version: number;
  /** Null until the file has been opened, when its version is what its list says. */
  shown: NumberedLine | null;
}

/** The changes from the image's version on, each once and in order. */
export function* mergeLines(
  files: readonly ChangeFile[],
  imageVersion: number,
): Generator<MergedLine | MergeProblem, void> {
  const cursors = files
    .map(({ name, first, lines }): Cursor => {
      return { file: name, lines: lines[Symbol.iterator](), version: first, shown: null };
    })
    .toSorted((one, other) => one.version - other.version);
  let next = imageVersion;
  let last: MergedLine | null = null;
  for (let front = cursors[0]; front !== undefined; front = cursors[0]) {
    const { shown, file } = front;
    if (shown !== null && shown.version > next) {
      yield { kind: "hole", from: next, to: shown.version - 1, file };
      return;
    }
    if (shown !== null && shown.version === next) {
      last = { ...shown, file };
      yield last;
      next++;
    } else if (shown !== null && last?.version === shown.version && last.text !== shown.text) {
      yield { kind: "conflict", version: shown.version, files: [last.file, file] };
    }
    const problem = advance(cursors, front);
    if (problem !== null) yield problem;
  }
}

/** Moves the front cursor on and puts it where its next line belongs. */
function advance(cursors: Cursor[], front: Cursor): MergeProblem | null {
  const item = front.lines.next();
  const shown: NumberedLine | LinesEnd = item.done === true ? { kind: "end" } : item.value;
  if (shown.kind !== "line") {
    cursors.shift();
    return shown.kind === "end" ? null : { ...shown, file: front.file };
  }
  front.shown = shown;
  front.version = shown.version;
  let place = 0;
  for (; comesBefore(cursors[place + 1], front); place++) {
    const later = cursors[place + 1];
    if (later !== undefined) cursors[place] = later;
  }
  cursors[place] = front;
  return null;
}

/** Equal versions keep the order they have, so that the file that was in front stays there. */
function comesBefore(one: Cursor | undefined, front: Cursor): boolean {
  return one !== undefined && one.version < front.version;
}
