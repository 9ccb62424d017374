// The schema: defaults, the resolved type, JSON Schema.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInventory } from "../../../src/inventory/load.ts";
import { inventoryJsonSchema, type Inventory, type Role } from "../../../src/inventory/schema.ts";
import { validText } from "./inventory-text.ts";

type Daemon = "mfsmaster" | "mfschunkserver" | "mfsmetalogger";
type Settings = Readonly<Record<Daemon, Readonly<Record<string, string | number>>>>;

/** The shape other folders rely on, written out. */
interface ExpectedHost {
  readonly name: string;
  readonly address: string;
  readonly connection: "ssh" | "local";
  readonly roles: readonly Role[];
  readonly disks: readonly {
    readonly path: string;
    readonly mountpoint: "any" | "required";
    readonly leave_free?: string;
    readonly limit?: string;
    readonly link_to?: string;
  }[];
  readonly mounts: readonly {
    readonly path: string;
    readonly goal?: number;
    readonly subfolder: string;
    readonly options: readonly string[];
  }[];
  readonly labels: readonly string[];
  readonly ssh: {
    readonly user?: string;
    readonly port?: number;
    readonly identity_file?: string;
    readonly jump?: string;
    readonly host_key?: string;
  };
  readonly settings: Settings;
}

interface Expected {
  readonly cluster: string;
  readonly engine: "bundled" | "packages" | "source";
  readonly user: string;
  readonly group: string;
  readonly prefix: string;
  readonly build_host?: string;
  readonly master_name: string;
  readonly ssh: {
    readonly user: string;
    readonly port: number;
    readonly host_keys: "strict";
    readonly identity_file?: string;
    readonly known_hosts?: string;
    readonly jump?: string;
  };
  readonly limits: { readonly nofile: number };
  readonly fuse:
    | { readonly from: "package" }
    | { readonly from: "source"; readonly tarball: string; readonly patches: readonly string[] };
  readonly exports: readonly string[];
  readonly topology: readonly string[];
  readonly failover: {
    readonly via: "hosts" | "config" | "vip";
    readonly fence_command?: string;
    readonly vip?: { readonly address: string; readonly interface: string };
  };
  readonly settings: Settings;
  readonly hosts: Readonly<Record<string, ExpectedHost>>;
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test("the resolved type has the shape other folders rely on", () => {
  const same: Same<Inventory, Expected> = true;
  assert.ok(same);
});

test("every key left out gets its default", () => {
  const inventory = parseInventory(validText, "i.yaml");
  const settings = { mfsmaster: {}, mfschunkserver: {}, mfsmetalogger: {} };
  assert.deepEqual(inventory, {
    cluster: "lab",
    engine: "packages",
    user: "work",
    group: "work",
    prefix: "/home/work/local/mfs",
    master_name: "mfsmaster",
    ssh: { user: "root", port: 22, host_keys: "strict" },
    limits: { nofile: 655360 },
    fuse: { from: "package" },
    exports: ["* / rw"],
    topology: [],
    failover: { via: "hosts" },
    settings,
    hosts: {
      meta01: {
        name: "meta01",
        address: "10.0.0.1",
        connection: "ssh",
        roles: ["master"],
        disks: [],
        mounts: [],
        labels: [],
        ssh: {},
        settings,
      },
      cm01: {
        name: "cm01",
        address: "10.0.0.11",
        connection: "ssh",
        roles: ["chunkserver", "client"],
        disks: [
          { path: "/mnt/a", mountpoint: "any" },
          { path: "/mnt/b", mountpoint: "any" },
        ],
        mounts: [{ path: "/home/work/share", subfolder: "/", options: [] }],
        labels: [],
        ssh: {},
        settings,
      },
    },
  });
});

test("the default engine is bundled", () => {
  const inventory = parseInventory(validText.replace("engine: packages\n", ""), "i.yaml");
  assert.equal(inventory.engine, "bundled");
});

test("a size written as a number becomes its text", () => {
  const text = validText.replace("[/mnt/a, /mnt/b]", "[{ path: /mnt/a, limit: 1073741824 }]");
  const disk = parseInventory(text, "i.yaml").hosts["cm01"]?.disks[0];
  assert.deepEqual(disk, { path: "/mnt/a", mountpoint: "any", limit: "1073741824" });
});

test("the JSON Schema describes every key and holds standard keywords only", () => {
  const schema = inventoryJsonSchema();
  assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  assert.deepEqual(schema.required, ["cluster", "exports", "hosts"]);
  assert.equal(schema.additionalProperties, false);
  const text = JSON.stringify(schema);
  assert.doesNotMatch(text, /"expects":|"example":/);
});
