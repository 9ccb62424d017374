// What random requests are made of: inodes and names that often exist, callers, modes, lengths.

import type { Prng } from "../../daemons/base/prng.ts";
import type { Caller } from "../../daemons/protocol/caller.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { absent, kind } from "./naive-types.ts";
import type { NaiveNode } from "./naive-types.ts";
import { bytes } from "./plain.ts";

const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
const oddNames = ["", ".", "..", "x/y", "nul\0", "sub", "n".repeat(255)];
const users = [0, 0, 0, 1000, 1001, 1002];
const groups = [0, 100, 200, 300];
const chunk = 0x400_0000n;
const lengths = [
  0n,
  1n,
  100n,
  65_536n,
  200_000n,
  chunk - 1n,
  chunk,
  chunk + 5n,
  3n * chunk,
  4n * chunk + 77n,
];
const nowhere = 4_000_000;

/** A source of random requests over the naive state. */
export class Draw {
  readonly prng: Prng;
  readonly fs: NaiveFs;

  constructor(prng: Prng, fs: NaiveFs) {
    this.prng = prng;
    this.fs = fs;
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.prng.below(times) === 0;
  }

  below(limit: number): number {
    return this.prng.below(limit);
  }

  of<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error("Cannot draw from nothing");
    return values[this.prng.below(values.length)] as T;
  }

  /** Any of these, or undefined where there is none. */
  perhaps<T>(values: readonly T[]): T | undefined {
    return values.length === 0 ? undefined : this.of(values);
  }

  node(wanted: (node: NaiveNode) => boolean): number {
    if (this.once(60)) return this.once(2) ? nowhere : 1;
    const all: number[] = [];
    for (const node of this.fs.nodes.values()) if (wanted(node)) all.push(node.inode);
    return this.perhaps(all) ?? 1;
  }

  any(): number {
    return this.node(() => true);
  }

  directory(): number {
    return this.once(30) ? this.any() : this.node(({ type }) => type === kind.directory);
  }

  file(): number {
    return this.once(30) ? this.any() : this.node(({ type }) => type === kind.file);
  }

  removed(): number {
    return this.once(15) ? this.any() : this.node(({ type }) => type >= kind.trash);
  }

  freshName(): Uint8Array {
    return bytes(this.once(40) ? this.of(oddNames) : this.of(names));
  }

  /** A directory and a name in it that most often exists. */
  entry(wanted: (node: NaiveNode) => boolean = () => true): { parent: number; name: Uint8Array } {
    const found = this.perhaps(
      [...this.fs.nodes.values()].filter((node) => node.names.length > 0 && wanted(node)),
    );
    const place = found === undefined ? undefined : this.perhaps(found.names);
    if (place === undefined || this.once(15)) {
      return { parent: this.directory(), name: this.freshName() };
    }
    return { parent: place.parent, name: bytes(place.name) };
  }

  caller(): Caller {
    const all = this.once(3) ? [this.of(groups), this.of(groups)] : [];
    return { uid: this.uid(), gid: this.of(groups), groups: all };
  }

  uid(): number {
    return this.of(users);
  }

  gid(): number {
    return this.of(groups);
  }

  mode(): number {
    const special = this.once(6) ? this.below(8) << 9 : 0;
    return special | this.of([0o777, 0o755, 0o644, 0o666, 0o770, 0o700, this.below(0o1000)]);
  }

  umask(): number {
    return this.of([0, 0o22, 0o77, 0o27]);
  }

  length(): bigint {
    return this.once(30) ? this.of([1n << 40n, (1n << 57n) + 5n]) : this.of(lengths);
  }

  index(): number {
    return this.once(60) ? this.of([0x7fff_ffff + 1, 1000]) : this.below(4);
  }

  /** Bits of an access list: most often given, now and then left to the mode. */
  permissions(): number {
    return this.once(6) ? absent : this.below(8);
  }

  aclEntries(ids: readonly number[]): { id: number; permissions: number }[] {
    if (this.once(2)) return [];
    return [...new Set([this.of(ids), this.of(ids)])].map((id) => ({
      id,
      permissions: this.below(8),
    }));
  }

  aclUsers() {
    return this.aclEntries(users);
  }

  aclGroups() {
    return this.aclEntries(groups);
  }
}
