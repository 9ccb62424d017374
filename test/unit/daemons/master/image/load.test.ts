// What a loader refuses, and what it mends with `-i`. Spec: metadata-file.md 2.3 to 2.11, 4.2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ImageWriter } from "../../../../../daemons/metadata/image/image-writer.ts";
import { sectionNames } from "../../../../../daemons/metadata/image/records.ts";
import type { NodeRecord, SectionName } from "../../../../../daemons/metadata/image/records.ts";
import { MemorySink } from "../../../../support/image-bytes.ts";
import { recount } from "../changes/recount.ts";
import { load, refusal, save } from "./worlds.ts";

type Edge = readonly [parent: number, child: number, name: string, id: number];

interface Parts {
  readonly nodes?: readonly (readonly [inode: number, type: number])[];
  readonly edges?: readonly Edge[];
  readonly more?: Partial<Record<SectionName, (writer: ImageWriter) => void>>;
}

const empty = new Uint8Array(0);

function node(inode: number, type: number): NodeRecord {
  return {
    inode,
    type,
    classId: 2,
    extraAttributes: 0,
    windowsAttributes: 0,
    mode: 0o755,
    uid: 0,
    gid: 0,
    atime: 1,
    mtime: 1,
    ctime: 1,
    trashHours: 24,
    lengthHigh: 0,
    lengthLow: 10,
    chunkCount: 0,
    rdev: 0,
    target: empty,
  };
}

/** An image of these nodes and edges, the root directory added. */
function image({ nodes = [], edges = [], more = {} }: Parts): Buffer {
  const sink = new MemorySink();
  const writer = new ImageWriter(sink);
  writer.start(5n, 7n);
  const all = [[1, 2] as const, ...nodes];
  const body: Partial<Record<SectionName, () => void>> = {
    SESS: () => writer.sessionHeader(1),
    NODE() {
      writer.nodeHeader(100, all.length);
      for (const [inode, type] of all) writer.node(node(inode, type));
    },
    EDGE() {
      writer.edgeHeader(0x7fff_ffff, 0xffff_ff00);
      for (const [parent, child, name, id] of edges) {
        const edge = { parent, child, idHigh: 0x7fff_ffff, idLow: 0xffff_ff00 + id };
        writer.edge({ ...edge, name: Buffer.from(name) });
      }
    },
    FREE: () => writer.freeHeader(0),
    QUOT: () => writer.quotaHeader(0),
    CSDB: () => writer.serverHeader(0),
    CHNK: () => writer.chunkHeader(1),
  };
  for (const name of sectionNames) {
    writer.beginSection(name);
    const own = more[name];
    if (own === undefined) body[name]?.();
    else own(writer);
    writer.endSection(name);
  }
  writer.finish();
  return sink.bytes;
}

const twoFolders = [
  [2, 2],
  [3, 2],
  [4, 1],
  [5, 1],
  [6, 1],
] as const;

/** The entries of folder 2 stand apart. */
const apart: readonly Edge[] = [
  [1, 2, "a", 1],
  [1, 3, "b", 2],
  [2, 4, "x", 3],
  [3, 5, "y", 4],
  [2, 6, "z", 5],
];

test("spec 2.4: entries of a directory that stand apart are refused, and appended with -i", () => {
  const bytes = image({ nodes: twoFolders, edges: apart });
  assert.match(refusal(bytes), /entries of directory 2 apart/);
  const { world } = load(bytes, true);
  recount(world);
  assert.notEqual(world.edges.find(2, Buffer.from("z")), 0);
});

test("spec 2.4: entries of the root may stand anywhere", () => {
  const edges: readonly Edge[] = [
    [1, 2, "a", 1],
    [2, 4, "x", 3],
    [1, 3, "b", 2],
    [3, 5, "y", 4],
    [1, 6, "c", 5],
  ];
  const { world, renumberEdges } = load(image({ nodes: twoFolders, edges }));
  recount(world);
  assert.equal(renumberEdges, false);
});

test("spec 2.4: ids that do not rise are accepted, and asked to be given anew", () => {
  const edges: readonly Edge[] = [
    [1, 4, "a", 2],
    [1, 5, "b", 1],
  ];
  const nodes = [
    [4, 1],
    [5, 1],
  ] as const;
  assert.equal(load(image({ nodes, edges })).renumberEdges, true);
});

test("spec 2.4: a name of an inode that is not there is refused, and dropped with -i", () => {
  const bytes = image({ edges: [[1, 9, "gone", 1]] });
  assert.match(refusal(bytes), /a name of inode 9/);
  assert.equal(load(bytes, true).world.edges.used, 0);
});

test("spec 2.4: a parent that is no directory is refused, and is the root with -i", () => {
  const nodes = [
    [4, 1],
    [5, 1],
  ] as const;
  const bytes = image({
    nodes,
    edges: [
      [1, 4, "a", 1],
      [4, 5, "b", 2],
    ],
  });
  assert.match(refusal(bytes), /inode 5 in 4, which is no directory/);
  assert.notEqual(load(bytes, true).world.edges.find(1, Buffer.from("b")), 0);
});

test("spec 2.4: a file that is not removed is refused in the trash, even with -i", () => {
  const bytes = image({ nodes: [[4, 1]], edges: [[0, 4, "a", 1]] });
  assert.throws(() => load(bytes, true), /inode 4 of type 1 in the trash/);
});

test("spec 4.2: an image without a root is refused, even with -i", () => {
  const noNodes = { NODE: (writer: ImageWriter) => writer.nodeHeader(1, 0) };
  assert.throws(() => load(image({ more: noNodes }), true), /root node not found !!!/);
});

test("spec 4.2: an inode without a name is refused, and found in the root with -i", () => {
  const bytes = image({
    nodes: [
      [4, 1],
      [5, 2],
      [6, 8],
    ],
    edges: [[1, 4, "lost_node_5", 1]],
  });
  assert.match(refusal(bytes), /found orphaned inode: 5/);
  const { world, messages } = load(bytes, true);
  recount(world);
  assert.notEqual(world.edges.find(1, Buffer.from("lost_node_5.1")), 0);
  assert.notEqual(world.edges.find(1, Buffer.from("lost_node_6")), 0);
  assert.equal(messages.length, 2);
});

test("directories in a ring are refused, and hang from the root with -i", () => {
  const edges: readonly Edge[] = [
    [2, 3, "a", 1],
    [3, 2, "b", 2],
  ];
  const bytes = image({
    nodes: [
      [2, 2],
      [3, 2],
    ],
    edges,
  });
  assert.match(refusal(bytes), /directory 2 below itself/);
  const { world } = load(bytes, true);
  recount(world);
  assert.equal(world.statistics.of(1).directories, 2);
});

test("a second name of a directory is refused, and dropped with -i", () => {
  const edges: readonly Edge[] = [
    [1, 2, "a", 1],
    [1, 2, "b", 2],
  ];
  const bytes = image({ nodes: [[2, 2]], edges });
  assert.match(refusal(bytes), /a second name of directory 2/);
  recount(load(bytes, true).world);
});

test("a deep tree is loaded without a deep stack", () => {
  const depth = 20_000;
  const nodes = Array.from({ length: depth }, (_, index) => [index + 2, 2] as const);
  const edges = nodes.map(([inode], index): Edge => [inode - 1, inode, "d", index + 1]);
  const { world } = load(image({ nodes, edges }));
  assert.equal(world.statistics.of(1).directories, depth);
});

test("spec 2.5: a number that is free and in use is refused", () => {
  const free = (writer: ImageWriter) => {
    writer.freeHeader(1);
    writer.free(4, 100);
  };
  const parts: Parts = { nodes: [[4, 1]], edges: [[1, 4, "a", 1]], more: { FREE: free } };
  assert.match(refusal(image(parts)), /inode 4 is free and in use/);
});

test("spec 2.5: freed numbers stay in use until they are due", () => {
  const free = (writer: ImageWriter) => {
    writer.freeHeader(2);
    writer.free(2, 100);
    writer.free(3, 200);
  };
  const { world } = load(image({ more: { FREE: free } }));
  assert.equal(world.numbers.waiting, 2);
  assert.equal(world.numbers.headTime(), 100);
  assert.equal(world.numbers.take(), 4);
});

function withLocks(write: (writer: ImageWriter) => void, isOpen = true): Buffer {
  return image({
    nodes: [[4, 1]],
    edges: [[1, 4, "a", 1]],
    more: {
      SESS(writer) {
        writer.sessionHeader(2);
        writer.session({
          id: 1,
          exportsChecksum: 0n,
          peerIp: 0,
          rootInode: 1,
          flags: 0,
          umask: 0,
          goalMin: 1,
          goalMax: 9,
          trashSecondsMin: 0,
          trashSecondsMax: 0,
          rootUid: 0,
          rootGid: 0,
          mapAllUid: 0,
          mapAllGid: 0,
          disables: 0,
          disconnectedAt: 0,
          currentHour: new Uint32Array(16),
          lastHour: new Uint32Array(16),
          info: empty,
        });
      },
      OPEN: (writer) => (isOpen ? writer.open(1, 4) : undefined),
      PLCK: write,
    },
  });
}

const lock = { inode: 4, owner: 9n, sessionId: 1, pid: 5, start: 0n, end: 10n, type: 1 };

test("spec 2.10: a lock of a file that its session has not open is refused", () => {
  const bytes = withLocks((writer) => writer.posixLock(lock), false);
  assert.match(refusal(bytes), /session 1 has not open/);
  assert.equal(load(bytes, true).world.posixLocks.size, 0);
});

test("changelog 9 (11): a lock of a session that is not stored is left out", () => {
  const bytes = withLocks((writer) => writer.posixLock({ ...lock, sessionId: 3 }));
  const { world, messages } = load(bytes);
  assert.equal(world.posixLocks.size, 0);
  assert.equal(messages.length, 1);
});

test("spec 2.10: ranges of one owner that overlap or should have been merged are refused", () => {
  const both = (start: bigint, type: number) =>
    withLocks((writer) => {
      writer.posixLock(lock);
      writer.posixLock({ ...lock, start, end: 20n, type });
    });
  assert.match(refusal(both(9n, 2)), /a lock of inode 4 from 9 to 20/);
  assert.match(refusal(both(10n, 1)), /a lock of inode 4 from 10 to 20/);
  assert.equal(refusal(both(10n, 2)), "");
});

test("spec 2.11: a chunkserver that is there twice is refused, and dropped with -i", () => {
  const server = { ip: 1, port: 2, id: 3, maintenance: 0, maintenanceUntil: 0 };
  const twice = (writer: ImageWriter) => {
    writer.serverHeader(2);
    writer.server(server);
    writer.server({ ...server, port: 9 });
  };
  const bytes = image({ more: { CSDB: twice } });
  assert.match(refusal(bytes), /chunkserver 1:9 with id 3 twice/);
  assert.equal(load(bytes, true).world.servers.count, 1);
});

test("a chunk that the next id does not cover raises it", () => {
  const chunk = (writer: ImageWriter) => {
    writer.chunkHeader(5);
    writer.chunk(8, 1, 0, 1);
  };
  const { world, messages } = load(image({ more: { CHNK: chunk } }));
  assert.equal(world.chunks.nextChunkId, 9);
  assert.equal(messages.length, 1);
  assert.equal(world.chunks.archivedOf(world.chunks.find(8)), true);
});

/** Files in the root with these inode numbers. */
function filesOf(inodes: readonly number[]): Parts {
  return {
    nodes: inodes.map((inode) => [inode, 1] as const),
    edges: inodes.map((inode, index): Edge => [1, inode, `file-${index}`, index + 1]),
  };
}

/** Numbers that share memory with their neighbours, see Records. */
const segmentInodes = 16_384;

test("spec 2.3: what was removed below a high inode number takes no memory", () => {
  const high = 0xffff_ffff;
  const { world } = load(image(filesOf([70_000_000, high])));
  const again = load(save(world)).world;
  recount(again);
  assert.equal(again.nodes.maxInode, high);
  assert.notEqual(again.edges.find(1, Buffer.from("file-1")), 0);
  assert.equal(again.nodes.segments, 3);
  assert.ok(again.numbers.bytes < 1_000_000, `${again.numbers.bytes} bytes of numbers`);
  assert.equal(again.numbers.take(), 2);
});

test("numbers in any order take the same memory, and an image that is sparse is loaded again", () => {
  const inodes = Array.from(
    { length: 200 },
    (_, index) => ((index * 77) % 200) * segmentInodes + 70,
  );
  const { world } = load(image(filesOf(inodes)));
  recount(world);
  const again = load(save(world)).world;
  recount(again);
  assert.equal(again.nodes.segments, 200);
});

test("numbers for which memory does not suffice are refused before they take it, also with -i", () => {
  const inodes = Array.from({ length: 300 }, (_, index) => (index + 1) * segmentInodes);
  const bytes = image(filesOf(inodes));
  const expected = /inode \d+ far from all before it, whose numbers take \d+ MB already/;
  assert.match(refusal(bytes), expected);
  assert.throws(() => load(bytes, true), expected);
});
