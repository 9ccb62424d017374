// Every request of mounts and tools that the master serves, by packet number. A row that is missing here
// answers ENOTSUP (core.ts). Spec: wire-client-master-2.md section 1.

import * as attributes from "./attributes.ts";
import * as data from "./data.ts";
import * as extended from "./extended.ts";
import * as lookup from "./lookup.ts";
import * as make from "./make.ts";
import * as notices from "./notices.ts";
import * as open from "./open.ts";
import type { Operation } from "./operation.ts";
import * as reading from "./reading.ts";
import * as remove from "./remove.ts";
import * as rename from "./rename.ts";
import * as truncate from "./truncate.ts";

const all: readonly Operation[] = [
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
  notices.fileTimes,
  notices.timeSync,
];

/** Operations by the number of their request. */
export const operations: ReadonlyMap<number, Operation> = new Map(
  all.map((row) => [row.request.id, row]),
);
