// The journal's copies on the metadata hosts: another machine can resume from them when this one is gone.

import type { Host, Hosts } from "../host/host.ts";
import { writeFileCommand } from "../host/files.ts";
import { stateFolder } from "../layout.ts";
import { printJournals, pruneJournals } from "../shell/journal.ts";
import { parseJournal, type Journal, type RunRecord } from "./journal.ts";

export const mirrorFolder = `${stateFolder}/journal`;
/** How many journals a metadata host keeps. */
const keptJournals = 200;

/** Writes the journal so far to each host; one that fails is left behind, the others have it. */
export async function mirrorJournal(
  hosts: Hosts,
  names: readonly string[],
  journal: Journal,
): Promise<void> {
  const content = Buffer.from(journal.text);
  await Promise.allSettled(
    names.map(async (name) => {
      const host = await hosts.host(name);
      await host.exec(pruneJournals(mirrorFolder, keptJournals));
      await host.exec(
        writeFileCommand({
          path: `${mirrorFolder}/${journal.runId}.jsonl`,
          content,
          mode: 0o600,
          owner: "root",
          group: "root",
        }),
      );
    }),
  );
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
