// What the metadata folders of hosts hold: heads and tails of images and change logs, in one round trip a host.
// Heavier than other facts, so only failover asks. Spec: metadata-file.md 4.1, changelog.md 5, metalogger.md 3.3.

import { lastCompleteVersion, type Run } from "../../daemons/metadata/changelog.ts";
import type { ListedFile } from "../../daemons/metadata/candidates.ts";
import { MfsctlError } from "../errors.ts";
import type { CallOptions, Hosts } from "../host/host.ts";
import type { Inventory } from "../inventory/schema.ts";
import { paths } from "../layout.ts";
import { bootTime, listMetadata } from "../shell/metadata.ts";

/** The metadata of one host. */
export interface MetadataFacts {
  /** Images and change logs of DATA_PATH. */
  readonly files: readonly ListedFile[];
  /** Unix seconds of the last boot; undefined when the host could not tell. */
  readonly bootedAt: number | undefined;
}

/** Asks hosts for their metadata; one that cannot be asked is absent. */
export async function gatherMetadata(
  hosts: Hosts,
  inventory: Inventory,
  names: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, MetadataFacts>> {
  const { data } = paths(inventory);
  const found = new Map<string, MetadataFacts>();
  await Promise.all(
    names.map(async (name) => {
      try {
        const host = await hosts.host(name, options);
        const [list, boot] = await host.batch([listMetadata(data), bootTime()], options);
        if (list?.code !== 0) return;
        const seconds = boot?.stdout.toString("latin1").trim() ?? "";
        found.set(name, {
          files: parseMetadata(list.stdout.toString("latin1")),
          bootedAt: /^\d+$/.test(seconds) ? Number(seconds) : undefined,
        });
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof MfsctlError)) throw error; // a host that was lost is absent
      }
    }),
  );
  return found;
}

/** Parses the answer of `listMetadata`. */
export function parseMetadata(text: string): readonly ListedFile[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): ListedFile => {
      const [name = "", size, mtime, head = "", tail = "", runs = ""] = line.split("\t");
      const file = {
        name,
        sizeBytes: Number(size),
        mtimeMs: Number(mtime) * 1000,
        head: Buffer.from(head, "base64"),
        tail: Buffer.from(tail, "base64"),
      };
      return runs === "" ? file : { ...file, runs: completeRuns(file, runs) };
    });
}

/** The runs without a torn last line, which the script could not tell from a whole one. */
function completeRuns(file: ListedFile, text: string): readonly Run[] {
  const { name, tail, sizeBytes } = file;
  const end = lastCompleteVersion(tail, tail.length === sizeBytes);
  if (end === null) return [];
  return text.split(" ").flatMap((word): readonly Run[] => {
    const [first, last] = word.split("-").map(BigInt);
    if (first === undefined || last === undefined || first > end.version) return [];
    return [{ name, first, last: last > end.version ? end.version : last }];
  });
}
