// The configuration of a running daemon: effective values by name, and what a reload changes.
// Names, types and ranges stand in daemons/config; keys of our own come beside them. Spec: config-and-cli.md 3 to 5.

import { assert } from "../base/assert.ts";
import { readDefinitions } from "../config/cfg.ts";
import { byteLines, fromBytes, toBytes } from "../config/lines.ts";
import { options } from "../config/options.ts";
import type { Daemon } from "../config/options.ts";
import { live } from "../config/option-row.ts";
import type { OptionRow } from "../config/option-row.ts";
import { readValue } from "../config/option-value.ts";
import type { OptionValue } from "../config/option-value.ts";
import { parseConfig } from "../config/parse-config.ts";
import type { ParsedConfig } from "../config/parse-config.ts";
import { Problems } from "../config/problem.ts";
import { judgeOptions, parseRates } from "./option-messages.ts";
import type { Judgement, Rates } from "./option-messages.ts";

/** Options of our own, which 3.0.117 ignores in a shared file. */
export type OwnOptions = Readonly<Record<string, OptionRow>>;

const adminPorts = { mfsmaster: "9430", mfsmetalogger: "9431", mfschunkserver: "9432" } as const;

/** Where /metrics and /healthz are served; port 0 switches them off. */
export function adminOptions(daemon: Daemon): OwnOptions {
  return {
    ADMIN_LISTEN_HOST: live("listenHost", "127.0.0.1"),
    ADMIN_LISTEN_PORT: live("uint16", Number(adminPorts[daemon])),
  };
}

/** What a configuration is made of. */
export interface ConfigSource {
  readonly daemon: Daemon;
  readonly text: string;
  readonly own: OwnOptions;
}

type Rows = Readonly<Record<string, OptionRow>>;
type Values = Readonly<Record<string, OptionValue>>;

/** Effective values; a name that the daemon does not know is a bug of the caller. */
export class Config {
  readonly daemon: Daemon;
  readonly #rows: Rows;
  readonly #values: Values;
  readonly #defined: ReadonlySet<string>;
  readonly #own: OwnOptions;
  /** What the daemon says about values out of range. */
  readonly judgement: Judgement;
  /** Lines that are no definition, as the daemon quotes them. */
  readonly skippedLines: readonly string[];

  private constructor(source: ConfigSource, parsed: ParsedConfig, values: Values) {
    this.daemon = source.daemon;
    this.#own = source.own;
    this.#rows = { ...options[source.daemon], ...source.own };
    this.#values = values;
    this.#defined = new Set(parsed.defined.keys());
    this.judgement = judgeOptions(source.daemon, parsed);
    this.skippedLines = skippedLines(source.text);
  }

  /**
   * Reads a file's text.
   *
   * @example Config.parse({ daemon: "mfsmaster", text: "BACK_LOGS = 7\n", own: {} }).number("BACK_LOGS") === 7
   */
  static parse(source: ConfigSource): Config {
    const parsed = parseConfig(source.daemon, source.text);
    return new Config(source, parsed, { ...parsed.values, ...ownValues(source.own, parsed) });
  }

  /** The configuration after a reload: what cannot be reloaded, and what is refused, stays. */
  reloaded(text: string): Config {
    const source = { daemon: this.daemon, text, own: this.#own };
    const fresh = Config.parse(source);
    const parsed = parseConfig(source.daemon, text);
    const refused = fresh.judgement.fatal !== null;
    const values: Record<string, OptionValue> = {};
    for (const name of Object.keys(fresh.#rows)) {
      const row = this.#row(name);
      const stays = !row.reloadable || (refused && refusable.has(name));
      const value = (stays ? this : fresh).#values[name];
      if (value !== undefined) values[name] = value;
    }
    return new Config(source, parsed, values);
  }

  /** The value of any option; null where it has none. */
  value(name: string): OptionValue | null {
    return this.#value(name);
  }

  /** The value of a numeric option. */
  number(name: string): number {
    const value = this.optionalNumber(name);
    assert(value !== null, `option ${name} has no value`);
    return value;
  }

  /** The value of a numeric option that has no default. */
  optionalNumber(name: string): number | null {
    const value = this.#value(name);
    assert(typeof value !== "string", `option ${name} is a text`);
    return value;
  }

  /** The value of a text, path, host, port or size. */
  text(name: string): string {
    const value = this.optionalText(name);
    assert(value !== null, `option ${name} has no value`);
    return value;
  }

  /** The value of a text that has no default. */
  optionalText(name: string): string | null {
    const value = this.#value(name);
    assert(typeof value !== "number", `option ${name} is a number`);
    return value;
  }

  /** A replication limit. */
  rates(name: string): Rates {
    const read = parseRates(this.text(name));
    assert(read !== null, `option ${name} was refused before`);
    return read.rates;
  }

  /** True when the file has this name. */
  isDefined(name: string): boolean {
    return this.#defined.has(name);
  }

  /** All names that have a default, in the order of the table. */
  namesWithDefault(): readonly string[] {
    return Object.keys(this.#rows).filter((name) => this.#rows[name]?.default !== null);
  }

  /** The default as the daemon prints it. */
  defaultText(name: string): string {
    return String(this.#row(name).default);
  }

  /** Names whose value differs. */
  changesTo(next: Config): readonly string[] {
    return Object.keys(this.#rows).filter((name) => this.#values[name] !== next.#values[name]);
  }

  /** Names that the text would change but that only a restart puts into effect. */
  waitingForRestart(text: string): readonly string[] {
    const fresh = Config.parse({ daemon: this.daemon, text, own: this.#own });
    return this.changesTo(fresh).filter((name) => !this.#row(name).reloadable);
  }

  #row(name: string): OptionRow {
    const row = Object.hasOwn(this.#rows, name) ? this.#rows[name] : undefined;
    assert(row !== undefined, `option ${name} is not known to ${this.daemon}`);
    return row;
  }

  #value(name: string): OptionValue | null {
    this.#row(name);
    return this.#values[name] ?? null;
  }
}

/** Options whose errors stop a start and keep the old values at a reload. */
const refusable = new Set([
  "CHUNKS_SOFT_DEL_LIMIT",
  "CHUNKS_HARD_DEL_LIMIT",
  "CHUNKS_WRITE_REP_LIMIT",
  "CHUNKS_READ_REP_LIMIT",
]);

function ownValues(own: OwnOptions, parsed: ParsedConfig): Values {
  const values: Record<string, OptionValue> = {};
  for (const [name, row] of Object.entries(own)) {
    const given = parsed.defined.get(name);
    const value = given === undefined ? row.default : readValue(row, given, new Problems());
    if (value !== null) values[name] = value;
  }
  return values;
}

/** Lines that the daemon quotes with "bad definition"; a lone name is skipped without a word. */
function skippedLines(text: string): readonly string[] {
  const taken = new Set(readDefinitions(text, new Problems()).map(({ line }) => line));
  return byteLines(toBytes(text))
    .filter(({ number, bytes }) => !taken.has(number) && !bytes.startsWith("#"))
    .filter(({ bytes }) => !/^[ \t]*[\x21-\x3c\x3e-\x7e]*[ \t\r]*$/.test(bytes))
    .map(({ bytes }) => fromBytes(bytes));
}
