// What is wrong and what is not known. Pure: a view in, findings out. Unknown is never healthy.

import { metaloggerHosts } from "../facts/world.ts";
import { metadataHosts, unitOf } from "../layout.ts";
import { expectedNofile } from "../phases/deploy/verify.ts";
import { removedDisks } from "../phases/disk-state.ts";
import { masterStateHint } from "../phases/health.ts";
import { servicesOf } from "../phases/services/selection.ts";
import type { Finding, StatusReport } from "./report.ts";
import { statusSections } from "./sections.ts";
import type { StatusView } from "./view.ts";

/** So many changes behind the master, a metalogger is stuck rather than busy: a second's worth of a busy master. */
const lagMax = 10_000;
/** Fuller than this, a chunkserver is about to take no new chunks. */
const fullPercent = 95;

type Sections = Omit<StatusReport, "healthy" | "findings">;

/** The whole report. */
export function judgeStatus(view: StatusView): StatusReport {
  const sections = statusSections(view);
  const findings = [
    ...hostFindings(view),
    ...masterFindings(view),
    ...serviceFindings(view),
    ...chunkserverFindings(view, sections),
    ...diskFindings(view, sections),
    ...metaloggerFindings(view, sections),
    ...mountFindings(sections),
    ...chunkFindings(sections),
  ];
  return { ...sections, healthy: findings.every(({ weight }) => weight === "note"), findings };
}

function finding(
  weight: Finding["weight"],
  host: string | null,
  message: string,
  hint: string | null = null,
): Finding {
  return { weight, host, message, hint };
}

function hostFindings({ world }: StatusView): readonly Finding[] {
  return [...world.unreachable].map(([host, error]) =>
    finding("unknown", host, error.message, error.hint ?? `mfsctl check --node ${host}`),
  );
}

function masterFindings({ world }: StatusView): readonly Finding[] {
  const { mastership, inventory, cluster } = world;
  const findings: Finding[] = [];
  const written = inventory.hosts[mastership.host]?.roles.includes("master") ?? false;
  if (!written) {
    const message = `The master is "${mastership.host}" since token ${mastership.token}, the inventory says otherwise`;
    findings.push(finding("note", mastership.host, message, "give it the role in the inventory"));
  }
  if (cluster === undefined) {
    const reachable = world.facts.has(mastership.host);
    const message = reachable ? "The master does not answer" : "The master cannot be asked";
    const hint = masterStateHint(world);
    findings.push(finding(reachable ? "problem" : "unknown", mastership.host, message, hint));
  }
  for (const name of metadataHosts(inventory)) {
    const units = world.facts.get(name)?.units;
    if (name !== mastership.host && units?.get(unitOf("master"))?.active === "active") {
      const message = `A second master runs on "${name}", the true one is "${mastership.host}"`;
      const hint = `mfsctl exec --node ${name} -- systemctl stop ${unitOf("master")}`;
      findings.push(finding("problem", name, message, hint));
    }
    if (units !== undefined && units.get("mfs-witness.socket")?.active !== "active") {
      const message = "The witness does not answer the start guards of other masters";
      findings.push(finding("problem", name, message, "mfsctl deploy"));
    }
  }
  return findings;
}

function serviceFindings({ world }: StatusView): readonly Finding[] {
  return [...world.facts].flatMap(([name, facts]) =>
    servicesOf(world, name).flatMap(({ role, unit, mountPath }): readonly Finding[] => {
      const state = facts.units.get(unit);
      if (state?.active !== "active") {
        const is =
          state === undefined || state.load === "not-found" ? "not installed" : state.active;
        const start =
          mountPath === undefined
            ? `mfsctl start --node ${name}`
            : `mfsctl client mount ${name}:${mountPath}`;
        const hint = is === "not installed" ? "mfsctl deploy" : start;
        return [finding("problem", name, `${unit} is ${is}`, hint)];
      }
      const kind = role === "client" ? "mount" : role === "monitor" ? "cgiserv" : role;
      const wanted = expectedNofile(world, kind);
      if (state.nofile === undefined || state.nofile >= wanted) return [];
      const message = `${unit} may open ${state.nofile} files, expected ${wanted}`;
      return [finding("problem", name, message, "mfsctl check names what stands in the way")];
    }),
  );
}

function chunkserverFindings(
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

function diskFindings({ world }: StatusView, { disks }: Sections): readonly Finding[] {
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

function metaloggerFindings({ world }: StatusView, { metaloggers }: Sections): readonly Finding[] {
  const lonely =
    metaloggerHosts(world).length === 0
      ? [finding("note", null, "There is no metalogger: without one no failover is possible")]
      : [];
  return [
    ...lonely,
    ...metaloggers.flatMap(({ host, connected, lag, hasImage }): readonly Finding[] => {
      if (hasImage === null) return []; // the host cannot be reached, which has been said
      const logs = `mfsctl logs --node ${host}`;
      const findings: Finding[] = [];
      if (connected === false) {
        findings.push(
          finding(
            "problem",
            host,
            "The metalogger is not connected to the master",
            `mfsctl start --role metalogger --node ${host}`,
          ),
        );
      }
      if (!hasImage) {
        findings.push(
          finding(
            "problem",
            host,
            "The metalogger holds no complete image: it is no candidate for failover",
            logs,
          ),
        );
      }
      if (lag === null && world.cluster !== undefined) {
        findings.push(
          finding("unknown", host, "How far the metalogger has come cannot be read", logs),
        );
      }
      if (lag !== null && lag > lagMax) {
        findings.push(
          finding(
            "problem",
            host,
            `The metalogger is ${lag} changes behind`,
            `mfsctl restart --role metalogger --node ${host}`,
          ),
        );
      }
      return findings;
    }),
  ];
}

function mountFindings({ mounts }: Sections): readonly Finding[] {
  return mounts.flatMap(({ host, path, state, connected }): readonly Finding[] => {
    const hint = `mfsctl client mount ${host}:${path}`;
    switch (state) {
      case "notMounted":
        return [finding("problem", host, `${path} is not mounted`, hint)];
      case "dead":
        return [
          finding("problem", host, `${path} is dead: "Transport endpoint is not connected"`, hint),
        ];
      case "silent":
        return [
          finding(
            "problem",
            host,
            `${path} does not answer`,
            `mfsctl client status ${host}:${path}`,
          ),
        ];
      case "unknown":
        return []; // the host cannot be reached, which has been said
      case "live":
        if (connected !== false) return [];
        return [finding("problem", host, `${path} has no session with the master`, hint)];
      default:
        return state satisfies never;
    }
  });
}

function chunkFindings({ chunks }: Sections): readonly Finding[] {
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
