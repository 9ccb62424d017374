// What can be known of an inventory that may still be wrong: each value that is right by itself, the rest unknown.
// Rules between keys run on drafts, so that one mistake does not hide another; unknown never counts as absent.

import type { z } from "zod";
import { diskSchema, hostSchema, inventorySchema, mountSchema } from "./schema.ts";

type Known<S extends z.ZodRawShape> = { readonly [K in keyof S]: z.output<S[K]> | undefined };

/** A host as far as it is known. Lists keep their places: an element that is wrong is undefined. */
export interface HostDraft extends Omit<
  Known<typeof hostSchema.shape>,
  "disks" | "mounts" | "labels"
> {
  readonly name: string;
  readonly disks: readonly (z.output<typeof diskSchema> | undefined)[];
  readonly mounts: readonly (z.output<typeof mountSchema> | undefined)[];
  readonly labels: readonly (string | undefined)[];
  /** The host as written; empty when it is no mapping. */
  readonly source: Readonly<Record<string, unknown>>;
}

export interface InventoryDraft extends Omit<Known<typeof inventorySchema.shape>, "hosts"> {
  /** Undefined when the file has no mapping of hosts. */
  readonly hosts: readonly HostDraft[] | undefined;
}

/** Keeps what the schema accepts. */
export function draftOf(data: unknown): InventoryDraft {
  const hosts = record(record(data)?.["hosts"]);
  return {
    ...known(inventorySchema.shape, data),
    hosts: hosts === undefined ? undefined : Object.entries(hosts).map(draftHost),
  };
}

function draftHost([name, data]: [string, unknown]): HostDraft {
  const shape = hostSchema.shape;
  const host = record(data) ?? {};
  return {
    ...known(shape, data),
    name,
    disks: list(host["disks"]).map((disk) => accepted(diskSchema, disk)),
    mounts: list(host["mounts"]).map((mount) => accepted(mountSchema, mount)),
    labels: list(host["labels"]).map((value) => (typeof value === "string" ? value : undefined)),
    source: host,
  };
}

function known<S extends z.ZodRawShape>(shape: S, data: unknown): Known<S> {
  const source = record(data);
  const entries = Object.entries(shape).map(([key, schema]) => [
    key,
    source === undefined ? undefined : accepted(schema as z.ZodType, source[key]),
  ]);
  // Every key of the shape was parsed by its own schema just above.
  return Object.fromEntries(entries) as Known<S>;
}

function accepted<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined {
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
