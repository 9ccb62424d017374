// What leaves the process: the result on stdout, everything else on stderr, one JSON document under --json.

import { Errors } from "@oclif/core";
import { MfsctlError } from "../errors.ts";

/** Version of the JSON document's shape; rises when a field changes its meaning or goes away. */
export const schemaVersion = 1;

/** How one host ended, for the recap and for `nodes` of the JSON document. */
export interface NodeOutcome {
  readonly name: string;
  readonly status: "ok" | "changed" | "failed" | "skipped";
  readonly changes: number;
  readonly error?: string;
}

/** What a command gives back: data for --json, text for people, and how the process ends. */
export interface Outcome {
  readonly result: unknown;
  /** The human text, printed to stdout; empty prints nothing. */
  readonly text: string;
  /** Exit code of a command that worked but found something, e.g. 3 for an unhealthy cluster. */
  readonly exitCode?: number;
  readonly nodes?: readonly NodeOutcome[];
  readonly runId?: string;
}

/** True when the arguments ask for JSON, also when they are otherwise broken. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  return words.some(
    (word, index) =>
      word === "--json" ||
      /^--output=jsonl?$/.test(word) ||
      (word === "--output" && /^jsonl?$/.test(words[index + 1] ?? "")),
  );
}

/** Writes the one JSON document of a run. */
export function printDocument(document: object): void {
  process.stdout.write(
    `${JSON.stringify(
      { schemaVersion, ...document },
      (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
      2,
    )}\n`,
  );
}

/** Prints what a command found. */
export function printOutcome(outcome: Outcome, json: boolean): void {
  if (!json) {
    if (outcome.text !== "") process.stdout.write(`${outcome.text.replace(/\n$/, "")}\n`);
    return;
  }
  printDocument({
    ok: (outcome.exitCode ?? 0) === 0,
    result: outcome.result,
    nodes: outcome.nodes ?? [],
    runId: outcome.runId ?? null,
  });
}

/** Errors that carry how far a run came. */
export class RunError extends MfsctlError {
  readonly nodes: readonly NodeOutcome[];
  readonly runId: string;

  constructor(error: MfsctlError, nodes: readonly NodeOutcome[], runId: string) {
    super(error.code, error.message, {
      host: error.host,
      hint: error.hint,
      details: error.details,
      cause: error.cause,
    });
    this.nodes = nodes;
    this.runId = runId;
  }
}

/** Prints why a command failed: to stderr for people, as the one document under --json. */
export function printFailure(error: MfsctlError, argv: readonly string[]): void {
  if (wantsJson(argv)) {
    printDocument({
      ok: false,
      error: {
        code: error.code,
        message: error.message,
        details: error.details,
        node: error.host ?? null,
        hint: error.hint ?? null,
      },
      nodes: error instanceof RunError ? error.nodes : [],
      runId: error instanceof RunError ? error.runId : null,
    });
    return;
  }
  const lines = [...error.details];
  lines.push(`Error: ${error.host === undefined ? "" : `${error.host}: `}${error.message}`);
  if (error.code === "internal" && error.stack !== undefined) lines.push(error.stack);
  if (error.hint !== undefined) lines.push(`Next: ${error.hint}`);
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** Turns anything thrown into the error users see; oclif's parser errors become usage errors. */
export function asMfsctlError(error: unknown): MfsctlError {
  if (error instanceof MfsctlError) return error;
  if (error instanceof Errors.CLIError) {
    const exit = error.oclif.exit ?? 2;
    const message = error.message.replaceAll(/\n?See more help with --help/g, "").trim();
    return new MfsctlError(exit === 1 ? "internal" : "usage", message, {
      hint: "mfsctl --help, or mfsctl COMMAND --help",
      cause: error,
    });
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  const wrapped = new MfsctlError("internal", cause.message, {
    hint: "this is a fault of mfsctl; run again with -v and report what it prints",
    cause,
  });
  if (cause.stack !== undefined) wrapped.stack = cause.stack;
  return wrapped;
}
