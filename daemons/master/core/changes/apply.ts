// Which function applies which entry: the one table that live service and replay share. An operation
// without a row does not compile. Spec: changelog.md sections 7 and 8.

import type { EntryOf, OperationName, ResultOf } from "../../../metadata/changelog-entry.ts";
import type { World } from "../store/world.ts";
import { setArchived } from "./archive.ts";
import { access, setAcl, setAttributes, setTimes, setXattr } from "./attributes.ts";
import { none } from "./change.ts";
import type { Applied, Apply } from "./change.ts";
import {
  addChunk,
  deleteChunk,
  raiseChunkVersion,
  setChunkVersion,
  setNextChunkId,
  unlockChunk,
} from "./chunks.ts";
import { changeServer } from "./chunkservers.ts";
import { append, length, repair, rollBack, setFileChunk, truncate, write } from "./file-data.ts";
import { setMetaId } from "./identity.ts";
import { changeFlock, changePosixLock } from "./locks.ts";
import { changeQuota } from "./quotas.ts";
import { setExtraAttributes, setStorageClass, setTrashTime } from "./recursive.ts";
import {
  acquire,
  addSession,
  changeSession,
  countSession,
  disconnectSession,
  release,
  removeSession,
} from "./sessions.ts";
import { snapshot } from "./snapshot.ts";
import { duplicateClass, removeClass, renameClass, setClass } from "./storage-classes.ts";
import {
  emptySustained,
  emptyTrash,
  freeInodes,
  purgeFile,
  renumberEdges,
  setPath,
  undelete,
} from "./trash.ts";
import { create, linkNode, move, symlink, unlinkName } from "./tree.ts";

/** The function of each operation. */
type Table = { readonly [O in OperationName]: Apply<O> };

const table = {
  CREATE: create,
  SYMLINK: symlink,
  LINK: linkNode,
  UNLINK: unlinkName,
  MOVE: move,
  APPEND: append,
  SNAPSHOT: snapshot,
  UNDEL: undelete,
  PURGE: purgeFile,
  SETPATH: setPath,
  EMPTYTRASH: emptyTrash,
  EMPTYSUSTAINED: emptySustained,
  FREEINODES: freeInodes,
  RENUMERATEEDGES: renumberEdges,

  ATTR: setAttributes,
  ACCESS: access,
  AMTIME: setTimes,
  LENGTH: length,
  SETSCLASS: setStorageClass,
  SETTRASHTIME: setTrashTime,
  SETEATTR: setExtraAttributes,
  SETXATTR: setXattr,
  SETACL: setAcl,
  QUOTA: changeQuota,
  ARCHCHG: setArchived,

  WRITE: write,
  TRUNC: truncate,
  UNLOCK: unlockChunk,
  ROLLBACK: rollBack,
  SETFILECHUNK: setFileChunk,
  REPAIR: repair,
  SETVERSION: setChunkVersion,
  CHUNKADD: addChunk,
  CHUNKDEL: deleteChunk,

  SESADD: addSession,
  SESCHANGED: changeSession,
  SESDISCONNECTED: disconnectSession,
  SESDEL: removeSession,
  ACQUIRE: acquire,
  RELEASE: release,
  FLOCK: changeFlock,
  POSIXLOCK: changePosixLock,

  CSDBOP: changeServer,
  SCSET: setClass,
  SCDUP: duplicateClass,
  SCREN: renameClass,
  SCDEL: removeClass,
  SETMETAID: setMetaId,

  IDLE: () => none,
  SESSION: countSession,
  INCVERSION: raiseChunkVersion,
  NEXTCHUNKID: setNextChunkId,
} satisfies Table;

/** Applies an entry. `logged` is what the changelog says it gave; live service has none. */
export function applyEntry<O extends OperationName>(
  world: World,
  ts: number,
  entry: EntryOf<O>,
  logged?: ResultOf<O>,
): Applied<O> {
  // The compiler cannot see that the function under the entry's own name takes the entry.
  const apply = (table as Table)[entry.op] as Apply<O>;
  return apply(world, ts, entry, logged);
}
