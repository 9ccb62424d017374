// What a daemon says to whoever starts it: plain lines on standard error, and the same lines in the log.
// Spec: config-and-cli.md 1.1, 1.2 (the NUL byte of a failed call) and 2.1.

import { closeSync, openSync } from "node:fs";
import type { Log } from "./log.ts";
import type { OptionMessage } from "./option-messages.ts";
import { stderrIsJournal, writeStandardError } from "./log-sinks.ts";
import { duplicateDescriptor } from "./system-calls.ts";

const standardError = 2;

/** Speaks to the terminal as long as somebody is there. */
export class Voice {
  readonly log: Log;
  readonly #foreground: boolean;
  readonly #journal: boolean;
  #attached = true;

  constructor(log: Log, foreground: boolean) {
    this.log = log;
    this.#foreground = foreground;
    this.#journal = foreground && stderrIsJournal(process.env);
  }

  /** A line for the console only. */
  progress(line: string): void {
    this.raw(`${line}\n`);
  }

  /** A piece of a line, as it is. */
  raw(text: string): void {
    if (this.#attached) writeStandardError(text);
  }

  /** A line for the log and the console. A journal behind standard error gets it once. */
  announce(line: string): void {
    this.log.info(line);
    if (!this.#journal) this.progress(line);
  }

  /** A line that goes where 3.0.117 sends it. Without a console it goes to the log. */
  say(message: OptionMessage): void {
    if (message.to === "both") this.announce(message.text);
    else if (message.to === "log" || !this.#attached) this.log.info(message.text);
    else this.progress(message.text);
  }

  /** The end of a call that failed: scripts of 3.0.117 see a NUL byte there, except in the foreground. */
  markFailure(): void {
    if (!this.#foreground) this.raw("\0");
  }

  /** From now on nobody listens: whoever waits for the end of our standard error gets it. */
  detach(): void {
    this.#attached = false;
    const nowhere = openSync("/dev/null", "w");
    duplicateDescriptor(nowhere, standardError);
    closeSync(nowhere);
  }
}
