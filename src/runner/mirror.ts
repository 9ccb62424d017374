// The journal's copies on the metadata hosts: another machine can resume from them when this one is gone.

import type { CallOptions, Host, Hosts } from "../host/host.ts";
import { writeFileCommand } from "../host/files.ts";
import { stateFolder } from "../layout.ts";
import { printJournals, pruneJournals } from "../shell/journal.ts";
import { parseJournal, type Journal, type RunRecord } from "./journal.ts";

export const mirrorFolder = `${stateFolder}/journal`;
/** How many journals a metadata host keeps. */
const keptJournals = 200;

/** One copy is small; a host that takes longer is left behind. */
const mirrorTimeoutMs = 15_000;

/** Writes the journal so far to each host; answers those that took it, for the others do without. */
export async function mirrorJournal(
  hosts: Hosts,
  names: readonly string[],
  journal: Pick<Journal, "runId" | "text">,
  options: CallOptions & {
    /** Also makes the folder and leaves out the oldest journals: one more round trip. */
    readonly prune: boolean;
  },
): Promise<readonly string[]> {
  const content = Buffer.from(journal.text);
  const write = writeFileCommand({
    path: `${mirrorFolder}/${journal.runId}.jsonl`,
    content,
    mode: 0o600,
    owner: "root",
    group: "root",
  });
  const commands = options.prune ? [pruneJournals(mirrorFolder, keptJournals), write] : [write];
  const limit = AbortSignal.timeout(mirrorTimeoutMs);
  const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
  const ended = await Promise.allSettled(
    names.map(async (name) => {
      const host = await hosts.host(name, { signal });
      for (const command of commands) {
        const { code } = await host.exec(command, { signal });
        if (code !== 0) throw new Error(`"${name}" did not take the journal: code ${code}`);
      }
    }),
  );
  return names.filter((_, index) => ended[index]?.status === "fulfilled");
}

/** Journals that a metadata host holds, newest first; unreadable ones are left out. */
export async function readMirror(host: Host, most: number): Promise<readonly RunRecord[]> {
  const output = await host.exec(printJournals(mirrorFolder, most));
  return output.stdout
    .toString("utf8")
    .split("\n")
    .flatMap((line): readonly RunRecord[] => {
      const [name, base64] = line.split(" ");
      if (name === undefined || base64 === undefined) return [];
      try {
        return [parseJournal(Buffer.from(base64, "base64").toString("utf8"), name)];
      } catch {
        return []; // one unreadable journal must not hide the others
      }
    });
}
