// The lab by hand: `./bin/node test/lab/cli.ts` prints what it can do.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { quoteArgv } from "../../src/host/quote.ts";
import { missingCapabilities } from "./capabilities.ts";
import { LabError } from "./errors.ts";
import { Lab } from "./lab.ts";

const usage = `Usage: ./bin/node test/lab/cli.ts COMMAND
  check                         name what this machine lacks
  up LAB [--net=10.77.N] HOST[=DATA_DISKS]...
  ssh LAB HOST [COMMAND...]     as root; without a command, a shell
  kill|boot LAB HOST...         pull the power, power on
  cut|heal LAB HOST             off the network, back on it
  down LAB                      remove it
  sweep                         remove labs whose test was killed
`;

async function up(name: string, words: readonly string[]): Promise<void> {
  const net = words.find((word) => word.startsWith("--net="))?.slice("--net=".length);
  const hosts = words
    .filter((word) => !word.startsWith("--"))
    .map((word) => {
      const [host = "", disks = "0"] = word.split("=");
      return { name: host, dataDisks: Number.parseInt(disks, 10) };
    });
  const lab = await Lab.up({ name, hosts, keep: true, ...(net === undefined ? {} : { net }) });
  for (const host of lab.hosts) process.stdout.write(`${lab.address(host)} ${host}\n`);
  process.stdout.write(`identity file '${lab.identityFile}', known hosts '${lab.knownHosts}'\n`);
}

async function ssh(lab: Lab, host: string, command: readonly string[]): Promise<number> {
  const [program, ...options] = lab.sshArgv(host);
  const remote = command.length === 0 ? [] : ["--", quoteArgv(command)];
  const [code] = (await once(
    spawn(program, [...options, ...remote], { stdio: "inherit" }),
    "exit",
  )) as [number | null];
  return code ?? 1;
}

async function main(words: readonly string[]): Promise<number> {
  const [command = "help", name = "", ...rest] = words;
  switch (command) {
    case "check": {
      const missing = await missingCapabilities();
      process.stdout.write(
        missing.length === 0 ? "The lab can run here\n" : `Missing: ${missing.join(", ")}\n`,
      );
      return missing.length === 0 ? 0 : 1;
    }
    case "up":
      await up(name, rest);
      return 0;
    case "sweep":
      for (const swept of await Lab.sweep()) process.stdout.write(`removed '${swept}'\n`);
      return 0;
    case "ssh":
      return ssh(await Lab.attach(name), rest[0] ?? "", rest.slice(1));
    case "kill":
    case "boot":
      await (await Lab.attach(name))[command](...rest);
      return 0;
    case "cut":
    case "heal":
      await (await Lab.attach(name))[command](rest[0] ?? "");
      return 0;
    case "down":
      await (await Lab.attach(name)).down();
      return 0;
    default:
      process.stderr.write(usage);
      return 2;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
