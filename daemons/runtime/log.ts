// The daemon's log: levels, fields, and a bound on repetition. Sinks stand in log-sinks.ts.
// The same text again and again (a broken peer, a full disk) must fill neither disk nor journal.

import { limits } from "../base/limits.ts";

/** Levels by the numbers of syslog. */
export const levels = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;

export type Level = keyof typeof levels;

/** Values that belong to a text; they do not count when repetition is looked for. */
export type Fields = Readonly<Record<string, string | number | bigint | boolean>>;

/** Where lines go. */
export interface LogSink {
  write(level: Level, line: string): void;
  close(): void;
}

interface Repeats {
  windowStartMs: number;
  count: number;
}

/** Writes lines to all sinks. */
export class Log {
  readonly #sinks: readonly LogSink[];
  readonly #nowMs: () => number;
  readonly #least: Level;
  readonly #repeats = new Map<string, Repeats>();

  constructor(sinks: readonly LogSink[], nowMs: () => number, least: Level = "info") {
    this.#sinks = sinks;
    this.#nowMs = nowMs;
    this.#least = least;
  }

  error(text: string, fields?: Fields): void {
    this.write("error", text, fields);
  }

  warning(text: string, fields?: Fields): void {
    this.write("warning", text, fields);
  }

  notice(text: string, fields?: Fields): void {
    this.write("notice", text, fields);
  }

  info(text: string, fields?: Fields): void {
    this.write("info", text, fields);
  }

  debug(text: string, fields?: Fields): void {
    this.write("debug", text, fields);
  }

  /** One line; `fields` come behind the text as `name=value`. */
  write(level: Level, text: string, fields?: Fields): void {
    if (levels[level] > levels[this.#least]) return;
    const hidden = this.#countRepeat(text);
    if (hidden === null) return;
    if (hidden > 0) this.#emit(level, `${text} (${hidden} more of these were not written)`);
    this.#emit(level, fields === undefined ? text : `${text}${formatFields(fields)}`);
  }

  close(): void {
    for (const sink of this.#sinks) sink.close();
  }

  #emit(level: Level, line: string): void {
    const safe = printable(line);
    for (const sink of this.#sinks) sink.write(level, safe);
  }

  /** Null: not to be written; otherwise how many were held back in the window before. */
  #countRepeat(text: string): number | null {
    const now = this.#nowMs();
    const known = this.#repeats.get(text);
    if (known === undefined) {
      this.#forgetOldest();
      this.#repeats.set(text, { windowStartMs: now, count: 1 });
      return 0;
    }
    if (now - known.windowStartMs < limits.logRepeatWindowMs) {
      known.count++;
      return known.count > limits.logRepeats ? null : 0;
    }
    const hidden = Math.max(0, known.count - limits.logRepeats);
    known.windowStartMs = now;
    known.count = 1;
    return hidden;
  }

  #forgetOldest(): void {
    if (this.#repeats.size < limits.logRepeatTexts) return;
    for (const text of this.#repeats.keys()) {
      this.#repeats.delete(text);
      return;
    }
  }
}

function formatFields(fields: Fields): string {
  let line = "";
  for (const [name, value] of Object.entries(fields)) {
    const text = String(value);
    line += ` ${name}=${/[\s"=]/.test(text) || text === "" ? JSON.stringify(text) : text}`;
  }
  return line;
}

/** Names and texts of peers must not start lines of their own or move the terminal's cursor. */
function printable(line: string): string {
  return line.replace(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
