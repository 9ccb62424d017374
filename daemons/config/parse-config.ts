// A whole .cfg file judged: what the daemon would use, and every line it would drop or misread.
// Spec: config-and-cli.md 3 to 7. Pure: the caller brings the text and decides what to do.
import { readDefinitions } from "./cfg.ts";
import type { Definition } from "./cfg.ts";
import { crossCheck } from "./cross-checks.ts";
import { findOption, nearestOption, options } from "./options.ts";
import type { Daemon } from "./options.ts";
import { readValue } from "./option-value.ts";
import type { OptionValue } from "./option-value.ts";
import { Problems } from "./problem.ts";
import type { Problem } from "./problem.ts";

/** A file as the daemon would take it. */
export interface ParsedConfig {
  /** Effective value of every option; one without a default that is not defined is absent. */
  readonly values: Readonly<Record<string, OptionValue>>;
  /** The definitions that count, by name: the last one of each. */
  readonly defined: ReadonlyMap<string, Definition>;
  readonly problems: readonly Problem[];
}

/**
 * Parses the configuration file of a daemon and judges each line.
 *
 * @example parseConfig("mfsmaster", "BACK_LOGS = 9999\n").problems[0]?.severity === "error"
 */
export function parseConfig(daemon: Daemon, text: string): ParsedConfig {
  const problems = new Problems();
  const defined = lastDefinitions(readDefinitions(text, problems), problems);
  const values = defaultValues(daemon);
  for (const given of defined.values()) {
    const row = findOption(daemon, given.name);
    if (row === undefined) reportUnknown(daemon, given, problems);
    else if (row.obsolete === true) {
      problems.warn(
        given.line,
        given.name,
        "option of an older version, expected none: it is ignored",
      );
    } else {
      values[given.name] = readValue(row, given, problems);
      reportOldName(given, row.insteadUse, problems);
    }
  }
  crossCheck({ daemon, values, defined, problems });
  return { values, defined, problems: problems.list() };
}

/** Options whose effective value differs between two files, and whether a reload is enough. */
export function changedOptions(
  daemon: Daemon,
  before: ParsedConfig,
  after: ParsedConfig,
): readonly { readonly name: string; readonly reloadable: boolean }[] {
  return Object.entries(options[daemon])
    .filter(([name]) => before.values[name] !== after.values[name])
    .map(([name, row]) => ({ name, reloadable: row.reloadable }));
}

function defaultValues(daemon: Daemon): Record<string, OptionValue> {
  const values: Record<string, OptionValue> = {};
  for (const [name, row] of Object.entries(options[daemon])) {
    if (row.default !== null) values[name] = row.default;
  }
  return values;
}

/** The last definition of a name wins (spec 3.2). */
function lastDefinitions(
  definitions: readonly Definition[],
  problems: Problems,
): Map<string, Definition> {
  const last = new Map<string, Definition>();
  for (const given of definitions) {
    const earlier = last.get(given.name);
    if (earlier !== undefined) {
      const message = `defined again in line ${given.line}, expected once: the last one counts`;
      if (earlier.value === given.value) problems.warn(earlier.line, given.name, message);
      else problems.error(earlier.line, given.name, message);
    }
    last.set(given.name, given);
  }
  return last;
}

function reportUnknown(daemon: Daemon, { line, name }: Definition, problems: Problems): void {
  const near = nearestOption(daemon, name);
  const meant = near === null ? "" : `: did you mean "${near}"?`;
  problems.error(line, name, `unknown name, expected an option of ${daemon} 3.0.117${meant}`);
}

function reportOldName(
  given: Definition,
  insteadUse: string | undefined,
  problems: Problems,
): void {
  if (insteadUse === undefined) return;
  problems.warn(given.line, given.name, `old name, expected "${insteadUse}"`);
}
