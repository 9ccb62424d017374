// Changes of attributes, as replay and live service make them. Spec: changelog.md section 7.2.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  aclBytes,
  setAcl,
  setAttributes,
} from "../../../../../daemons/master/core/changes/attributes.ts";
import { create } from "../../../../../daemons/master/core/changes/tree.ts";
import { aclType } from "../../../../../daemons/master/core/store/attribute-lists.ts";
import { emptyWorld } from "../../../../../daemons/master/core/store/world.ts";

const ts = 1_795_345_813;

test("spec 7.2: ATTR changes only the low bits of an access ACL's mask, as a real master's replay does", () => {
  const world = emptyWorld(ts);
  const name = new TextEncoder().encode("f");
  const owner = { uid: 0, gid: 0 };
  create(world, ts, {
    op: "CREATE",
    parent: 1,
    name,
    type: 1,
    mode: 0o644,
    umask: 0,
    ...owner,
    rdev: 0,
  });
  const users = [{ id: 1000, permissions: 6 }];
  const named = { namedUsers: 1, namedGroups: 0, acl: aclBytes({ users, groups: [] }) };
  const digits = { owner: 6, group: 4, other: 4, mask: 0xffff };
  const place = { inode: 2, mode: 0o664, touch: 1, type: aclType.access };
  setAcl(world, ts, { op: "SETACL", ...place, ...digits, ...named });
  const times = { atime: ts, mtime: ts, winattr: 0 };
  const change = { op: "ATTR", inode: 2, mode: 0o644, ...owner, ...times } as const;
  setAttributes(world, ts, { ...change, aclMode: 0o10_000 | 0o634 });
  const acl = world.acls.get(2, aclType.access);
  assert.deepEqual(acl, { owner: 6, group: 4, other: 4, mask: 0xfffb, users, groups: [] });
});
