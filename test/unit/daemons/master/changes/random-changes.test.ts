// Changes drawn at random, sensible or not: counters stay right, refusals change nothing, and the lines alone
// bring another world to the same state. Spec: changelog.md sections 5 to 7.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../../../../../daemons/base/prng.ts";
import type { Entry } from "../../../../../daemons/metadata/changelog-entry.ts";
import { nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import type { World } from "../../../../../daemons/master/core/store/world.ts";
import { ChangingWorld, bytes, dumpOf, start } from "./changing-world.ts";
import { recount } from "./recount.ts";

const names = ["a", "b", "c", "d", "e", "f", "..", "long/x", ""];
const goodNames = 6;
const inodesMin = 40;
const tries = 12;
const chunkBytes = 0x400_0000;

/** Draws entries about nodes that mostly exist and names that meet. */
class Draw {
  readonly #prng: Prng;
  readonly #world: World;

  constructor(seed: number, world: World) {
    this.#prng = new Prng(seed);
    this.#world = world;
  }

  below(limit: number): number {
    return this.#prng.below(limit);
  }

  /** Any number. */
  inode(): number {
    return this.below(Math.max(inodesMin, this.#world.nodes.maxInode + 2));
  }

  /** An inode that mostly is of the type. */
  of(type: number): number {
    let inode = this.inode();
    for (let at = 0; at < tries && this.#world.nodes.type(inode) !== type; at++) {
      inode = this.inode();
    }
    return inode;
  }

  directory(): number {
    return this.below(6) === 0 ? 1 : this.of(nodeType.directory);
  }

  file(): number {
    return this.of(nodeType.file);
  }

  name(): Uint8Array {
    return bytes(names[this.below(this.below(20) === 0 ? names.length : goodNames)] ?? "");
  }

  user(): number {
    return this.below(2) * 1000;
  }

  entry(): Entry {
    const draw = drawers[this.below(drawers.length)];
    assert(draw !== undefined);
    return draw(this);
  }
}

function create(draw: Draw): Entry {
  const type = draw.below(3) === 0 ? draw.below(9) : 1 + draw.below(2);
  const mode = draw.below(0o10000);
  const owner = { uid: draw.user(), gid: draw.user() };
  const place = { parent: draw.directory(), name: draw.name() };
  return { op: "CREATE", ...place, type, mode, umask: draw.below(0o1000), ...owner, rdev: 7 };
}

const drawers: readonly ((draw: Draw) => Entry)[] = [
  create,
  create,
  create,
  (draw) => ({
    op: "SYMLINK",
    parent: draw.directory(),
    name: draw.name(),
    target: bytes("x".repeat(draw.below(50))),
    uid: 0,
    gid: 0,
  }),
  (draw) => ({ op: "LINK", inode: draw.file(), parent: draw.directory(), name: draw.name() }),
  (draw) => ({ op: "UNLINK", parent: draw.directory(), name: draw.name() }),
  (draw) => ({ op: "UNLINK", parent: draw.directory(), name: draw.name() }),
  (draw) => ({
    op: "MOVE",
    sourceParent: draw.directory(),
    sourceName: draw.name(),
    targetParent: draw.directory(),
    targetName: draw.name(),
  }),
  (draw) => ({ op: "WRITE", inode: draw.file(), index: draw.below(20), opflag: 1, touch: 1 }),
  (draw) => ({ op: "WRITE", inode: draw.file(), index: 0, opflag: draw.below(2), touch: 0 }),
  (draw) => ({ op: "TRUNC", inode: draw.file(), index: draw.below(3) }),
  (draw) => ({
    op: "LENGTH",
    inode: draw.file(),
    length: BigInt(draw.below(3) * chunkBytes + draw.below(2)),
    touch: draw.below(2),
  }),
  (draw) => ({
    op: "APPEND",
    target: draw.file(),
    source: draw.file(),
    from: draw.below(2) === 0 ? 0xffff_ffff : draw.below(3),
    to: draw.below(3),
  }),
  (draw) => ({ op: "ROLLBACK", inode: draw.file(), index: 0, previousChunk: 0, chunk: 0 }),
  (draw) => ({ op: "SETFILECHUNK", inode: draw.file(), index: draw.below(3), chunk: 0 }),
  (draw) => ({
    op: "SNAPSHOT",
    source: draw.inode(),
    parent: draw.directory(),
    name: draw.name(),
    mode: draw.below(16),
    sessionFlags: 0x40 | draw.below(8),
    uid: draw.user(),
    groups: [draw.user(), 5],
    umask: 0o22,
  }),
  (draw) => ({
    op: "SNAPSHOT",
    source: draw.below(10) === 0 ? 1 : 0,
    parent: draw.directory(),
    name: draw.name(),
    mode: 0x80 | draw.below(16),
    sessionFlags: 0x40,
    uid: draw.user(),
    groups: [draw.user()],
    umask: 0,
  }),
  (draw) => ({ op: "UNDEL", inode: draw.of(nodeType.trash) }),
  (draw) => ({ op: "PURGE", inode: draw.of(nodeType.trash) }),
  (draw) => ({
    op: "SETPATH",
    inode: draw.of(nodeType.trash),
    path: bytes(["a", "a/b", "//c/d", "e/../f", "", "g/"][draw.below(6)] ?? ""),
  }),
  () => ({ op: "EMPTYTRASH", bucket: 4096 }),
  () => ({ op: "EMPTYSUSTAINED", bucket: 256 }),
  () => ({ op: "FREEINODES", delay: 300 }),
  (draw) => ({
    op: "SETSCLASS",
    inode: draw.inode(),
    uid: draw.user(),
    sourceClass: 1 + draw.below(3),
    targetClass: 1 + draw.below(3),
    mode: draw.below(9),
  }),
  (draw) => ({
    op: "SETTRASHTIME",
    inode: draw.inode(),
    uid: draw.user(),
    seconds: draw.below(4) * 3600,
    mode: draw.below(9),
  }),
  (draw) => ({
    op: "SETEATTR",
    inode: draw.inode(),
    uid: draw.user(),
    eattr: 1 << draw.below(8),
    mode: draw.below(3) === 0 ? draw.below(9) : 2,
  }),
  (draw) => ({ op: "ARCHCHG", inode: draw.inode(), uid: draw.user(), command: draw.below(2) }),
  (draw) => ({
    op: "SETXATTR",
    inode: draw.inode(),
    name: bytes(`user.${draw.below(3)}`),
    value: bytes("value"),
    mode: draw.below(5),
  }),
  (draw) => ({
    op: "SETACL",
    inode: draw.inode(),
    mode: 0o750,
    touch: 1,
    type: 1 + draw.below(2),
    owner: 7,
    group: 5,
    other: draw.below(2) === 0 ? 0 : 5,
    mask: 7,
    namedUsers: 1,
    namedGroups: 0,
    acl: new Uint8Array([0, 0, 3, 232, 0, draw.below(8)]),
  }),
  (draw) => ({ op: "ACQUIRE", session: 1, inode: draw.file() }),
  (draw) => ({ op: "RELEASE", session: 1, inode: draw.inode() }),
  () => ({ op: "RENUMERATEEDGES" }),
];

/** Times pass: hours, so that trash expires and inodes return. */
function pass(changing: ChangingWorld, draw: Draw): void {
  changing.now += draw.below(60) === 0 ? 5000 : draw.below(3);
}

for (const seed of [1, 2, 3, 4]) {
  test(`6,000 changes of seed ${seed} leave all counters right, and replay to the same image`, () => {
    const changing = new ChangingWorld();
    const draw = new Draw(seed, changing.world);
    let refused = 0;
    for (let step = 0; step < 6000; step++) {
      if (typeof changing.commit(draw.entry()) === "number") refused++;
      pass(changing, draw);
      if (step % 1000 === 999) recount(changing.world);
    }
    assert(refused < 3600, `${refused} refusals are too many to prove much`);
    const later = changing.now + 1000;
    assert.deepEqual(dumpOf(changing.replayed(), later), dumpOf(changing.world, later));
  });
}

test("a change that is refused changes nothing", () => {
  const changing = new ChangingWorld();
  const draw = new Draw(5, changing.world);
  let before = dumpOf(changing.world, start);
  for (let step = 0; step < 1500; step++) {
    const entry = draw.entry();
    const refused = typeof changing.commit(entry) === "number";
    const after = dumpOf(changing.world, start);
    if (refused) assert.deepEqual(after, before, entry.op);
    before = after;
    pass(changing, draw);
  }
});
