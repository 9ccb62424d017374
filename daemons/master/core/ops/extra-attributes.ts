// GETEATTR and SETEATTR: the extra attributes of nodes ("noowner", "immutable" and so on).
// Spec: wire-client-master-3.md section 6.4, semantics-master.md section 12.1.

import {
  GetExtraAttributes,
  GetExtraAttributesAnswer,
  SetExtraAttributes,
  SetExtraAttributesAnswer,
} from "../../../protocol/packets/client-tools.ts";
import { recursiveMode, setterMode } from "../changes/recursive.ts";
import { disabled, mapUid } from "../client.ts";
import { findNode } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import { operation } from "./operation.ts";
import type { ValueCount } from "./subtree.ts";
import { countValues, reach } from "./subtree.ts";

/** The count of different values has one byte. */
const listedMax = 255;
/** Clients below these versions know but four, or five, attributes. */
const fiveKnownFrom = 0x00_03_00_3c;
const allKnownFrom = 0x00_03_00_e2;

export const getExtraAttributes = operation(
  GetExtraAttributes,
  GetExtraAttributesAnswer,
  (client, request) => {
    const { world } = client.service;
    const { nodes } = world;
    const { messageId, recursive } = request;
    if (recursive > reach.tree) return status.EINVAL;
    const inode = findNode(client, request.inode);
    if (inode === 0) return status.ENOENT;
    const known = knownTo(client.version);
    const { files, directories } = countValues(
      world,
      { inode, recursive },
      (each) => nodes.extra(each) & known,
    );
    const told = { files: listed(files), directories: listed(directories) };
    return { variant: "full" as const, messageId, ...told };
  },
);

function knownTo(version: number): number {
  if (version < fiveKnownFrom) return 0x0f;
  return version < allKnownFrom ? 0x1f : 0xff;
}

function listed(counts: readonly ValueCount[]) {
  return counts.slice(0, listedMax).map(([extraAttributes, count]) => ({ extraAttributes, count }));
}

export const setExtraAttributes = operation(
  SetExtraAttributes,
  SetExtraAttributesAnswer,
  (client, request) => {
    const { messageId, extraAttributes: eattr, mode } = request;
    if (client.disables(disabled.setExtra)) return status.EPERM;
    if ((mode & ~recursiveMode) > setterMode.decrease) return status.EINVAL;
    if (client.readOnly) return status.EROFS;
    if ((eattr & extraAttribute.protected) !== 0 && !client.isAdmin) return status.EPERM;
    const inode = findNode(client, request.inode);
    if (inode === 0) return status.ENOENT;
    const uid = mapUid(client.session, request.uid);
    const counts = client.service.commit({ op: "SETEATTR", inode, uid, eattr, mode });
    if (typeof counts === "number") return counts;
    const { changed, unchanged, denied } = counts;
    return { variant: "full" as const, messageId, changed, unchanged, notPermitted: denied };
  },
);
