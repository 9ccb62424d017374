// Administration of storage classes: SCLASS_CREATE, CHANGE, DELETE, DUPLICATE, RENAME, LIST.
// Spec: wire-client-master-3.md section 6.13, semantics-master.md section 7.3.

import {
  ChangeStorageClass,
  ChangeStorageClassAnswer,
  CreateStorageClass,
  CreateStorageClassAnswer,
  DeleteStorageClass,
  DeleteStorageClassAnswer,
  DuplicateStorageClass,
  DuplicateStorageClassAnswer,
  ListStorageClasses,
  ListStorageClassesAnswer,
  RenameStorageClass,
  RenameStorageClassAnswer,
  storageClassChanges,
} from "../../../protocol/packets/client-classes.ts";
import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import type { Client } from "../client.ts";
import { status } from "../status.ts";
import { predefinedClassMax } from "../store/class-counts.ts";
import { isClassName } from "../store/storage-classes.ts";
import type { ClassDefinition, StorageClass } from "../store/storage-classes.ts";
import { operation } from "./operation.ts";

const knownFormat = 0;
const wantsDefinitions = 1;

/** A definition as packets hold it. */
type Definition = Pick<
  CreateStorageClass,
  "adminOnly" | "mode" | "archiveDelayDays" | "createLabels" | "keepLabels" | "archiveLabels"
>;

export const createStorageClass = operation(
  CreateStorageClass,
  CreateStorageClassAnswer,
  (client, request) => {
    if (!client.isAdmin) return status.EPERM_NOTADMIN;
    if (request.format !== knownFormat) return status.EINVAL;
    return statusOf(client.service.commit(setEntry(request.name, 1, definitionOf(request))));
  },
);

export const changeStorageClass = operation(
  ChangeStorageClass,
  ChangeStorageClassAnswer,
  (client, request) => {
    const { classes } = client.service.world;
    const { messageId, changes, name } = request;
    if (request.format !== knownFormat) return status.EINVAL;
    if (changes !== 0 && !client.isAdmin) return status.EPERM_NOTADMIN;
    if (!isClassName(name)) return status.EINVAL;
    const old = classes.get(classes.idOf(name));
    if (old === undefined) return status.NOSUCHCLASS;
    if (changes !== 0) {
      if (isProtected(old) && (changes & storageClassChanges.force) === 0) return status.EPERM;
      const definition = changed(old, definitionOf(request), changes);
      const set = client.service.commit(setEntry(name, 0, definition));
      if (typeof set === "number") return set;
    }
    const definition = classes.get(old.id) ?? old;
    const format = knownFormat;
    return { variant: "full" as const, messageId, format, ...packed(definition) };
  },
);

/** The last predefined class is left out, as the real master leaves it out. */
function isProtected({ id }: StorageClass): boolean {
  return id < predefinedClassMax;
}

export const deleteStorageClass = operation(
  DeleteStorageClass,
  DeleteStorageClassAnswer,
  (client, { name }) => {
    if (!client.isAdmin) return status.EPERM_NOTADMIN;
    return statusOf(client.service.commit({ op: "SCDEL", name }));
  },
);

export const duplicateStorageClass = operation(
  DuplicateStorageClass,
  DuplicateStorageClassAnswer,
  (client, { sourceName, targetName }) => {
    if (!client.isAdmin) return status.EPERM_NOTADMIN;
    return statusOf(client.service.commit({ op: "SCDUP", sourceName, targetName }));
  },
);

export const renameStorageClass = operation(
  RenameStorageClass,
  RenameStorageClassAnswer,
  (client, { sourceName, targetName }) => {
    if (!client.isAdmin) return status.EPERM_NOTADMIN;
    return statusOf(client.service.commit({ op: "SCREN", sourceName, targetName }));
  },
);

export const listStorageClasses = operation(
  ListStorageClasses,
  ListStorageClassesAnswer,
  ({ service }: Client, { messageId, longMode }) => {
    const classes = [...service.world.classes];
    if ((longMode & wantsDefinitions) === 0) {
      return { variant: "names" as const, messageId, names: classes.map(({ name }) => name) };
    }
    return {
      variant: "definitions" as const,
      messageId,
      classes: classes.map((each) => ({ name: each.name, ...packed(each) })),
    };
  },
);

function statusOf(applied: object | number): number {
  return typeof applied === "number" ? applied : status.OK;
}

function definitionOf(request: Definition): ClassDefinition {
  return {
    adminOnly: request.adminOnly !== 0,
    mode: request.mode,
    archiveDays: request.archiveDelayDays,
    create: request.createLabels,
    keep: request.keepLabels,
    archive: request.archiveLabels,
  };
}

function packed(definition: ClassDefinition): Definition {
  return {
    adminOnly: definition.adminOnly ? 1 : 0,
    mode: definition.mode,
    archiveDelayDays: definition.archiveDays,
    createLabels: definition.create,
    keepLabels: definition.keep,
    archiveLabels: definition.archive,
  };
}

function changed(old: ClassDefinition, asked: ClassDefinition, changes: number): ClassDefinition {
  const pick = <K extends keyof ClassDefinition>(part: K, bit: number): ClassDefinition[K] =>
    (changes & bit) === 0 ? old[part] : asked[part];
  return {
    adminOnly: pick("adminOnly", storageClassChanges.adminOnly),
    mode: pick("mode", storageClassChanges.mode),
    archiveDays: pick("archiveDays", storageClassChanges.archiveDelay),
    create: pick("create", storageClassChanges.createLabels),
    keep: pick("keep", storageClassChanges.keepLabels),
    archive: pick("archive", storageClassChanges.archiveLabels),
  };
}

function setEntry(name: Uint8Array, isNew: 0 | 1, definition: ClassDefinition): EntryOf<"SCSET"> {
  const { create, keep, archive, mode, archiveDays, adminOnly } = definition;
  return {
    op: "SCSET",
    name,
    isNew,
    create: create.length,
    keep: keep.length,
    archive: archive.length,
    mode,
    archiveDelay: archiveDays,
    adminOnly: adminOnly ? 1 : 0,
    masks: [...create, ...keep, ...archive].flat(),
  };
}
