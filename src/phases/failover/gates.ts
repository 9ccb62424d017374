// Why a failover must not go on, each with a next step that works. Asked before the first change, and again when the
// old master is off and nothing moves any more. Unknown is never taken for healthy, fenced or complete.

import { factsOf, type World } from "../../facts/world.ts";
import { paths, unitOf } from "../../layout.ts";
import type { Refusal } from "../../runner/phase.ts";
import { storedAtStop, type Assessment, type Loss } from "./candidates.ts";
import { masterUnitUp, stageOf, type FailoverOptions, type Stage } from "./stage.ts";
import { lossText } from "./words.ts";

/** The recorded master when it is not the target and could not be asked. */
export function unreachableMaster(world: World, target: string): string | undefined {
  const { host } = world.mastership;
  return host === target || world.facts.has(host) ? undefined : host;
}

/** Everything that can be asked before the first change. */
export function gatesAhead(world: World, options: FailoverOptions): readonly Refusal[] {
  const stage = stageOf(world, options.target);
  const prepared = preparedGates(world, options);
  if (prepared.length > 0 || stage.at === "serve") return prepared;
  const fence = fenceGates(world, options);
  const planned = plannedGates(world, options);
  if (stage.at === "record" || stage.afterStop || planned.length > 0) return [...fence, ...planned];
  const metadata = metadataGates(world, stage, options);
  // The last one is shown with its next step: what no flag can mend, else how to fence, else what would be lost.
  const hopeless = stage.chosen === undefined;
  return fence.length > 0 && !hopeless ? fence : [...fence, ...metadata];
}

/** What must hold when the old master is off and the metadata are about to be assembled. */
export function gatesBeforeAssembly(world: World, options: FailoverOptions): readonly Refusal[] {
  const stage = stageOf(world, options.target);
  if (stage.at !== "assemble") return [];
  if (!stage.afterStop) return metadataGates(world, stage, options);
  const { master } = stage.assessment;
  return [
    {
      host: master,
      message: `Cannot take over from "${master}": its master runs, expected it to be stopped`,
      hint: options.retype(""),
    },
  ];
}

function preparedGates(world: World, { target }: FailoverOptions): readonly Refusal[] {
  const unit = factsOf(world, target).units.get(unitOf("master"));
  if (unit?.load === "loaded") return [];
  return [
    {
      host: target,
      message: `Cannot make "${target}" the master: it has no "${unitOf("master")}", expected one that deploy wrote`,
      hint: "mfsctl deploy",
    },
  ];
}

function fenceGates(world: World, options: FailoverOptions): readonly Refusal[] {
  const lost = unreachableMaster(world, options.target);
  if (lost === undefined) return [];
  const { fence_command: fence } = world.inventory.failover;
  if (fence !== undefined || options.fencedBecause !== undefined) return [];
  // The command in the hint must also pass the gates that follow: with the old disk gone the loss is unknown.
  const loss = options.acceptLoss === "unknown" ? "" : " --accept-loss unknown";
  return [
    {
      host: lost,
      message: `Cannot fence "${lost}": it does not answer over SSH and the inventory has no fence_command, expected one, or your word that it is off`,
      hint: `power ${lost} off by hand, then: ${options.retype(`--i-fenced-it "powered off by hand"${loss}`)}`,
    },
  ];
}

function plannedGates(world: World, options: FailoverOptions): readonly Refusal[] {
  const { host } = world.mastership;
  if (!options.planned || host === options.target) return [];
  const unplanned = options.retype("").replace(" --planned", "");
  if (!world.facts.has(host)) {
    return [
      {
        host,
        message: `Cannot hand over from "${host}": it does not answer, expected a healthy master`,
        hint: `${unplanned} --dry-run`,
      },
    ];
  }
  const old = stageOf(world, options.target).assessment.candidates.find(({ isMaster }) => isMaster);
  const stopped = old !== undefined && storedAtStop(old);
  if ((masterUnitUp(world, host) && world.cluster !== undefined) || stopped) return [];
  return [
    {
      host,
      message: `Cannot hand over from "${host}": its master does not serve, expected a healthy one`,
      hint: `${unplanned} --dry-run`,
    },
  ];
}

function metadataGates(
  world: World,
  stage: Extract<Stage, { at: "assemble" }>,
  options: FailoverOptions,
): readonly Refusal[] {
  const { assessment, chosen, loss } = stage;
  const own = assessment.candidates.find(({ host }) => host === options.target);
  if (own?.verdict.kind === "refused" && own.verdict.reason === "foreignId") {
    return [foreign(world, options.target, own.verdict.why)];
  }
  if (chosen === undefined || loss === undefined) return [nothingUsable(assessment, options)];
  return [
    ...lossGates(world, assessment, { loss, chosen: chosen.host, options }),
    ...spaceGates(
      world,
      options.target,
      chosen.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    ),
  ];
}

function foreign(world: World, target: string, why: string): Refusal {
  const { data } = paths(world.inventory);
  return {
    host: target,
    message: `Cannot make "${target}" the master: ${why}; its metadata belong to another cluster`,
    hint: `look at ${data} on ${target}: move the foreign files out of the way and run mfsctl restart --role metalogger --node ${target}, or fail over to another metadata host`,
  };
}

function nothingUsable(assessment: Assessment, options: FailoverOptions): Refusal {
  const { candidates, silent } = assessment;
  const found = candidates.map(({ host, verdict }) =>
    verdict.kind === "refused" ? `"${host}": ${verdict.why}` : `"${host}"`,
  );
  const more =
    silent.length === 0 ? "" : `; ${silent.map((host) => `"${host}"`).join(", ")} cannot be read`;
  return {
    host: options.target,
    message: `Cannot recover metadata: no host holds an unbroken set (${found.join("; ")}${more}), expected at least one`,
    hint:
      silent.length === 0
        ? "mfsctl backup list; the files on the hosts were not changed"
        : `bring ${silent.join(" or ")} back, whose disk may hold it, then: ${options.retype("--dry-run")}`,
  };
}

function lossGates(
  world: World,
  assessment: Assessment,
  given: { readonly loss: Loss; readonly chosen: string; readonly options: FailoverOptions },
): readonly Refusal[] {
  const { loss, chosen, options } = given;
  const { master } = assessment;
  if (options.planned && master !== options.target) {
    if (loss.kind === "exact" && loss.changes === 0n && chosen === master) return [];
    return [
      {
        host: master,
        message: `Cannot hand over from "${master}": the number of lost changes is ${lossText(loss)}, expected its stored image to prove that there is none`,
        hint: `to go back: mfsctl failover --to ${master} --dry-run`,
      },
    ];
  }
  if (accepted(loss, options.acceptLoss)) return [];
  const wanted = loss.kind === "exact" ? String(loss.changes) : "unknown";
  return [
    {
      host: options.target,
      message: `Cannot recover from "${chosen}": the number of lost changes is ${lossText(loss)}, expected 0 or one that you accept`,
      hint: betterSource(world, assessment, options) + options.retype(`--accept-loss ${wanted}`),
    },
  ];
}

function accepted(loss: Loss, accept: FailoverOptions["acceptLoss"]): boolean {
  if (loss.kind === "unknown") return accept === "unknown";
  return loss.changes === 0n || (typeof accept === "bigint" && accept >= loss.changes);
}

/** What to try before anything is given up. */
function betterSource(world: World, { silent }: Assessment, { target }: FailoverOptions): string {
  const others = silent.filter((host) => host !== target && !world.facts.has(host));
  return others.length === 0 ? "" : `bring ${others.join(" or ")} back and try again, or: `;
}

/** Room for the copy, the restored image and its next save. */
function spaceGates(world: World, target: string, chosenBytes: number): readonly Refusal[] {
  const free = factsOf(world, target).space.get(paths(world.inventory).data)?.freeBytes;
  const needed = chosenBytes * 3;
  if (free === undefined || free >= needed) return [];
  return [
    {
      host: target,
      message: `Cannot restore metadata on "${target}": ${free} bytes are free in its data folder, expected at least ${needed}`,
      hint: `make room on ${target}, or fail over to another metadata host`,
    },
  ];
}
