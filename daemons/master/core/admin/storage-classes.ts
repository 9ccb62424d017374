// Storage classes with their use: files, chunks by copies, and whether the servers there are can serve them.
// Spec: wire-admin.md section 3.14.

import { decodeText } from "../../../protocol/byte-text.ts";
import type { Body } from "../../../protocol/packet.ts";
import {
  StorageClassInfo,
  StorageClassInfoAnswer,
} from "../../../protocol/packets/admin-settings.ts";
import { fitsLabel, matchLabels } from "../chunks/matching.ts";
import { chunkBytes } from "../chunks/placement.ts";
import { loadState } from "../chunks/server.ts";
import type { Server } from "../chunks/server.ts";
import type { LabelExpression } from "../chunks/settings.ts";
import type { StorageClass } from "../store/storage-classes.ts";
import { countCopies } from "./class-copies.ts";
import type { CopyCounts } from "./class-copies.ts";
import type { Monitored } from "./providers.ts";
import { monitorRequest } from "./request.ts";

type Answer = Body<typeof StorageClassInfoAnswer>;
type ClassShown = Answer["classes"][number];
type LabelsShown = ClassShown["keepLabels"];

/** Who could serve all labels of a set at once. */
const fulfilled = { no: 0, byFullServers: 1, byOverloadedServers: 2, yes: 3 } as const;

/** Servers by what could keep them from taking a chunk; each list holds the one before. */
interface Candidates {
  readonly ready: readonly Server[];
  readonly withOverloaded: readonly Server[];
  readonly usable: readonly Server[];
}

/** SCLASS_INFO. */
export const storageClassInfo = monitorRequest(
  StorageClassInfo,
  StorageClassInfoAnswer,
  (core): Answer => {
    const servers = candidatesOf(core);
    const classes = [...core.world.classes];
    const counts = countCopies(core.world, classes);
    return {
      usableServers: servers.usable.length,
      classes: classes.map((each) => show(core, each, { servers, counts: counts.get(each.id) })),
    };
  },
);

function show(
  core: Monitored,
  storageClass: StorageClass,
  known: { servers: Candidates; counts: CopyCounts | undefined },
): ClassShown {
  const { classes, classUse } = core.world;
  const { id } = storageClass;
  const { servers, counts } = known;
  const create = classes.createLabels(id);
  const keep = classes.keptLabels(id, false);
  const archive = classes.keptLabels(id, true);
  return {
    classId: id,
    name: decodeText(storageClass.name),
    files: classUse.files(id),
    directories: classUse.directories(id),
    keepUnder: counts?.keep.under ?? 0,
    archiveUnder: counts?.archive.under ?? 0,
    keepExact: counts?.keep.exact ?? 0,
    archiveExact: counts?.archive.exact ?? 0,
    keepOver: counts?.keep.over ?? 0,
    archiveOver: counts?.archive.over ?? 0,
    adminOnly: storageClass.adminOnly ? 1 : 0,
    mode: storageClass.mode,
    archiveDelayDays: storageClass.archiveDays,
    createFulfilled: fulfilment(create, servers),
    keepFulfilled: fulfilment(keep, servers),
    archiveFulfilled: fulfilment(archive, servers),
    createLabels: showLabels(create, storageClass.create, servers.usable),
    keepLabels: showLabels(keep, storageClass.keep, servers.usable),
    archiveLabels: showLabels(archive, storageClass.archive, servers.usable),
  };
}

function candidatesOf(core: Monitored): Candidates {
  const usable = core.chunkCore.servers.connected.filter((server) => server.isUsable);
  const withOverloaded = usable.filter(hasRoom);
  const ready = withOverloaded.filter((server) => server.loadState !== loadState.overloaded);
  return { ready, withOverloaded, usable };
}

function hasRoom(server: Server): boolean {
  return server.freeBytes > chunkBytes * (1 + 10 * server.writes);
}

function fulfilment(labels: readonly LabelExpression[], servers: Candidates): number {
  if (canServe(labels, servers.ready)) return fulfilled.yes;
  if (canServe(labels, servers.withOverloaded)) return fulfilled.byOverloadedServers;
  return canServe(labels, servers.usable) ? fulfilled.byFullServers : fulfilled.no;
}

/** Whether each label gets a server of its own. */
function canServe(labels: readonly LabelExpression[], servers: readonly Server[]): boolean {
  if (servers.length < labels.length) return false;
  return matchLabels(labels, servers).every((server) => server >= 0);
}

function showLabels(
  labels: readonly LabelExpression[],
  masks: readonly (readonly number[])[],
  servers: readonly Server[],
): LabelsShown {
  return labels.map((label, place) => ({
    masks: masks[place] ?? [],
    matchingServers: servers.filter((server) => fitsLabel(label, server.labelMask)).length,
  }));
}
