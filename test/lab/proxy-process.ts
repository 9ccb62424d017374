// Starts a lab's proxy as a process of its own, which outlives the program that started it; `lab.sh down` ends it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, writeFile } from "node:fs/promises";
import path from "node:path";
import { LabError } from "./errors.ts";
import type { ProxyOptions } from "./proxy.ts";

/** Starts the proxy of the lab in `folder` and returns when it listens. */
export async function startProxyProcess(folder: string, options: ProxyOptions): Promise<void> {
  const home = path.join(folder, "proxy");
  await mkdir(home, { recursive: true });
  await writeFile(path.join(home, "proxy.json"), JSON.stringify(options));
  await using log = await open(path.join(home, "console.log"), "a");
  const program = path.join(import.meta.dirname, "proxy.ts");
  const child = spawn(process.execPath, [program, path.join(home, "proxy.json")], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd, "ipc"],
    env: { ...process.env, LAB_RUN: folder, LAB_PART: "proxy", NODE_OPTIONS: "" },
  });
  if (child.pid !== undefined) await writeFile(path.join(home, "pid"), `${child.pid}\n`);
  const outcome = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => undefined),
  ]);
  if (outcome === undefined) {
    throw new LabError(
      "hosts",
      `Cannot start the proxy on '${options.address}:${options.port}': it ended, expected it to listen; see '${home}/console.log'`,
    );
  }
  child.disconnect();
  child.unref();
}
