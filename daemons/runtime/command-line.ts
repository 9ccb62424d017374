// The command line that the three daemons share: switches as getopt reads them, one action.
// Spec: config-and-cli.md 1; texts compared with the running 3.0.117 programs.

import { readInteger } from "../config/c-number.ts";
import type { Daemon } from "../config/options.ts";

const actions = [
  "start",
  "stop",
  "restart",
  "try-restart",
  "reload",
  "info",
  "test",
  "kill",
  "restore",
] as const;

/** What is to be done; "status" is read as "test". */
export type Action = (typeof actions)[number];

/** The switches as given. */
export interface Switches {
  readonly foreground: boolean;
  /** -c; null: the default file. */
  readonly configFile: string | null;
  /** -t: how long to wait for the lock. */
  readonly lockTimeoutSeconds: number;
  /** -u */
  readonly logDefaults: boolean;
  /** False with -n. */
  readonly raiseCoreLimit: boolean;
  /** -i (master) */
  readonly ignoreErrors: boolean;
  /** -a (master) */
  readonly restoreAutomatically: boolean;
  /** Number of -x (master). */
  readonly verbosity: number;
}

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: "run"; readonly action: Action; readonly switches: Switches; notes: string }
  | { readonly kind: "version" }
  | { readonly kind: "usage"; readonly complaint: string | null; readonly notes: string };

const deprecatedSwitch = "option '-d' is deprecated - use '-f' instead\n";
const defaultLockTimeoutSeconds = 1800;

interface Builder extends Switches {
  foreground: boolean;
  configFile: string | null;
  lockTimeoutSeconds: number;
  logDefaults: boolean;
  raiseCoreLimit: boolean;
  ignoreErrors: boolean;
  restoreAutomatically: boolean;
  verbosity: number;
}

type Effect = (switches: Builder, argument: string) => void;

const effects: Readonly<Record<string, Effect>> = {
  f: (switches) => (switches.foreground = true),
  d: (switches) => (switches.foreground = true),
  u: (switches) => (switches.logDefaults = true),
  n: (switches) => (switches.raiseCoreLimit = false),
  c: (switches, argument) => (switches.configFile = argument),
  t: (switches, argument) =>
    (switches.lockTimeoutSeconds = readInteger(argument, { bits: 32, signed: false }).value),
};

const masterEffects: Readonly<Record<string, Effect>> = {
  i: (switches) => (switches.ignoreErrors = true),
  a: (switches) => (switches.restoreAutomatically = true),
  x: (switches) => switches.verbosity++,
};

/** Switches that take an argument. */
const withArgument = "ct";

/** Reads the words behind the program's name. */
export function parseCommandLine(daemon: Daemon, words: readonly string[]): Invocation {
  const switches = defaultSwitches();
  const rest: string[] = [];
  let notes = "";
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--") {
      rest.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      rest.push(word);
      continue;
    }
    const read = readCluster(daemon, word, words[index + 1]);
    notes += read.notes;
    for (const [effect, argument] of read.effects) effect(switches, argument);
    if (read.end === "version") return { kind: "version" };
    if (read.end !== null) return { kind: "usage", complaint: read.end.complaint, notes };
    if (read.tookNext) index++;
  }
  const action = readAction(rest);
  if (action === null) return { kind: "usage", complaint: null, notes };
  return { kind: "run", action, switches, notes };
}

function defaultSwitches(): Builder {
  return {
    foreground: false,
    configFile: null,
    lockTimeoutSeconds: defaultLockTimeoutSeconds,
    logDefaults: false,
    raiseCoreLimit: true,
    ignoreErrors: false,
    restoreAutomatically: false,
    verbosity: 0,
  };
}

interface Cluster {
  readonly effects: (readonly [Effect, string])[];
  notes: string;
  tookNext: boolean;
  /** Why reading ends here, or null. */
  end: "version" | { readonly complaint: string | null } | null;
}

/** One word of switches such as `-fu` or `-cFILE`. */
function readCluster(daemon: Daemon, word: string, next: string | undefined): Cluster {
  const read: Cluster = { effects: [], notes: "", tookNext: false, end: null };
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? "";
    const effect = effectOf(daemon, letter);
    if (letter === "v") read.end = "version";
    else if (letter === "h" || letter === "?") read.end = { complaint: null };
    else if (effect === undefined) read.end = { complaint: `invalid option -- '${letter}'` };
    if (effect === undefined) return read;
    if (letter === "d") read.notes += deprecatedSwitch;
    if (!withArgument.includes(letter)) {
      read.effects.push([effect, ""]);
      continue;
    }
    const attached = word.slice(at + 1);
    const argument = attached === "" ? next : attached;
    if (argument === undefined) {
      read.end = { complaint: `option requires an argument -- '${letter}'` };
    } else read.effects.push([effect, argument]);
    read.tookNext = attached === "";
    return read;
  }
  return read;
}

function effectOf(daemon: Daemon, letter: string): Effect | undefined {
  if (Object.hasOwn(effects, letter)) return effects[letter];
  const mine = daemon === "mfsmaster" && Object.hasOwn(masterEffects, letter);
  return mine ? masterEffects[letter] : undefined;
}

function readAction(rest: readonly string[]): Action | null {
  if (rest.length > 1) return null;
  const word = (rest[0] ?? "start").toLowerCase();
  if (word === "status") return "test";
  return actions.find((action) => action === word) ?? null;
}

const synopsis = "[start|stop|restart|reload|info|test|kill|restore]";
const commonLines = [
  "-v : print version number and exit",
  "-f : run in foreground",
  "-u : log undefined config variables",
  "-n : do not attempt to increase limit of core dump size",
  "-t locktimeout : how long wait for lockfile",
  "-c cfgfile : use given config file",
];
/** Byte for byte what the program prints, its spelling included. */
const masterLines = [
  "-i : ignore some metadata structure errors (attach orphans to root, ignore names without inode, etc.). DO NOT USE unless you are absoluttely sure that there are no other options to restore your metadata.",
  "-a : automatically restore metadata from change logs",
  "-x : produce more verbose output",
  "-xx : even more verbose output",
];

/** The usage text, which goes to standard output. */
export function usage(daemon: Daemon, program: string): string {
  const master = daemon === "mfsmaster";
  const extra = master ? " [-i] [-a] [-x [-x]]" : "";
  const lines = [
    `usage: ${program} [-vfun] [-t locktimeout] [-c cfgfile]${extra} ${synopsis}`,
    "",
    ...commonLines,
    ...(master ? masterLines : []),
  ];
  return `${lines.join("\n")}\n`;
}
