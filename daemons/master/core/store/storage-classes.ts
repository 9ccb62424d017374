// Storage classes: how many copies of a chunk there are to be and on servers with which labels.
// Spec: semantics-master.md 7, metadata-file.md 2.2.
import assert from "node:assert/strict";
import { predefinedClassMax } from "./class-counts.ts";
import type { Goals } from "./class-counts.ts";

/** Label expressions have so many masks at most, and are kept with exactly so many. */
export const masksOfLabel = 4;
/** Copies that a class may ask for. */
export const labelsMax = 9;
/** Ids are 1 to this one. */
export const classIdMax = 255;

const standardMode = 1;
/** A delay beyond this many days does not fit into 32 bits of seconds, and means none. */
const archiveDaysMax = 49_710;

/** Where one copy goes: masks of labels, one of which the server must have whole; unused ones are 0. */
export type LabelMasks = readonly number[];

/** What a class says beside its name. */
export interface ClassDefinition {
  readonly adminOnly: boolean;
  /** 0 loose, 1 standard, 2 strict. */
  readonly mode: number;
  /** As it was given; `archiveDelay` says what is meant. */
  readonly archiveDays: number;
  /** One entry a copy, 1 to 9. */
  readonly create: readonly LabelMasks[];
  readonly keep: readonly LabelMasks[];
  readonly archive: readonly LabelMasks[];
}

/** A storage class. */
export interface StorageClass extends ClassDefinition {
  readonly id: number;
  readonly name: Uint8Array;
}

/** The parts of a class as chunks ask for them, without unused masks. */
interface Rules {
  readonly create: readonly LabelMasks[];
  readonly keep: readonly LabelMasks[];
  readonly archive: readonly LabelMasks[];
}

const anyServer: LabelMasks = [0, 0, 0, 0];
const noLabels: readonly LabelMasks[] = [];

/** All storage classes. Those up to 9 are there from the start: class N is N copies anywhere. */
export class StorageClasses implements Goals {
  readonly #classes: (StorageClass | undefined)[] = Array.from({ length: classIdMax + 1 });
  readonly #rules: (Rules | undefined)[] = Array.from({ length: classIdMax + 1 });
  readonly #ids = new Map<string, number>();
  readonly #keepMax = new Uint8Array(classIdMax + 1);

  constructor() {
    for (let id = 1; id <= predefinedClassMax; id++) {
      const labels = Array.from({ length: id }, () => anyServer);
      this.set({
        id,
        name: new Uint8Array([0x30 + id]),
        adminOnly: false,
        mode: standardMode,
        archiveDays: 0,
        create: labels,
        keep: labels,
        archive: labels,
      });
    }
  }

  get(id: number): StorageClass | undefined {
    return this.#classes[id];
  }

  /** 0 if no class has this name. */
  idOf(name: Uint8Array): number {
    return this.#ids.get(keyOf(name)) ?? 0;
  }

  isPredefined(id: number): boolean {
    return id <= predefinedClassMax;
  }

  /** In the order of their ids. */
  *[Symbol.iterator](): IterableIterator<StorageClass> {
    for (const storageClass of this.#classes) if (storageClass !== undefined) yield storageClass;
  }

  /** The id that a new class gets; 0 if all are taken. */
  get lowestFreeId(): number {
    for (let id = 1; id <= classIdMax; id++) if (this.#classes[id] === undefined) return id;
    return 0;
  }

  /** Makes a class or replaces the one with this id. */
  set(storageClass: StorageClass): void {
    const { id, create, keep, archive } = storageClass;
    assert(id >= 1 && id <= classIdMax);
    this.remove(id);
    const name = new Uint8Array(storageClass.name);
    this.#classes[id] = { ...storageClass, name };
    this.#ids.set(keyOf(name), id);
    this.#rules[id] = { create: used(create), keep: used(keep), archive: used(archive) };
    this.#keepMax[id] = Math.max(keep.length, archive.length);
  }

  remove(id: number): void {
    const old = this.#classes[id];
    if (old === undefined) return;
    this.#classes[id] = undefined;
    this.#rules[id] = undefined;
    this.#keepMax[id] = 0;
    if (this.idOf(old.name) === id) this.#ids.delete(keyOf(old.name));
  }

  keepMax(id: number): number {
    return this.#keepMax[id] ?? 0;
  }

  goalOf(id: number, archived: boolean): number {
    return this.keptLabels(id, archived).length;
  }

  createLabels(id: number): readonly LabelMasks[] {
    return this.#rules[id]?.create ?? noLabels;
  }

  keptLabels(id: number, archived: boolean): readonly LabelMasks[] {
    const rules = this.#rules[id];
    if (rules === undefined) return noLabels;
    return archived ? rules.archive : rules.keep;
  }

  modeOf(id: number): number {
    return this.#classes[id]?.mode ?? standardMode;
  }

  isAdminOnly(id: number): boolean {
    return this.#classes[id]?.adminOnly ?? false;
  }

  /** Seconds from the change of a file to its archiving; 0 = never. */
  archiveDelay(id: number): number {
    const days = this.#classes[id]?.archiveDays ?? 0;
    return days > archiveDaysMax ? 0 : days * 86_400;
  }
}

/** Whether a class may have this name. */
export function isClassName(name: Uint8Array): boolean {
  return name.length > 0 && name.length <= 255 && !name.includes(0);
}

/** Names are bytes; latin1 keeps each byte apart. */
function keyOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString("latin1");
}

/** The first mask of 0 ends an expression. */
function used(labels: readonly LabelMasks[]): readonly LabelMasks[] {
  return labels.map((masks) => {
    const end = masks.indexOf(0);
    return end === -1 ? masks : masks.slice(0, end);
  });
}
