// systemctl of a simulated machine: the verbs that run-books use.

import { FakeFailure } from "./files.ts";
import type { Program } from "./program.ts";
import type { FakeSystemd } from "./systemd.ts";

const properties =
  "Id,LoadState,ActiveState,SubState,UnitFileState,MainPID,NeedDaemonReload,Result";

const verbs: Readonly<Record<string, (systemd: FakeSystemd, unit: string) => void>> = {
  enable: (systemd, unit) => systemd.enable(unit),
  disable: (systemd, unit) => systemd.disable(unit),
  mask: (systemd, unit) => systemd.mask(unit),
  unmask: (systemd, unit) => systemd.unmask(unit),
  start: (systemd, unit) => systemd.start(unit),
  stop: (systemd, unit) => systemd.stop(unit),
  restart: (systemd, unit) => systemd.restart(unit),
  reload: (systemd, unit) => systemd.reload(unit),
  "reset-failed": (systemd, unit) => systemd.resetFailed(unit),
};

/** What `--now` adds. */
const alsoNow: Readonly<Record<string, string>> = { enable: "start", disable: "stop" };

export const systemctl: Program = ({ system, words }) => {
  const { systemd } = system;
  const [verb = "", ...rest] = words;
  if (verb === "daemon-reload") {
    systemd.daemonReload();
    return {};
  }
  if (verb === "show") return { stdout: show(systemd, rest) };
  if (verb === "is-active") {
    const unit = rest.filter((word) => word !== "--quiet" && word !== "-q")[0] ?? "";
    const { active } = systemd.show(unit);
    return { code: active === "active" ? 0 : 3, stdout: `${active}\n` };
  }
  const change = verbs[verb];
  const units = rest.filter((word) => word !== "--now");
  if (change === undefined || units.some((word) => word.startsWith("-"))) {
    throw new Error(`the fake does not know "systemctl ${words.join(" ")}"`);
  }
  if (units.length === 0) throw new FakeFailure("Too few arguments.");
  for (const unit of units) change(systemd, unit);
  const now = rest.includes("--now") ? verbs[alsoNow[verb] ?? ""] : undefined;
  if (now !== undefined) for (const unit of units) now(systemd, unit);
  return {};
};

function show(systemd: FakeSystemd, words: readonly string[]): string {
  if (words[0] === "-P" && words[1] === "MainPID") {
    return words
      .slice(2)
      .map((unit) => `${systemd.show(unit).pid}\n`)
      .join("\n");
  }
  if (words[0] !== `--property=${properties}`) {
    throw new Error(`the fake does not know "systemctl show ${words.join(" ")}"`);
  }
  const blocks = words.slice(1).map((unit) => {
    const view = systemd.show(unit);
    // A socket has no main process, and systemd then leaves the line out.
    const pid = unit.endsWith(".socket") ? [] : [`MainPID=${view.pid}`];
    return [
      ...pid,
      `Result=success`,
      `Id=${unit}`,
      `LoadState=${view.load}`,
      `ActiveState=${view.active}`,
      `SubState=${view.sub}`,
      `UnitFileState=${view.file}`,
      `NeedDaemonReload=${view.needDaemonReload ? "yes" : "no"}`,
    ].join("\n");
  });
  return `${blocks.join("\n\n")}\n`;
}
