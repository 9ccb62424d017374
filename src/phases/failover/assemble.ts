// The chosen metadata become the target's: copied aside, restored in a folder of their own, judged, moved in.
// The real restore keeps no previous copy, so it never runs in DATA_PATH.

import { factsOf, type World } from "../../facts/world.ts";
import { eraFile, paths } from "../../layout.ts";
import type { Action } from "../../runner/actions.ts";
import { run } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { installMetadata, restoreMetadata, type LogPart } from "../../shell/metadata.ts";
import { binaries } from "../engine.ts";
import type { UsableCandidate } from "./candidates.ts";
import { gatesBeforeAssembly } from "./gates.ts";
import { failoverFolders, promoted, stageOf, type FailoverOptions } from "./stage.ts";

/** Title of the phase, for those who watch the run. */
export const assembleTitle = "Assemble the metadata";

/** What is taken from the chosen host. */
interface Source {
  readonly host: string;
  readonly image: string;
  readonly logs: readonly LogPart[];
  readonly version: bigint;
  readonly id: bigint;
}

function sourceOf({ host, verdict }: UsableCandidate): Source {
  const logs = verdict.logs.map((name): LogPart => {
    const cut = verdict.repairs.find((each) => each.kind === "cutTornLine" && each.name === name);
    const drop = verdict.repairs.find(
      (each) => each.kind === "dropLinesBelow" && each.name === name,
    );
    return {
      name,
      ...(cut?.kind === "cutTornLine" ? { keepBytes: cut.keepBytes } : {}),
      ...(drop?.kind === "dropLinesBelow" ? { dropBelow: drop.version } : {}),
    };
  });
  return { host, image: verdict.image, logs, version: verdict.reaches, id: verdict.id };
}

/** What the running master will have stored when it stops: known in a dry run by its name only. */
function storedLater(chosen: UsableCandidate, master: string): Source {
  const { reaches, id } = chosen.verdict;
  return { host: master, image: "metadata.mfs", logs: [], version: reaches, id };
}

function assembleActions(world: World, source: Source, target: string): readonly Action[] {
  const folders = failoverFolders(world);
  const { inventory } = world;
  const at = paths(inventory);
  const token = promoted(world, target).mastership.token;
  const expected = { version: source.version, id: source.id };
  const owner = `${inventory.user}:${inventory.group}`;
  const own = source.host === target;
  return [
    ...copyActions(source, target, folders),
    {
      kind: "run",
      title:
        source.logs.length === 0
          ? `Check the image ${source.image}`
          : `Restore ${source.image} up to change ${source.version - 1n}`,
      command: restoreMetadata({
        from: own ? folders.data : folders.from(source.host),
        work: folders.work,
        image: source.image,
        logs: source.logs,
        expected,
        program: binaries(inventory).master,
        config: at.masterConfig,
        user: inventory.user,
        group: inventory.group,
      }),
      hint: `${folders.work}/restore.log on ${target} shows why; nothing was replaced`,
    },
    {
      kind: "run",
      title: `Set the older metadata aside and install version ${source.version}`,
      command: installMetadata({
        work: folders.work,
        data: folders.data,
        aside: folders.aside(token),
        expected,
        owner,
        eraFile,
        era: token,
      }),
    },
  ];
}

function copyActions(
  source: Source,
  target: string,
  folders: ReturnType<typeof failoverFolders>,
): readonly Action[] {
  if (source.host === target) return [];
  const names = [source.image, ...source.logs.map(({ name }) => name)];
  return [
    run("Create the folder for copies", ["install", "-d", "-m", "0700", folders.from(source.host)]),
    {
      kind: "copy",
      title: `Copy the metadata of ${source.host}`,
      fromHost: source.host,
      from: folders.data,
      to: folders.from(source.host),
      options: [...names.map((name) => `--include=/${name}`), "--exclude=*"],
    },
  ];
}

/** The target holds the chosen metadata and nothing else. */
export function assembleMetadata(options: FailoverOptions): Phase {
  const { target } = options;
  return {
    title: assembleTitle,
    hosts: () => [target],
    needs: ["metadata"],
    gates: (world) => gatesBeforeAssembly(world, options),
    gatesOnlyInTurn: true,
    plan: (_host, world) => {
      const stage = stageOf(world, target);
      if (stage.at !== "assemble" || stage.chosen === undefined) return [];
      // factsOf states that the target was asked: without that no plan is made.
      factsOf(world, target);
      const source = stage.afterStop
        ? storedLater(stage.chosen, stage.assessment.master)
        : sourceOf(stage.chosen);
      return assembleActions(world, source, target);
    },
  };
}
