// A world that is changed through its journal, as in live service, and remembers the lines.

import assert from "node:assert/strict";
import type {
  EntryOf,
  OperationName,
  ResultOf,
} from "../../../../../daemons/metadata/changelog-entry.ts";
import type { MergedLine } from "../../../../../daemons/metadata/changelog-merge.ts";
import { dumpLines, MemorySink, MemorySource } from "../../../../support/image-bytes.ts";
import { ImageReader } from "../../../../../daemons/metadata/image/image-reader.ts";
import { ImageWriter } from "../../../../../daemons/metadata/image/image-writer.ts";
import { saveWorld } from "../../../../../daemons/master/core/image/save.ts";
import { Journal } from "../../../../../daemons/master/core/journal.ts";
import { replay } from "../../../../../daemons/master/core/replay.ts";
import type { ReplayProblem } from "../../../../../daemons/master/core/replay.ts";
import { nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import { emptyWorld } from "../../../../../daemons/master/core/store/world.ts";
import type { World } from "../../../../../daemons/master/core/store/world.ts";

/** When all tests begin. */
export const start = 1_795_000_000;

/** A name, or any text, as bytes. */
export function bytes(name: string): Uint8Array {
  return new TextEncoder().encode(name);
}

export class ChangingWorld {
  readonly world = emptyWorld(start);
  readonly lines: MergedLine[] = [];
  now = start;
  readonly #journal = new Journal(
    this.world,
    (version, text) => {
      this.lines.push({ kind: "line", version, text, line: version, file: "changelog.0.mfs" });
    },
    () => this.now,
  );

  /** The results, or the status that refuses the entry. */
  commit<O extends OperationName>(entry: EntryOf<O>): ResultOf<O> | number {
    return this.#journal.commit<O>(entry);
  }

  /** As `commit`, of what cannot be refused here. */
  done<O extends OperationName>(entry: EntryOf<O>): ResultOf<O> {
    const result = this.commit<O>(entry);
    assert(typeof result !== "number", `${entry.op} answered ${result as number}`);
    return result;
  }

  /** Makes a node of the type; its inode. */
  make(
    parent: number,
    name: string,
    type: number,
    other: { mode?: number; uid?: number; gid?: number; rdev?: number } = {},
  ): number {
    const { inode } = this.done<"CREATE">({
      op: "CREATE",
      parent,
      name: bytes(name),
      type,
      mode: 0o755,
      umask: 0,
      uid: 0,
      gid: 0,
      rdev: 0,
      ...other,
    });
    return inode;
  }

  directory(parent: number, name: string, other: { mode?: number; uid?: number } = {}): number {
    return this.make(parent, name, nodeType.directory, other);
  }

  /** A file with so many chunks, the last of which holds one byte. */
  file(
    parent: number,
    name: string,
    chunks = 0,
    other: { mode?: number; uid?: number } = {},
  ): number {
    const inode = this.make(parent, name, nodeType.file, { mode: 0o644, ...other });
    for (let index = 0; index < chunks; index++) this.write(inode, index);
    return inode;
  }

  /** Writes one byte at the start of a chunk. */
  write(inode: number, index: number): number {
    const { chunk } = this.done<"WRITE">({ op: "WRITE", inode, index, opflag: 1, touch: 1 });
    const length = BigInt(index) * 0x400_0000n + 1n;
    if (this.world.nodes.length(inode) < length) {
      this.done<"LENGTH">({ op: "LENGTH", inode, length, touch: 0 });
    }
    this.done<"UNLOCK">({ op: "UNLOCK", chunk });
    return chunk;
  }

  unlink(parent: number, name: string): number {
    return this.done<"UNLINK">({ op: "UNLINK", parent, name: bytes(name) }).inode;
  }

  /** The inode of a path from the root; 0 where there is none. */
  find(path: string): number {
    let inode = 1;
    for (const name of path.split("/")) {
      const edge = this.world.edges.find(inode, bytes(name));
      if (edge === 0) return 0;
      inode = this.world.edges.child(edge);
    }
    return inode;
  }

  /** Names of a directory in the order of its list. */
  list(directory: number): string[] {
    const { nodes, edges } = this.world;
    const names: string[] = [];
    for (let edge = nodes.firstEntry(directory); edge !== 0; edge = edges.next(edge)) {
      names.push(new TextDecoder().decode(edges.name(edge)));
    }
    return names;
  }

  /** The last line without its time. */
  get lastLine(): string {
    const text = this.lines.at(-1)?.text ?? "";
    return text.slice(text.indexOf("|") + 1);
  }

  /** A second world, brought to the same version by the lines alone. */
  replayed(): World {
    const world = emptyWorld(start);
    const problem: ReplayProblem | undefined = replay(world, this.lines, () => {
      assert.fail("no notice was expected");
    });
    assert.equal(problem, undefined);
    return world;
  }
}

/** What `mfsmetadump` would print of the world's image. */
export function dumpOf(world: World, now: number): string[] {
  const sink = new MemorySink();
  saveWorld(world, new ImageWriter(sink), now);
  return imageDump(sink.bytes);
}

/** The same of an image. */
export function imageDump(image: Uint8Array): string[] {
  const { records, lines } = dumpLines();
  new ImageReader(new MemorySource(image)).read(records);
  return lines();
}
