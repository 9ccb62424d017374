// What is wrong and what is not known. Pure: a view in, findings out. Unknown is never healthy.

import { metaloggerHosts } from "../facts/world.ts";
import { metadataHosts, unitOf } from "../layout.ts";
import { expectedNofile } from "../phases/deploy/verify.ts";
import { masterStateHint } from "../phases/health.ts";
import { servicesOf } from "../phases/services/selection.ts";
import { finding, type Finding, type Sections, type StatusReport } from "./report.ts";
import { statusSections } from "./sections.ts";
import { chunkFindings, chunkserverFindings, diskFindings } from "./storage-findings.ts";
import type { StatusView } from "./view.ts";

/** So many changes behind the master, a metalogger is stuck rather than busy: a second's worth of a busy master. */
const lagMax = 10_000;
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
  const asked = Object.keys(world.inventory.hosts).flatMap((name) => {
    const facts = world.facts.get(name);
    return facts === undefined ? [] : [[name, facts] as const];
  });
  return asked.flatMap(([name, facts]) =>
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
