// Changes of storage classes. Spec: changelog.md section 7.5, semantics-master.md section 7.3.

import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import type { ClassUse } from "../store/class-use.ts";
import { isClassName, labelsMax, masksOfLabel } from "../store/storage-classes.ts";
import type { LabelMasks, StorageClass, StorageClasses } from "../store/storage-classes.ts";
import type { Applied } from "./change.ts";

/** The part of the world that these changes touch. */
export interface ClassWorld {
  readonly classes: StorageClasses;
  readonly classUse: ClassUse;
}

/** SCSET: a class is made, or gets another definition. */
export function setClass(
  world: ClassWorld,
  _ts: number,
  entry: EntryOf<"SCSET">,
): Applied<"SCSET"> {
  const { classes } = world;
  const { name, isNew, create, keep, archive, masks, mode } = entry;
  if (!isClassName(name)) return status.EINVAL;
  const known = classes.idOf(name);
  if (isNew !== 0 && known !== 0) return status.CLASSEXISTS;
  if (isNew === 0 && known === 0) return status.NOSUCHCLASS;
  const id = isNew === 0 ? known : classes.lowestFreeId;
  if (id === 0) return status.CLASSLIMITREACH;
  if (![create, keep, archive].every(isCount)) return status.EINVAL;
  if (masks.length !== (create + keep + archive) * masksOfLabel) return status.EINVAL;
  classes.set({
    id,
    name,
    adminOnly: entry.adminOnly !== 0,
    mode,
    archiveDays: entry.archiveDelay,
    create: labelsOf(masks, 0, create),
    keep: labelsOf(masks, create, keep),
    archive: labelsOf(masks, create + keep, archive),
  });
  return { class: id };
}

/** SCDUP: a copy of a class under another name. */
export function duplicateClass(
  world: ClassWorld,
  _ts: number,
  entry: EntryOf<"SCDUP">,
): Applied<"SCDUP"> {
  const { classes } = world;
  const source = namedClass(classes, entry);
  if (typeof source === "number") return source;
  if (classes.idOf(entry.targetName) !== 0) return status.CLASSEXISTS;
  const id = classes.lowestFreeId;
  if (id === 0) return status.CLASSLIMITREACH;
  classes.set({ ...source, id, name: entry.targetName });
  return { sourceClass: source.id, targetClass: id };
}

/** SCREN: another name for a class that is not predefined. */
export function renameClass(
  world: ClassWorld,
  _ts: number,
  entry: EntryOf<"SCREN">,
): Applied<"SCREN"> {
  const { classes } = world;
  const source = namedClass(classes, entry);
  if (typeof source === "number") return source;
  if (classes.isPredefined(source.id)) return status.EPERM;
  if (classes.idOf(entry.targetName) !== 0) return status.CLASSEXISTS;
  classes.set({ ...source, name: entry.targetName });
  return { class: source.id };
}

/** SCDEL: a class that no file and no directory has goes. */
export function removeClass(
  world: ClassWorld,
  _ts: number,
  entry: EntryOf<"SCDEL">,
): Applied<"SCDEL"> {
  const { classes } = world;
  if (!isClassName(entry.name)) return status.EINVAL;
  const id = classes.idOf(entry.name);
  if (id === 0) return status.NOSUCHCLASS;
  if (classes.isPredefined(id)) return status.EPERM;
  if (world.classUse.isUsed(id)) return status.CLASSINUSE;
  classes.remove(id);
  return { class: id };
}

function namedClass(
  classes: StorageClasses,
  names: { readonly sourceName: Uint8Array; readonly targetName: Uint8Array },
): StorageClass | number {
  if (!isClassName(names.sourceName) || !isClassName(names.targetName)) return status.EINVAL;
  return classes.get(classes.idOf(names.sourceName)) ?? status.NOSUCHCLASS;
}

function isCount(count: number): boolean {
  return count >= 1 && count <= labelsMax;
}

function labelsOf(masks: readonly number[], first: number, count: number): readonly LabelMasks[] {
  return Array.from({ length: count }, (_, index) => {
    const start = (first + index) * masksOfLabel;
    return masks.slice(start, start + masksOfLabel);
  });
}
