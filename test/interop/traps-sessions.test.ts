// Traps of sessions and of starts: what is open stays open whatever happens to the connection, what is removed
// goes where it should, and no start makes an empty file system of a full one.
// Spec: wire-client-master.md "Traps" 16-18, semantics-master.md 29, config-and-cli.md 16.10.

import assert from "node:assert/strict";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readdir, rename, rm, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import {
  ListOpenFiles,
  ListOpenFilesAnswer,
} from "../../daemons/protocol/packets/admin-settings.ts";
import { SessionList, SessionListAnswer } from "../../daemons/protocol/packets/admin.ts";
import { Cluster } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { until } from "./until.ts";

const limitMs = 90_000;
/** The newest form of the list. */
const listMode = 4;

let cluster: Cluster;
let mount: string;
let meta: string;

before(async () => {
  cluster = await Cluster.start({ chunkservers: 1, master: ourMaster });
  mount = await cluster.mount({ options: ["mfscachemode=NEVER"] });
  meta = await cluster.mount({ isMeta: true, options: ["mfsflattrash"] });
});

after(async () => {
  await cluster.down();
});

async function connected(): Promise<readonly number[]> {
  const { sessions } = await cluster.ask((client) =>
    client.request(SessionList, { mode: listMode }, SessionListAnswer),
  );
  return sessions.filter(({ sockets }) => sockets > 0).map(({ sessionId }) => sessionId);
}

async function isOpen(inode: number): Promise<boolean> {
  const answer = await cluster.ask((client) =>
    client.request(ListOpenFiles, { variant: "plain", sessionId: 0 }, ListOpenFilesAnswer),
  );
  return answer.variant === "all" && answer.files.some((file) => file.inode === inode);
}

/** A file that nothing but its being open keeps. */
async function openOnly(name: string): Promise<{ handle: FileHandle; inode: number }> {
  const file = path.join(mount, name);
  await writeFile(file, name);
  const handle = await open(file, "r");
  assert.equal((await cluster.tool("mfssettrashtime", ["0", file])).code, 0);
  const inode = (await handle.stat()).ino;
  await unlink(file);
  return { handle, inode };
}

async function contentOf(handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(100), 0, 100, 0);
  return buffer.toString("utf8", 0, bytesRead);
}

async function allBack(ids: readonly number[]): Promise<void> {
  let seen: readonly number[] = [];
  const isSo = async (): Promise<boolean> => {
    seen = await connected();
    return ids.every((id) => seen.includes(id));
  };
  await until(`the sessions ${ids.join(", ")} are back`, isSo, { seen: () => seen.join(", ") });
}

test(
  "trap 18: mounts keep their sessions over kill -9 of the master, and their files",
  { timeout: limitMs },
  async () => {
    const { handle, inode } = await openOnly("over-a-kill");
    const ids = await connected();
    assert.equal(ids.length, 2);
    await cluster.master.kill();
    await cluster.master.start(["-a"]);
    await cluster.ready();
    await allBack(ids);
    assert.ok(await isOpen(inode));
    assert.equal(await contentOf(handle), "over-a-kill");
    await handle.close();
  },
);

test(
  "trap 17: a change of the exports ends connections, but closes no file",
  { timeout: limitMs },
  async () => {
    const { handle, inode } = await openOnly("over-a-reload");
    const ids = await connected();
    const lines = ["* / rw,alldirs,admin,maproot=0:0,umask=0002", "* . rw"];
    await cluster.master.write("mfsexports.cfg", `${lines.join("\n")}\n`);
    cluster.master.reload();
    await until("mounts are told", () => cluster.master.logText().includes("exports have changed"));
    await allBack(ids);
    assert.ok(await isOpen(inode));
    assert.equal(await contentOf(handle), "over-a-reload");
    await handle.close();
  },
);

async function holds(folder: string, name: string): Promise<boolean> {
  return (await readdir(path.join(meta, folder))).some((entry) => entry.includes(name));
}

test(
  "spec 29: an open file that is removed goes to the trash, and from there to the sustained ones",
  { timeout: limitMs },
  async () => {
    const file = path.join(mount, "thrown-away");
    await writeFile(file, "still here");
    const handle = await open(file, "r");
    await unlink(file);
    assert.ok(await holds("trash", "thrown-away"));
    assert.ok(!(await holds("sustained", "thrown-away")));
    const entry = (await readdir(path.join(meta, "trash"))).find((one) =>
      one.includes("thrown-away"),
    );
    await unlink(path.join(meta, "trash", entry ?? ""));
    assert.ok(!(await holds("trash", "thrown-away")));
    assert.ok(await holds("sustained", "thrown-away"));
    assert.equal(await contentOf(handle), "still here");
    await handle.close();
  },
);

/** Starts the master in the foreground, which it is expected to refuse, and gives what it says. */
async function refusal(...switches: readonly string[]): Promise<string> {
  await assert.rejects(
    cluster.master.start(switches, 20_000),
    /it ended \(\d+\), expected it to run/,
  );
  return cluster.master.logText();
}

test(
  "trap 10: -a does not take an empty file system for the one that was here",
  { timeout: limitMs },
  async () => {
    await cluster.umount(meta);
    await cluster.killMount(mount);
    assert.equal(await cluster.master.stop(), 0);
    const aside = path.join(cluster.folder, "aside");
    await mkdir(aside);
    for (const name of await readdir(cluster.dataDir)) {
      if (/^(metadata|changelog)/.test(name))
        await rename(path.join(cluster.dataDir, name), path.join(aside, name));
    }
    await writeFile(path.join(cluster.dataDir, "metadata.mfs.empty"), "MFSM NEW");
    assert.match(await refusal("-a"), /can't find valid metadata file/);
    assert.match(await refusal(), /can't find metadata.mfs - try using option '-a'/);
    assert.deepEqual(
      (await readdir(cluster.dataDir)).filter((name) => name.startsWith("metadata")),
      ["metadata.mfs.empty"],
    );
    for (const name of await readdir(aside))
      await rename(path.join(aside, name), path.join(cluster.dataDir, name));
    await rm(path.join(cluster.dataDir, "metadata.mfs.empty"));
    await cluster.master.start();
  },
);
