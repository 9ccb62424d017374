// Writes a world as an image, in the order in which a 3.0.117 master does. Unlike there closed sessions are stored
// while they exist: the log behind the image speaks of their end. Spec: metadata-file.md 2, changelog.md 9 (11).

import type { ImageWriter } from "../../../metadata/image/image-writer.ts";
import { chunkOperation } from "../store/chunks.ts";
import type { World } from "../store/world.ts";
import { transientSessionFlags } from "./load.ts";
import { saveAttributes, saveEdges, saveFree, saveNodes, saveQuotas } from "./save-tree.ts";

/** Writes the whole image; `now` decides which chunk locks are over. Returns its size in bytes. */
export function saveWorld(world: World, writer: ImageWriter, now: number): number {
  writer.start(BigInt(world.metaVersion), world.metaId);
  saveSessions(world, writer);
  saveClasses(world, writer);
  saveNodes(world, writer);
  saveEdges(world, writer);
  saveFree(world, writer);
  saveQuotas(world, writer);
  saveAttributes(world, writer);
  saveOpenFiles(world, writer);
  saveLocks(world, writer);
  saveServers(world, writer);
  saveChunks(world, writer, now);
  return writer.finish();
}

function saveSessions({ sessions }: World, writer: ImageWriter): void {
  writer.beginSection("SESS");
  writer.sessionHeader(sessions.nextSessionId);
  for (const session of sessions) {
    writer.session({
      id: session.id,
      exportsChecksum: session.exportsChecksum,
      peerIp: session.peerAddress,
      rootInode: session.rootInode,
      flags: session.sessionFlags & ~transientSessionFlags,
      umask: session.umask,
      goalMin: session.goalMin,
      goalMax: session.goalMax,
      trashSecondsMin: session.trashTimeMin,
      trashSecondsMax: session.trashTimeMax,
      rootUid: session.rootUid,
      rootGid: session.rootGid,
      mapAllUid: session.mapAllUid,
      mapAllGid: session.mapAllGid,
      disables: session.disables,
      // Nobody comes back to a closed one: after a start it goes as soon as any.
      disconnectedAt: session.closed ? 0 : session.disconnected,
      currentHour: session.operations,
      lastHour: session.operationsLastHour,
      info: session.info,
    });
  }
  writer.endSection("SESS");
}

function saveClasses({ classes }: World, writer: ImageWriter): void {
  writer.beginSection("SCLA");
  for (const { adminOnly, ...storageClass } of classes) {
    writer.storageClass({ ...storageClass, adminOnly: adminOnly ? 1 : 0 });
  }
  writer.endSection("SCLA");
}

function saveOpenFiles({ sessions, openFiles }: World, writer: ImageWriter): void {
  writer.beginSection("OPEN");
  for (const session of openFiles.sessions()) {
    if (sessions.get(session) === undefined) continue;
    for (const inode of openFiles.inodesOf(session)) writer.open(session, inode);
  }
  writer.endSection("OPEN");
}

function saveLocks({ sessions, flocks, posixLocks }: World, writer: ImageWriter): void {
  writer.beginSection("FLCK");
  for (const inode of flocks.inodes()) {
    for (const { session, owner, exclusive } of flocks.of(inode).held) {
      if (sessions.get(session) === undefined) continue;
      writer.flock({ inode, owner, sessionId: session, type: exclusive ? 1 : 0 });
    }
  }
  writer.endSection("FLCK");
  writer.beginSection("PLCK");
  for (const inode of posixLocks.inodes()) {
    for (const { session, owner, pid, start, end, exclusive } of posixLocks.of(inode).held) {
      if (sessions.get(session) === undefined) continue;
      const type = exclusive ? 2 : 1;
      writer.posixLock({ inode, owner, sessionId: session, pid, start, end, type });
    }
  }
  writer.endSection("PLCK");
}

function saveServers({ servers }: World, writer: ImageWriter): void {
  writer.beginSection("CSDB");
  writer.serverHeader(servers.count);
  for (const server of servers.entries()) writer.server(server);
  writer.endSection("CSDB");
}

/** Locks that are over are stored as none; so is that of a copy being made, of which no log knows. */
function saveChunks({ chunks }: World, writer: ImageWriter, now: number): void {
  writer.beginSection("CHNK");
  writer.chunkHeader(chunks.nextChunkId);
  for (let bucket = 0; bucket < chunks.buckets; bucket++) {
    let chunk = chunks.bucket(bucket);
    while (chunk !== 0) {
      const lockedTo = chunks.lockedToOf(chunk);
      writer.chunk(
        chunks.idOf(chunk),
        chunks.versionOf(chunk),
        lockedTo < now || chunks.operationOf(chunk) === chunkOperation.replicate ? 0 : lockedTo,
        chunks.archivedOf(chunk) ? 1 : 0,
      );
      chunk = chunks.next(chunk);
    }
  }
  writer.endSection("CHNK");
}
