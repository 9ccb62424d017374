// The exports in force as monitors see them. Spec: wire-admin.md section 3.11.

import { decodeText } from "../../../protocol/byte-text.ts";
import type { Body } from "../../../protocol/packet.ts";
import { ExportsInfo } from "../../../protocol/packets/admin-settings.ts";
import { ExportsInfoByMode, exportsInfoModeMax } from "../../../protocol/packets/admin-modes.ts";
import type { ExportShown } from "../../../protocol/packets/admin-modes.ts";
import type { ExportsRow } from "../sessions/exports-choice.ts";
import { withSlash } from "./paths.ts";
import { monitorRequest } from "./request.ts";

type Answer = Body<typeof ExportsInfoByMode>;

const allDirectories = 1;
const passwordNeeded = 2;
const variants = ["mode0", "mode1", "mode2", "mode3"] as const;

/** EXPORTS_INFO in all its modes. */
export const exportsInfo = monitorRequest(ExportsInfo, ExportsInfoByMode, (core, asked): Answer => {
  const mode = Math.min(asked.mode ?? 0, exportsInfoModeMax);
  return { variant: variants[mode] ?? "mode3", exports: core.config.exports.map(show) };
});

function show(row: ExportsRow): ExportShown {
  return {
    fromIp: row.fromAddress,
    toIp: row.toAddress,
    path: row.meta ? "." : decodeText(withSlash(row.path)),
    minVersion: row.minVersion,
    extraFlags:
      (row.allDirs ? allDirectories : 0) | (row.passwordDigest === null ? 0 : passwordNeeded),
    flags: row.sessionFlags,
    umask: row.umask,
    rootUid: row.rootUid,
    rootGid: row.rootGid,
    mapAllUid: row.mapAllUid,
    mapAllGid: row.mapAllGid,
    goalMin: row.goalMin,
    goalMax: row.goalMax,
    trashSecondsMin: row.trashTimeMin,
    trashSecondsMax: row.trashTimeMax,
    disables: row.disables,
  };
}
