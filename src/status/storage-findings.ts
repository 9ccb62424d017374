// What is wrong with chunkservers, disks and chunks. Part of judge.ts.

import { unitOf } from "../layout.ts";
import { removedDisks } from "../phases/disk-state.ts";
import { finding, type Finding, type Sections } from "./report.ts";
import type { StatusView } from "./view.ts";

/** Fuller than this, a chunkserver is about to take no new chunks. */
const fullPercent = 95;

/** Servers that are not connected, full, in maintenance, or unknown to the inventory. */
export function chunkserverFindings(
  { world }: StatusView,
  { chunkservers }: Sections,
): readonly Finding[] {
  if (world.cluster === undefined) return [];
  const expected = Object.values(world.inventory.hosts).filter(({ roles }) =>
    roles.includes("chunkserver"),
  );
  const lost = expected.flatMap(({ name }) => {
    if (chunkservers.some(({ host, connected }) => host === name && connected)) return [];
    const hint = `mfsctl start --role chunkserver --node ${name}`;
    return [finding("problem", name, "The chunkserver is not connected to the master", hint)];
  });
  const others = chunkservers.flatMap(
    ({ host, ip, connected, maintenance, usedBytes, totalBytes }) => {
      if (host === null) {
        const is = connected ? "connected" : "known to the master and disconnected";
        return [
          finding("note", null, `The chunkserver at ${ip} is ${is}, but not in the inventory`),
        ];
      }
      const findings: Finding[] = [];
      if (maintenance)
        findings.push(finding("note", host, "The chunkserver is in maintenance mode"));
      const percent = totalBytes === 0 ? 0 : (100 * usedBytes) / totalBytes;
      if (connected && percent >= fullPercent) {
        const message = `The chunkserver is ${Math.floor(percent)} % full`;
        findings.push(finding("problem", host, message, "mfsctl disk add, or delete files"));
      }
      return findings;
    },
  );
  return [...lost, ...others];
}

const diskWords = {
  damaged: "is damaged: it answered with I/O errors",
  invalid: "cannot be used by the chunkserver",
  missing: "is in the inventory, but the chunkserver does not use it",
  scanning: "is still being scanned",
} as const;

/** Disks that are damaged, unusable, absent, unread, or on their way out. */
export function diskFindings({ world }: StatusView, { disks }: Sections): readonly Finding[] {
  return disks.flatMap(({ host, path, state, scanPercent }): readonly Finding[] => {
    const facts = world.facts.get(host);
    switch (state) {
      case "ok":
        return [];
      case "marked":
        return [finding("note", host, `${path} is marked for removal`, "mfsctl disk status")];
      case "unknown": {
        // Its host or its daemon is missing altogether, which has been said.
        if (facts === undefined || facts.units.get(unitOf("chunkserver"))?.active !== "active")
          return [];
        return [
          finding(
            "unknown",
            host,
            `${path}: the chunkserver does not answer`,
            `mfsctl logs --node ${host}`,
          ),
        ];
      }
      case "missing":
        if (facts !== undefined && removedDisks(facts).has(path)) return [];
        return [finding("problem", host, `${path} ${diskWords[state]}`, "mfsctl deploy")];
      case "scanning":
        return [
          finding("unknown", host, `${path} ${diskWords[state]} (${scanPercent ?? 0} %)`, "wait"),
        ];
      case "damaged":
      case "invalid":
        return [
          finding("problem", host, `${path} ${diskWords[state]}`, `mfsctl logs --node ${host}`),
        ];
      default:
        return state satisfies never;
    }
  });
}

/** Chunks that lack copies; counts that are not exact are unknown. */
export function chunkFindings({ chunks }: Sections): readonly Finding[] {
  if (chunks === null) return [];
  const { all, regular, exact } = chunks;
  const counts = [
    [all.missing, "without any copy: files cannot be read", "bring the disks back that hold them"],
    [all.endangered, "with one copy left", "wait for the copies; mfsctl status --watch"],
    [all.undergoal, "with fewer copies than wanted", "wait for the copies; mfsctl status --watch"],
  ] as const;
  const leaving =
    regular.endangered +
    regular.undergoal +
    regular.missing -
    all.endangered -
    all.undergoal -
    all.missing;
  return [
    ...(exact
      ? []
      : [
          finding(
            "unknown",
            null,
            "The counts of chunks are not exact while servers register",
            "mfsctl status --watch",
          ),
        ]),
    ...(leaving > 0
      ? [
          finding(
            "note",
            null,
            `${leaving} chunks still have copies on disks marked for removal`,
            "mfsctl disk status",
          ),
        ]
      : []),
    ...counts
      .filter(([count]) => count > 0)
      .map(([count, words, hint]) => finding("problem", null, `${count} chunks ${words}`, hint)),
  ];
}
