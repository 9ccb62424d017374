// What a random client believes to be there: drawn from, so that most requests make sense, and often wrong, so that
// refusals come along.

import type { Prng } from "../../../daemons/base/prng.ts";
import { nodeTypes } from "../../../daemons/protocol/attributes.ts";
import type { Caller } from "../../../daemons/protocol/caller.ts";

const nameCount = 16;
/** Names with bytes that the changelog has to escape, and one that is too long. */
const oddNames = ["a b", "(x),%", "\xff\x01\n", "|:[]#", "é\x7f", "..", "n".repeat(255)];
const users: readonly Caller[] = [
  { uid: 1000, gid: 100, groups: [1001, 2002, 100, 30_000] },
  { uid: 1001, gid: 100, groups: [] },
  { uid: 2000, gid: 1001, groups: undefined },
];
const recentCount = 40;
const entriesDrawn = 300;
const keptMax = 4000;

/** Where every directory lies as far as is known, for all sessions together. */
export type DirectoryPlaces = Map<number, number>;

/** A name in a directory. */
export interface Entry {
  readonly parent: number;
  readonly name: Uint8Array;
}

/** Nodes as one session knows them. */
export class Pool {
  readonly #prng: Prng;
  readonly #places: DirectoryPlaces;
  /** What the session's inode 1 is. */
  readonly #root: number;
  readonly directories: number[] = [1];
  readonly files: number[] = [];
  readonly others: number[] = [];
  readonly links: number[] = [];
  readonly trash: number[] = [];
  readonly opened = new Set<number>();
  readonly #known = new Set<number>([1]);
  readonly #entries: Entry[] = [];
  readonly #written = new Set<number>();

  constructor(prng: Prng, places: DirectoryPlaces, root: number) {
    this.#prng = prng;
    this.#places = places;
    this.#root = root;
  }

  below(limit: number): number {
    return this.#prng.below(limit);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.#prng.below(times) === 0;
  }

  pick<T>(list: readonly T[], otherwise: T): T {
    return list[this.#prng.below(list.length)] ?? otherwise;
  }

  name(): Uint8Array {
    const text = this.once(12) ? this.pick(oddNames, "") : `n${this.below(nameCount)}`;
    return Buffer.from(text, "latin1");
  }

  directory(): number {
    if (this.once(2)) return this.pick(this.directories.slice(-recentCount), 1);
    return this.pick(this.directories, 1);
  }

  /** One of the last: its tree is small. */
  smallDirectory(): number {
    return this.pick(this.directories.slice(1).slice(-recentCount / 2), 0);
  }

  file(): number {
    const list = this.once(3) ? this.files : this.files.slice(-recentCount);
    return this.pick(list, 1);
  }

  /** A name that is mostly there. */
  entry(): Entry {
    const at = this.#entries.length - 1 - this.below(Math.min(this.#entries.length, entriesDrawn));
    const [found] = this.once(5) || at < 0 ? [] : this.#entries.splice(at, 1);
    return found ?? { parent: this.directory(), name: this.name() };
  }

  /** A file for a change of its chunks: one at a time, for what waits for a chunk can wait half a minute. */
  writtenFile(): number | undefined {
    const inode = this.file();
    if (this.#written.has(inode)) return undefined;
    this.#written.add(inode);
    return inode;
  }

  /** All requests were answered. */
  settle(): void {
    this.#written.clear();
  }

  openFile(): number {
    return this.pick([...this.opened], 1);
  }

  node(): number {
    const lists = [this.directories, this.files, this.files, this.others];
    return this.pick(this.pick(lists, []), this.file());
  }

  caller(): Caller {
    if (this.below(10) < 8) return { uid: 0, gid: 0, groups: this.once(2) ? [] : undefined };
    return this.pick(users, { uid: 0, gid: 0, groups: [] });
  }

  mode(): number {
    return this.once(6) ? this.below(0o10000) : this.pick([0o777, 0o755, 0o666, 0o2777], 0o777);
  }

  learn(inode: number, type: number, { parent, name }: Entry): void {
    this.#entries.push({ parent, name });
    if (this.#entries.length > keptMax) this.#entries.splice(0, keptMax / 4);
    if (type === nodeTypes.directory) this.#places.set(inode, this.#real(parent));
    if (this.#known.has(inode)) return;
    this.#known.add(inode);
    const list = this.#listOf(type);
    list.push(inode);
    if (list.length > keptMax) list.splice(1, keptMax / 4);
  }

  forget(inode: number): void {
    if (!this.#known.delete(inode)) return;
    for (const list of [this.directories, this.files, this.others, this.links]) {
      const at = list.indexOf(inode);
      if (at > 0) list.splice(at, 1);
    }
  }

  /** A file in the trash, which most requests take out of it. */
  takeTrash(): number {
    const at = this.below(this.trash.length);
    return this.trash.splice(at, 1)[0] ?? 1;
  }

  /** Whether the entry to move could be the target directory itself: a real master does not survive that. */
  mayBeIn(target: number, parent: number): boolean {
    const place = this.#places.get(target);
    return target !== 1 && (place === undefined || place === this.#real(parent));
  }

  #real(inode: number): number {
    return inode === 1 ? this.#root : inode;
  }

  #listOf(type: number): number[] {
    if (type === nodeTypes.directory) return this.directories;
    if (type === nodeTypes.symlink) return this.links;
    return type === nodeTypes.file ? this.files : this.others;
  }
}
