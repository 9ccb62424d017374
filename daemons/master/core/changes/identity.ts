// The id of the file system: given once, so that no client and no chunkserver takes another one for it.
// Spec: changelog.md section 7.5, metadata-file.md section 1.2.

import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";

/** SETMETAID. */
export function setMetaId(
  world: { metaId: bigint },
  _ts: number,
  entry: EntryOf<"SETMETAID">,
): Applied<"SETMETAID"> {
  if (world.metaId !== 0n && world.metaId !== entry.id) return status.EINVAL;
  world.metaId = entry.id;
  return none;
}
