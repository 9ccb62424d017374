// Requests about attributes and access lists. Spec: wire-client-master-2.md sections 2 and 6.

import type { Packet } from "../../daemons/protocol/packet.ts";
import * as attributePackets from "../../daemons/protocol/packets/client-attributes.ts";
import { FileTimes } from "../../daemons/protocol/packets/client-register.ts";
import type { Draw } from "./draw.ts";
import { exchange } from "./exchange.ts";
import * as attributes from "./naive-attributes.ts";
import { absent } from "./naive-types.ts";
import { bytes } from "./plain.ts";

/** A quarter of all changes of attributes are those that the kernel makes while somebody writes. */
function drawnAttributes(draw: Draw): object {
  const inode = draw.any();
  const node = draw.fs.nodes.get(inode);
  const bits = draw.of([0x02, 0x04, 0x08, 0x0c, 0x0e, 0x10, 0x20, 0x40, 0x80, 0x90, 0, 1]);
  const drops = draw.once(6) && node !== undefined;
  return {
    inode,
    opened: draw.once(5) ? 1 : 0,
    caller: draw.caller(),
    setMask: drops ? 0x02 : bits,
    mode: drops ? node.mode & 0o1777 : draw.mode(),
    uid: draw.uid(),
    gid: draw.gid(),
    accessTime: draw.fs.now - draw.below(100_000),
    modificationTime: draw.fs.now - draw.below(100_000),
    windowsFlags: draw.below(8),
    sugidClearMode: draw.below(6),
  };
}

const xattrNames = ["user.a", "user.b", "trusted.c", "security.d", "system.e", "plain", "", "n\0l"];
export const forAttributes = [
  exchange(
    [attributePackets.GetAttributes, attributePackets.GetAttributesAnswer as Packet<unknown>],
    ["mount", 6],
    attributes.getAttributes,
    (draw) => ({
      inode: draw.any(),
      opened: draw.once(5) ? 1 : 0,
      uid: draw.uid(),
      gid: draw.gid(),
    }),
  ),
  exchange(
    [attributePackets.SetAttributes, attributePackets.SetAttributesAnswer as Packet<unknown>],
    ["mount", 8],
    attributes.setAttributes,
    drawnAttributes,
  ),
  exchange(
    [attributePackets.Access, attributePackets.AccessAnswer as Packet<unknown>],
    ["mount", 3],
    attributes.access,
    (draw) => ({ inode: draw.any(), caller: draw.caller(), mask: draw.below(8) }),
  ),
  exchange(
    [
      attributePackets.GetExtendedAttribute,
      attributePackets.GetExtendedAttributeAnswer as Packet<unknown>,
    ],
    ["mount", 2],
    attributes.getXattr,
    (draw) => ({
      inode: draw.any(),
      name: bytes(draw.of(xattrNames)),
      mode: draw.once(30) ? 2 : draw.below(2),
      opened: draw.once(5) ? 1 : 0,
      caller: draw.caller(),
    }),
  ),
  exchange(
    [
      attributePackets.SetExtendedAttribute,
      attributePackets.SetExtendedAttributeAnswer as Packet<unknown>,
    ],
    ["mount", 3],
    attributes.setXattr,
    (draw) => ({
      inode: draw.any(),
      name: bytes(draw.of(xattrNames)),
      value: bytes(draw.of(["", "v", "value %,()", "w".repeat(200)])),
      mode: draw.once(30) ? 4 : draw.below(4),
      opened: draw.once(5) ? 1 : 0,
      caller: draw.caller(),
    }),
  ),
  exchange(
    [attributePackets.GetAcl, attributePackets.GetAclAnswer as Packet<unknown>],
    ["mount", 2],
    attributes.getAcl,
    (draw) => ({ inode: draw.any(), aclType: draw.once(20) ? 3 : 1 + draw.below(2) }),
  ),
  exchange(
    [attributePackets.SetAcl, attributePackets.SetAclAnswer as Packet<unknown>],
    ["mount", 4],
    attributes.setAcl,
    (draw) => {
      const removes = draw.once(4);
      const permissions = () => (removes ? absent : draw.permissions());
      return {
        inode: draw.any(),
        uid: draw.uid(),
        aclType: draw.once(20) ? 3 : 1 + draw.below(2),
        user: permissions(),
        group: permissions(),
        other: permissions(),
        mask: permissions(),
        users: removes ? [] : draw.aclUsers(),
        groups: removes ? [] : draw.aclGroups(),
      };
    },
  ),
  exchange([FileTimes, undefined], ["mount", 3], attributes.fileTimes, (draw) => ({
    files: Array.from({ length: 1 + draw.below(3) }, () => ({
      inode: draw.any(),
      accessTime: draw.once(3) ? 0 : draw.fs.now + draw.below(20) - 10,
      modificationTime: draw.once(2) ? 0 : draw.fs.now + draw.below(20) - 10,
    })),
  })),
];
