// All checks in the order in which they are shown, and the judgement of a whole world by them.

import { MfsctlError } from "../errors.ts";
import type { World } from "../facts/world.ts";
import { ssh, sudo, systemd } from "./access.ts";
import { clock } from "./clock.ts";
import type { Check, Finding } from "./finding.ts";
import { foreign } from "./foreign.ts";
import { fuse } from "./fuse.ts";
import { mountNofile, nofile } from "./limits.ts";
import { firewall, masterName, selinux } from "./network.ts";
import { portsFree } from "./ports.ts";
import { reach } from "./reach.ts";
import { mountpoint, space, writable } from "./storage.ts";
import { os, tools, user } from "./system.ts";

/** Checks that need only facts. */
export const checks: readonly Check[] = [
  ssh,
  sudo,
  systemd,
  os,
  user,
  tools,
  fuse,
  portsFree,
  space,
  mountpoint,
  foreign,
  writable,
  nofile,
  mountNofile,
  selinux,
  firewall,
  clock,
  masterName,
];

/** Name and title of every check, with the one that probes (`reach`). */
export const documentedChecks: readonly Pick<Check, "name" | "title">[] = [...checks, reach];

/** The findings of every check that needs only facts. */
export function judgeWorld(world: World): readonly Finding[] {
  return checks.flatMap((check) => check.judge(world));
}

/** Without these nothing is known of a host, and the unknown is never taken for good. */
const neverIgnored = [ssh.name, sudo.name];

/** The findings with failures of ignored checks turned into warnings. */
export function ignoring(
  found: readonly Finding[],
  ignored: ReadonlySet<string>,
): readonly Finding[] {
  return found.map((finding) =>
    finding.level === "fail" && ignored.has(finding.check) && !neverIgnored.includes(finding.check)
      ? { ...finding, level: "warn", message: `${finding.message} (ignored)` }
      : finding,
  );
}

/** The names given to `--ignore-check`; throws for one that is no check or may not be ignored. */
export function ignoredChecks(names: readonly string[]): ReadonlySet<string> {
  const known = documentedChecks
    .map(({ name }) => name)
    .filter((name) => !neverIgnored.includes(name));
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return new Set(names);
  throw new MfsctlError(
    "usage",
    `Cannot ignore the check "${wrong}": no failure of this name can be ignored, expected one of ${known.join(", ")}`,
    { hint: "mfsctl check --help" },
  );
}

/** The error for findings that forbid a change; undefined when none does. */
export function failureOf(found: readonly Finding[]): MfsctlError | undefined {
  const failures = found.filter((finding) => finding.level === "fail");
  const last = failures.at(-1);
  if (last === undefined) return undefined;
  return new MfsctlError("checkFailed", last.message, {
    host: last.host,
    details: failures.slice(0, -1).map((each) => `${each.host}: ${each.check}: ${each.message}`),
    hint: last.hint,
  });
}

/** docs/checks.md: one line for each check. */
export function checksMarkdown(): string {
  const rows = documentedChecks.map(({ name, title }) => `- \`${name}\`: ${title}.`);
  return `# Checks

What \`mfsctl check\` looks at on every host, and \`mfsctl deploy\` before it changes anything.
A failure ends both with exit code 3; \`--ignore-check NAME\` turns the failures of one check into warnings,
except those of \`ssh\` and \`sudo\`: a host that cannot be asked is never taken for a good one.

${rows.join("\n")}
`;
}
