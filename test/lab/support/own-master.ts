// Our master on a lab's host, which has neither Node nor the sources: both are copied there, and systemd runs it.

import path from "node:path";
import { quoteArgv } from "../../../src/host/quote.ts";
import { run } from "../command.ts";
import type { Answer } from "../command.ts";
import { LabError } from "../errors.ts";
import type { Lab } from "../lab.ts";

const root = path.resolve(import.meta.dirname, "../../..");
/** All that a running master reads. */
const sources = [
  "package.json",
  "bin",
  "daemons",
  "node_modules/koffi",
  `node_modules/@koromix/koffi-linux-${process.arch}`,
  `node_modules/node-linux-${process.arch}/bin`,
];
const prefix = "/opt/mfs";
const dataPath = "/var/lib/mfs";
const configFile = "/etc/mfs/mfsmaster.cfg";
const unit = "mfs-master.service";
const startLimitSeconds = 60;

const unitText = `[Unit]
Description=MooseFS master

[Service]
Type=notify
ExecStart=${prefix}/bin/mfsmaster -c ${configFile} -f -a start
TimeoutStartSec=${startLimitSeconds}
`;

/** The master of a host. It starts with `-a`, from whatever its folder holds. */
export class OwnMaster {
  readonly #lab: Lab;
  readonly #host: string;

  private constructor(lab: Lab, host: string) {
    this.#lab = lab;
    this.#host = host;
  }

  /** Copies the master to a host, with an empty file system; a power cut does not take it away. */
  static async install(lab: Lab, host: string): Promise<OwnMaster> {
    const unpack = quoteArgv([...lab.sshArgv(host), "--", `mkdir ${prefix} && tar -xC ${prefix}`]);
    const pack = quoteArgv(["tar", "-cC", root, ...sources]);
    const copied = await run(["bash", "-o", "pipefail", "-c", `${pack} | ${unpack}`]);
    if (copied.code !== 0) {
      const what = `tar ended with ${copied.code}, expected 0`;
      throw new LabError(
        "command",
        `Cannot copy the master to '${host}': ${what}\n${copied.stderr}`,
      );
    }
    const master = new OwnMaster(lab, host);
    await master.#write(`/etc/systemd/system/${unit}`, unitText);
    await master.#write("/etc/mfs/mfsexports.cfg", "* / rw,alldirs,maproot=0:0\n");
    await master.#write(`${dataPath}/metadata.mfs`, "MFSM NEW");
    await master.configure({});
    return master;
  }

  get address(): string {
    return this.#lab.address(this.#host);
  }

  /** Settings beside those that every lab needs; they count from the next start on. */
  async configure(settings: Readonly<Record<string, string | number>>): Promise<void> {
    const all = {
      DATA_PATH: dataPath,
      EXPORTS_FILENAME: "/etc/mfs/mfsexports.cfg",
      WORKING_USER: "root",
      WORKING_GROUP: "root",
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
    await this.#write(configFile, lines.join(""));
    await this.#lab.sshOk(this.#host, ["sync"]);
  }

  /** Starts the unit; returns when the master has told systemd that it is ready. */
  async start(): Promise<void> {
    const { code } = await this.#lab.ssh(this.#host, ["systemctl", "start", unit]);
    if (code === 0) return;
    const journal = await this.journal();
    throw new LabError("command", `Cannot start the master on '${this.#host}':\n${journal}`);
  }

  /** Stops it in order; returns when it has ended. */
  async stop(): Promise<void> {
    await this.#lab.sshOk(this.#host, ["systemctl", "stop", unit]);
  }

  /** A call by hand with this host's configuration. */
  async call(...words: readonly string[]): Promise<Answer> {
    return this.#lab.ssh(this.#host, [`${prefix}/bin/mfsmaster`, "-c", configFile, ...words]);
  }

  /** One property of the unit, as systemd has it. */
  async property(name: string): Promise<string> {
    const argv = ["systemctl", "show", "--value", "-p", name, unit];
    return (await this.#lab.sshOk(this.#host, argv)).trimEnd();
  }

  /** The names in its data folder. */
  async files(): Promise<readonly string[]> {
    const text = await this.#lab.sshOk(this.#host, ["ls", "-A", dataPath]);
    return text.split("\n").filter(Boolean);
  }

  /** What it said since the host booted. */
  async journal(): Promise<string> {
    return this.#lab.sshOk(this.#host, ["journalctl", "-b", "-u", unit, "-o", "cat", "--no-pager"]);
  }

  async #write(file: string, text: string): Promise<void> {
    const line = 'mkdir -p "$(dirname "$1")" && cat > "$1"';
    await this.#lab.sshOk(this.#host, ["sh", "-c", line, "sh", file], { input: text });
  }
}
