// The one declaration of the inventory: types, checks, defaults, JSON Schema and documentation come from here.
// Keys keep their YAML names. Rules between keys stand in check.ts; daemons' own lines are judged by their parsers.

import { z } from "zod";
import * as field from "./fields.ts";

const roles = ["master", "metalogger", "chunkserver", "client", "monitor"] as const;
export type Role = (typeof roles)[number];

/** The daemons whose own settings an inventory may carry. */
export const daemons = ["mfsmaster", "mfschunkserver", "mfsmetalogger"] as const;
export type DaemonName = (typeof daemons)[number];

/** Adds what documentation and JSON Schema say about a key. */
function key<T extends z.ZodType>(schema: T, description: string, example?: unknown): T {
  return schema.meta(example === undefined ? { description } : { description, example });
}

const detailedDisk = z.strictObject({
  path: key(field.absolutePath, "Folder that holds chunks", "/mnt/hdd"),
  mountpoint: key(
    field.choice(["any", "required"]).default("any"),
    "`required`: nothing is written unless a file system is mounted at `path`, so that a disk that failed to mount never fills the root disk",
    "required",
  ),
  leave_free: key(
    field.size.exactOptional(),
    "Space to leave free on the disk; not together with `limit`",
    "4GiB",
  ),
  limit: key(
    field.size.exactOptional(),
    "The most that chunks may use on the disk; not together with `leave_free`",
    "500GiB",
  ),
  link_to: key(
    field.absolutePath.exactOptional(),
    "The true folder, on a larger partition; `path` becomes a soft link to it; not together with `mountpoint: required`",
    "/home/data/mfs",
  ),
});

const plainDisk = field.absolutePath.transform((path): z.output<typeof detailedDisk> => ({
  path,
  mountpoint: "any",
}));

export const diskSchema = z.union([plainDisk, detailedDisk]);

export const mountSchema = z.strictObject({
  path: key(
    field.absolutePath,
    "Where the cluster is mounted; made if missing",
    "/home/work/share",
  ),
  goal: key(
    field.wholeNumber(1, 9).exactOptional(),
    "Number of copies, set on the mounted folder once it is mounted",
    3,
  ),
  subfolder: key(
    field.subfolder.default("/"),
    "Folder of the cluster that is mounted; exports may restrict it",
    "/projects",
  ),
  options: key(
    z.array(field.mountOption).default([]),
    "Further options of mfsmount. Every user of the host sees them in the process list: name a password's file by `mfspassfile`, not the password",
    ["mfsioretries=60"],
  ),
});

const settingRecord = z.record(field.settingName, field.settingValue).prefault({});

const settingsSchema = z
  .strictObject({
    mfsmaster: key(settingRecord, "Keys of mfsmaster.cfg", { CHUNKS_LOOP_MIN_TIME: 300 }),
    mfschunkserver: key(settingRecord, "Keys of mfschunkserver.cfg", { HDD_TEST_SPEED: 1 }),
    mfsmetalogger: key(settingRecord, "Keys of mfsmetalogger.cfg", { META_DOWNLOAD_FREQ: 1 }),
  })
  .prefault({});

const identityFile = key(
  field.localFile.exactOptional(),
  "Private key on the control machine; without it the agent and `~/.ssh/config` decide",
  "~/.ssh/id_ed25519",
);
const jump = key(
  field.jumpHost.exactOptional(),
  "Jump host for the connection, `[USER@]HOST[:PORT]`",
  "gate@bastion.example.org:2222",
);
const port = field.wholeNumber(1, 65535);

const sshSchema = z.strictObject({
  user: key(field.loginName.default("root"), "Who logs in; others than root need sudo", "root"),
  port: key(port.default(22), "Port of the hosts' SSH servers", 22),
  host_keys: key(
    field.choice(["strict"]).default("strict"),
    "Unknown and changed host keys are always refused; `mfsctl host trust` records one",
    "strict",
  ),
  identity_file: identityFile,
  known_hosts: key(
    field.localFile.exactOptional(),
    "File of known host keys on the control machine; without it the user's own",
    "./known_hosts",
  ),
  jump,
});

const hostSshSchema = z.strictObject({
  user: key(field.loginName.exactOptional(), "Who logs in on this host", "admin"),
  port: key(port.exactOptional(), "Port of this host's SSH server", 2222),
  identity_file: identityFile,
  jump,
  host_key: key(
    field.hostKey.exactOptional(),
    "The host's public key, pinned; known_hosts is then not read for this host",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
  ),
});

export const hostSchema = z.strictObject({
  address: key(
    field.address,
    "Where the host is reached, by mfsctl and by the other hosts",
    "10.0.0.11",
  ),
  connection: key(
    field.choice(["ssh", "local"]).default("ssh"),
    "`local`: the host is the control machine itself",
    "ssh",
  ),
  roles: key(
    z.array(field.choice(roles)).min(1, { error: "at least one role" }),
    "What runs on the host",
    ["chunkserver", "client"],
  ),
  disks: key(
    z.array(diskSchema).default([]),
    "Folders a chunkserver keeps chunks in; a plain text is a `path`",
    ["/mnt/hda"],
  ),
  mounts: key(z.array(mountSchema).default([]), "Mounts of a client", [
    { path: "/home/work/share" },
  ]),
  labels: key(
    z.array(field.label).default([]),
    "Labels of the chunkserver, for storage classes and preferred servers",
    ["A"],
  ),
  ssh: key(hostSshSchema.prefault({}), "What differs from the common `ssh` on this host"),
  settings: key(settingsSchema, "What differs from the common `settings` on this host"),
});

const fuseSchema = z
  .discriminatedUnion("from", [
    z.strictObject({
      from: key(
        z.literal("package"),
        "`package`: the distribution's fuse; `source`: compiled on `build_host`",
        "package",
      ),
    }),
    z.strictObject({
      from: z.literal("source"),
      tarball: key(
        field.localFile,
        "Release tarball of fuse on the control machine, where `from` is `source`",
        "fuse-2.9.9.tar.gz",
      ),
      patches: key(
        z.array(field.localFile).default([]),
        "Patches on the control machine, applied in this order, where `from` is `source`; plain 2.9.9 needs one for glibc 2.34 and later",
        ["closefrom.patch"],
      ),
    }),
  ])
  .prefault({ from: "package" });

const failoverSchema = z.strictObject({
  via: key(
    field.choice(["hosts", "config", "vip"]).default("hosts"),
    "How the others find the new master: by `/etc/hosts` on every host, by rewritten configuration, or by an address that moves",
    "hosts",
  ),
  fence_command: key(
    field.oneLine.exactOptional(),
    "Run on the control machine to make sure that an unreachable master is off; `%h` is the host's name",
    "ipmitool -H bmc-%h chassis power off",
  ),
  vip: key(
    z
      .strictObject({
        address: key(field.addressWithPrefix, "The moving address", "10.0.0.100/24"),
        interface: key(field.interfaceName, "Network interface that carries it", "eth0"),
      })
      .exactOptional(),
    "The address that moves with the master; needed where `via` is `vip`",
  ),
});

export const inventorySchema = z.strictObject({
  cluster: key(field.clusterName, "Name of the cluster; severe commands ask for it", "prod"),
  engine: key(
    field.choice(["bundled", "packages", "source"]).default("bundled"),
    "Whose daemons run: those that come with mfsctl, the distribution's packages, or MooseFS compiled on `build_host`",
    "packages",
  ),
  user: key(
    field.accountName.default("work"),
    "Account the daemons run as; made if missing",
    "work",
  ),
  group: key(field.accountName.default("work"), "Group of that account; made if missing", "work"),
  prefix: key(
    field.absolutePath.default("/home/work/local/mfs"),
    "Folder of the installation on every host: programs, configuration and state",
    "/home/work/local/mfs",
  ),
  build_host: key(
    field.nodeName.exactOptional(),
    "Host that compiles, for engine `source` and for fuse from source",
    "cm01",
  ),
  master_name: key(
    field.hostNameOnly.default("mfsmaster"),
    "Name under which every host knows the master",
    "mfsmaster",
  ),
  ssh: key(sshSchema.prefault({}), "How mfsctl reaches the hosts"),
  limits: key(
    z
      .strictObject({
        nofile: key(
          field.wholeNumber(1024, 1073741816).default(655360),
          "Open files allowed to the account and its daemons, checked on the living processes",
          655360,
        ),
      })
      .prefault({}),
    "Limits of the account the daemons run as",
  ),
  fuse: key(fuseSchema, "Where clients get fuse from"),
  exports: key(
    z
      .array(field.oneLine)
      .min(1, { error: "at least one line, since a master without exports does not start" }),
    "Lines of mfsexports.cfg: who may mount what, and how",
    ["*  /  rw,alldirs,mapall=work:work"],
  ),
  topology: key(
    z.array(field.oneLine).default([]),
    "Lines of mfstopology.cfg: which addresses share a rack",
    ["10.0.1.0/24 rack1"],
  ),
  failover: key(failoverSchema.prefault({}), "How another host becomes the master"),
  settings: key(settingsSchema, "Any key of the daemons' own configuration files, for all hosts"),
  hosts: key(z.record(field.nodeName, hostSchema), "The hosts by name"),
});

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** One host of a checked inventory, with every default filled in. */
export interface InventoryHost extends DeepReadonly<z.output<typeof hostSchema>> {
  readonly name: string;
}

/** A checked inventory with every default filled in. */
export interface Inventory extends Omit<DeepReadonly<z.output<typeof inventorySchema>>, "hosts"> {
  readonly hosts: Readonly<Record<string, InventoryHost>>;
}

export type Disk = InventoryHost["disks"][number];
export type Mount = InventoryHost["mounts"][number];

/** The schema as data for documentation: JSON Schema plus the keyword `expects`, the words for what a value must be. */
export function describedSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(inventorySchema, { io: "input", override: describeInput });
}

/** The JSON Schema (draft 2020-12) of the file, for editors. */
export function inventoryJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(inventorySchema, {
    io: "input",
    override: (context) => {
      describeInput(context);
      delete context.jsonSchema["expects"];
    },
  });
}

/** Zod drops examples and defaults where the input is transformed; ours are written as input, so they come back. */
function describeInput(context: {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  const { zodSchema, jsonSchema } = context;
  const { def } = zodSchema._zod;
  if (def.type === "default" || def.type === "prefault") jsonSchema.default ??= def.defaultValue;
  if (jsonSchema["example"] !== undefined) jsonSchema.examples = [jsonSchema["example"]];
  delete jsonSchema["example"];
}
