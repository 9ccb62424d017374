// Every request of mounts and tools that the master serves, by packet number. A row that is missing here
// answers ENOTSUP (core.ts). Spec: wire-client-master-2.md section 1, -3.md sections 1 and 6.

import * as append from "./append.ts";
import * as archive from "./archive.ts";
import * as attributes from "./attributes.ts";
import * as check from "./check.ts";
import * as nodeClasses from "./class-of-nodes.ts";
import * as data from "./data.ts";
import * as directoryInfo from "./directory-info.ts";
import * as extended from "./extended.ts";
import * as extraAttributes from "./extra-attributes.ts";
import * as locks from "./locks.ts";
import * as lookup from "./lookup.ts";
import * as make from "./make.ts";
import * as nodeInfo from "./node-info.ts";
import * as notices from "./notices.ts";
import * as open from "./open.ts";
import type { Operation } from "./operation.ts";
import * as paths from "./paths.ts";
import * as quota from "./quota.ts";
import * as reading from "./reading.ts";
import * as remove from "./remove.ts";
import * as rename from "./rename.ts";
import * as repair from "./repair.ts";
import * as snapshot from "./snapshot.ts";
import * as trashTime from "./trash-time.ts";
import * as trash from "./trash.ts";
import * as storageClasses from "./storage-classes.ts";
import * as sustained from "./sustained.ts";
import * as truncate from "./truncate.ts";

const forMounts: readonly Operation[] = [
  reading.statFs,
  attributes.access,
  lookup.lookup,
  attributes.getAttributes,
  attributes.setAttributes,
  reading.readLink,
  make.makeSymlink,
  make.makeNode,
  make.makeDirectory,
  remove.unlink,
  remove.removeDirectory,
  rename.rename,
  rename.link,
  reading.readDirectory,
  open.open,
  make.create,
  data.readChunk,
  data.writeChunk,
  data.writeChunkEnd,
  truncate.truncate,
  extended.getExtendedAttribute,
  extended.setExtendedAttribute,
  extended.getAcl,
  extended.setAcl,
  locks.fileLock,
  locks.rangeLock,
  paths.parents,
  notices.fileTimes,
  notices.timeSync,
  sustained.sustainedInodes,
];

const forTools: readonly Operation[] = [
  check.checkFile,
  trashTime.getTrashTime,
  trashTime.setTrashTime,
  extraAttributes.getExtraAttributes,
  extraAttributes.setExtraAttributes,
  directoryInfo.getDirectoryStats,
  nodeInfo.nodeInfo,
  paths.paths,
  repair.repair,
  snapshot.snapshot,
  append.appendSlice,
  archive.archiveControl,
  quota.quotaControl,
  nodeClasses.getStorageClass,
  nodeClasses.setStorageClass,
  storageClasses.createStorageClass,
  storageClasses.changeStorageClass,
  storageClasses.deleteStorageClass,
  storageClasses.duplicateStorageClass,
  storageClasses.renameStorageClass,
  storageClasses.listStorageClasses,
];

const forMetaMounts: readonly Operation[] = [
  trash.listTrash,
  trash.listSustained,
  trash.getDetachedAttributes,
  trash.getTrashPath,
  trash.setTrashPath,
  trash.undelete,
  trash.purge,
];

/** Operations by the number of their request. */
export const operations: ReadonlyMap<number, Operation> = new Map(
  [...forMounts, ...forTools, ...forMetaMounts].map((row) => [row.request.id, row]),
);
