// Sessions as monitors see them, and the command that removes one. Spec: wire-admin.md sections 3.3 and 3.4.

import {
  SessionCommand,
  SessionCommandAnswer,
  SessionList,
} from "../../../protocol/packets/admin.ts";
import {
  SessionListByMode,
  sessionCountersShown,
  sessionListModeMax,
} from "../../../protocol/packets/admin-modes.ts";
import type { SessionShown } from "../../../protocol/packets/admin-modes.ts";
import { decodeText } from "../../../protocol/byte-text.ts";
import { endSession } from "../sessions/ending.ts";
import { status } from "../status.ts";
import type { Session } from "../store/sessions.ts";
import { sessionRootPath } from "./paths.ts";
import type { Monitored } from "./providers.ts";
import { monitorRequest } from "./request.ts";

/** From this mode on sessions without a connection are listed, too. */
const modeOfAll = 2;
const socketsShownMax = 255;
const connectedExpire = 0xffff_ffff;
const commandRemove = 0;

const variants = ["mode0", "mode1", "mode2", "mode3", "mode4"] as const;

/** SESSION_LIST in all its modes. */
export const sessionList = monitorRequest(SessionList, SessionListByMode, (core, asked) => {
  const mode = Math.min(asked.mode ?? 0, sessionListModeMax);
  const sessions: SessionShown[] = [];
  for (const session of core.world.sessions) {
    if (mode < modeOfAll && session.connections === 0) continue;
    sessions.push(show(core, session, mode));
  }
  return { variant: variants[mode] ?? "mode4", counters: sessionCountersShown, sessions };
});

/** SESSION_COMMAND. */
export const sessionCommand = monitorRequest(
  SessionCommand,
  SessionCommandAnswer,
  (core, { command, sessionId }) => ({ status: run(core, command, sessionId) }),
);

function run(core: Monitored, command: number, sessionId: number): number {
  if (command !== commandRemove) return status.EINVAL;
  const session = core.world.sessions.get(sessionId);
  if (session === undefined) return status.NOTFOUND;
  if (session.connections > 0) return status.ACTIVE;
  endSession(core, sessionId);
  return status.OK;
}

function show(core: Monitored, session: Session, mode: number): SessionShown {
  const { lastAddress, peerAddress } = session;
  return {
    sessionId: session.id,
    ip: lastAddress === 0 && mode >= modeOfAll ? peerAddress : lastAddress,
    version: session.lastVersion,
    openFiles: core.world.openFiles.countOf(session.id),
    sockets: Math.min(session.connections, socketsShownMax),
    expireSeconds: expireOf(core, session),
    info: decodeText(session.info),
    path: decodeText(sessionRootPath(core.world, session.rootInode)),
    flags: session.sessionFlags,
    umask: session.umask,
    rootUid: session.rootUid,
    rootGid: session.rootGid,
    mapAllUid: session.mapAllUid,
    mapAllGid: session.mapAllGid,
    goalMin: session.goalMin,
    goalMax: session.goalMax,
    trashSecondsMin: session.trashTimeMin,
    trashSecondsMax: session.trashTimeMax,
    disables: session.disables,
    currentHour: Array.from(session.operations),
    lastHour: Array.from(session.operationsLastHour),
  };
}

function expireOf(core: Monitored, session: Session): number {
  if (session.connections > 0) return connectedExpire;
  if (session.closed) return 0;
  const end = session.disconnected + core.config.sessionSustainSeconds;
  return Math.max(0, end - core.now);
}
