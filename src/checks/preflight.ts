// All checks against the hosts: one look at each, then one round of probing between them.

import { exitCodes, MfsctlError } from "../errors.ts";
import type { NodeOutcome } from "../cli/output.ts";
import { gatherWorld } from "../facts/gather.ts";
import type { World } from "../facts/world.ts";
import type { Hosts } from "../host/host.ts";
import type { Inventory } from "../inventory/schema.ts";
import { isLost } from "./access.ts";
import type { Finding } from "./finding.ts";
import { reachFindings } from "./reach.ts";
import { ignoring, judgeWorld } from "./table.ts";

export interface PreflightOptions {
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly ignored: ReadonlySet<string>;
  /** Hosts to tell of; all are looked at, for they are compared with each other. Default all. */
  readonly only?: readonly string[];
}

/** What was found, host by host in the order of the inventory. */
export interface Preflight {
  readonly findings: readonly Finding[];
  readonly nodes: readonly NodeOutcome[];
  /** 0, 3 when a check fails, 5 when a host could not be asked. */
  readonly exitCode: number;
  readonly text: string;
}

/** Looks at all hosts, also when some cannot be reached, and judges them. */
export async function preflight(
  hosts: Hosts,
  inventory: Inventory,
  options: PreflightOptions,
): Promise<Preflight> {
  const unknown = options.only?.find((name) => !(name in inventory.hosts));
  if (unknown !== undefined) {
    throw new MfsctlError(
      "usage",
      `Cannot check "${unknown}": it is no host of the inventory, expected one of ${Object.keys(inventory.hosts).join(", ")}`,
      { hint: "mfsctl check" },
    );
  }
  try {
    const world = await gatherWorld(hosts, inventory, options);
    const probed = await reachFindings(hosts, world, options);
    return report(
      world,
      ignoring([...judgeWorld(world), ...probed], options.ignored),
      options.only,
    );
  } catch (error) {
    if (!options.signal.aborted) throw error;
    throw new MfsctlError("interrupted", "Interrupted: nothing was changed", {
      hint: "mfsctl check",
      cause: error,
    });
  }
}

/** Puts the findings of a world together for people and programs. */
export function report(
  world: World,
  found: readonly Finding[],
  only?: readonly string[],
): Preflight {
  const names = Object.keys(world.inventory.hosts).filter((name) => only?.includes(name) ?? true);
  const findings = names.flatMap((name) => found.filter((finding) => finding.host === name));
  const failed = findings.some(({ level }) => level === "fail");
  const lost = names.some((name) => isLost(world, name));
  return {
    findings,
    nodes: names.map((name) => nodeOutcome(name, findings)),
    exitCode: lost ? exitCodes.unreachable : failed ? exitCodes.checkFailed : 0,
    text: [
      ...names.flatMap((name) => hostText(world, name, findings)),
      ...summary(names, findings),
    ].join("\n"),
  };
}

function nodeOutcome(name: string, findings: readonly Finding[]): NodeOutcome {
  const failure = findings.find(({ host, level }) => host === name && level === "fail");
  return failure === undefined
    ? { name, status: "ok", changes: 0 }
    : { name, status: "failed", changes: 0, error: failure.message };
}

function hostText(world: World, name: string, findings: readonly Finding[]): readonly string[] {
  const mine = findings.filter(({ host }) => host === name);
  const wrong = new Set(mine.filter(({ level }) => level !== "ok").map(({ check }) => check));
  const good = [...new Set(mine.map(({ check }) => check))].filter((check) => !wrong.has(check));
  const at = (level: string) =>
    mine
      .filter((finding) => finding.level === level)
      .flatMap(({ check, message, hint }) => [
        `  ${level}  ${check}: ${message}`,
        `        Next: ${hint}`,
      ]);
  return [
    `${name} (${world.inventory.hosts[name]?.address ?? ""})`,
    ...(good.length === 0 ? [] : [`  ok    ${good.join(", ")}`]),
    ...at("warn"),
    ...at("fail"),
  ];
}

function summary(names: readonly string[], findings: readonly Finding[]): readonly string[] {
  const count = (level: string) => findings.filter((finding) => finding.level === level).length;
  const [failures, warnings] = [count("fail"), count("warn")];
  const words = [
    counted(names.length, "host"),
    counted(failures, "failure"),
    counted(warnings, "warning"),
  ];
  return [
    "",
    words.join(", "),
    failures === 0 ? "Next: mfsctl deploy" : "Next: mend the failures, then: mfsctl check",
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
