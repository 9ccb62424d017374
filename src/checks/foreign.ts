// Data that belongs to someone else: metadata ids of another file system, and files that no chunkserver made.
// Spec: config-and-cli.md 10.2 and 11.1, wire-chunkserver.md 5.1 and 5.2, metadata-file.md 1.

import type { World } from "../facts/world.ts";
import { quote } from "../host/quote.ts";
import type { HostFacts } from "../facts/host-facts.ts";
import type { Disk } from "../inventory/schema.ts";
import { metadataHosts, paths } from "../layout.ts";
import { fail, hostCheck, warn, type Subject, type Trouble } from "./finding.ts";
import { onHost } from "./hint.ts";
import { disksOf, folderOf, isUnmounted } from "./storage.ts";

/** Disks and data paths hold this cluster's data, or none. */
export const foreign = hostCheck({
  name: "foreign",
  title:
    "Disks and data folders hold this cluster's data or none: no metadata id of another file system, and on disks nothing but chunks",
  troubles: (subject) => {
    const known = clusterId(subject.world);
    const disks = disksOf(subject).filter((disk) => !isUnmounted(subject, disk));
    return [
      ...dataPath(subject, known),
      ...disks.flatMap((disk) => [
        ...diskId(subject, disk, known),
        ...strangers(subject, disk),
        ...linkInTheWay(subject, disk),
      ]),
    ];
  },
});

/** `id`: the cluster's own; `none`: it certainly has no data yet; `unknown`: nobody who knows could be asked. */
type Known = { readonly kind: "id"; readonly id: string } | { readonly kind: "none" | "unknown" };

const metadataNames = ["metadata.mfs", "metadata.mfs.back", "metadata_ml.mfs.back"];

/** The metadata id in the files of the present master, else in those of the other metadata hosts. */
export function clusterId(world: World): Known {
  const { data } = paths(world.inventory);
  const holders = metadataHosts(world.inventory);
  const first = [world.mastership.host, ...holders];
  for (const host of first) {
    for (const name of metadataNames) {
      const id = imageId(world.facts.get(host)?.heads.get(`${data}/${name}`));
      if (id !== undefined) return { kind: "id", id };
    }
  }
  // A master that serves has an id, even before it first stores it.
  const certain = world.cluster === undefined && holders.every((host) => world.facts.has(host));
  return { kind: certain ? "none" : "unknown" };
}

/** Bytes 16 to 24 of an image, in hex; undefined for an empty or foreign file and for id 0. */
function imageId(head: string | undefined): string | undefined {
  if (head?.length !== 48 || !head.startsWith("4d46534d")) return undefined;
  return nonZero(head.slice(32));
}

function nonZero(id: string): string | undefined {
  return /^[0-9a-f]{16}$/.test(id) && !/^0+$/.test(id) ? id : undefined;
}

function dataPath(subject: Subject, known: Known): readonly Trouble[] {
  const { name, facts, world } = subject;
  const { data } = paths(world.inventory);
  const isHolder = metadataHosts(world.inventory).includes(name);
  const images = isHolder
    ? metadataNames.map((file) => ({ file, id: imageId(facts.heads.get(`${data}/${file}`)) }))
    : [];
  // Bytes 2 to 10: the metadata id behind the server's own number.
  const server = nonZero((facts.heads.get(`${data}/chunkserverid.mfs`) ?? "").slice(4));
  const found = [...images, { file: "chunkserverid.mfs", id: server }];
  return found.flatMap(({ file, id }) => {
    if (id === undefined || !isForeign(id, known)) return [];
    return [
      fail(
        `Cannot use "${data}" of "${name}": "${file}" belongs to file system ${id}, expected ${expected(known)}`,
        `${onHost(world, name, `ls -l ${quote(data)}`)} shows it; move it away, or choose another prefix in the inventory`,
      ),
    ];
  });
}

function isForeign(id: string, known: Known): boolean {
  switch (known.kind) {
    case "id":
      return id !== known.id;
    case "none":
      return true;
    case "unknown":
      return false;
    default:
      return known satisfies never;
  }
}

function expected(known: Known): string {
  return known.kind === "id" ? `${known.id}, this cluster's` : "none, for this cluster has no data";
}

function diskId(subject: Subject, disk: Disk, known: Known): readonly Trouble[] {
  const { name, facts, world } = subject;
  const id = metaId(facts, disk);
  if (id === undefined) return oldChunks(subject, disk);
  const others = disksOf(subject)
    .filter((other) => other.path !== disk.path && metaId(facts, other) !== undefined)
    .filter((other) => metaId(facts, other) !== id);
  const clash = known.kind === "unknown" ? others[0] : undefined;
  if (!isForeign(id, known) && clash === undefined) return [];
  const wanted =
    clash === undefined ? expected(known) : `the same as "${clash.path}", ${metaId(facts, clash)}`;
  return [
    fail(
      `Cannot use the disk "${disk.path}" of "${name}": it belongs to file system ${id}, expected ${wanted}`,
      elsewhere(world, name, disk),
    ),
  ];
}

function metaId(facts: HostFacts, disk: Disk): string | undefined {
  return nonZero(facts.heads.get(`${folderOf(disk)}/.metaid`) ?? "");
}

/** A master deletes chunks that it does not know, so chunk folders without an id are worth a look before the start. */
function oldChunks({ name, facts, world }: Subject, disk: Disk): readonly Trouble[] {
  const entries = entriesOf(facts, disk);
  const running = facts.units.get("mfs-chunkserver.service")?.active === "active";
  if (running || !entries.some((entry) => chunkFolder.test(entry))) return [];
  return [
    warn(
      `The disk "${disk.path}" of "${name}" has folders for chunks and no ".metaid", expected an empty folder: a master deletes chunks that it does not know`,
      `${onHost(world, name, `find ${quote(folderOf(disk))} -name 'chunk_*' | head`)} shows whether it holds any`,
    ),
  ];
}

const chunkFolder = /^[0-9A-F]{2}$/;
/** What a chunkserver makes at the top of a disk, one-digit folders of the ancient layout and fsck's own folder. */
const ownEntry =
  /^([0-9A-F]{1,2}|\.lock|\.metaid|\.chunkdb|\.tmp_chunkdb|reptmp_chunk_[0-9A-F]{16}|lost\+found)$/;

function entriesOf(facts: HostFacts, disk: Disk): readonly string[] {
  return facts.paths.get(folderOf(disk))?.entries ?? [];
}

function strangers({ name, facts, world }: Subject, disk: Disk): readonly Trouble[] {
  const folder = folderOf(disk);
  const fact = facts.paths.get(folder);
  if (fact?.type === "file" || fact?.type === "other") {
    return [
      fail(
        `Cannot use the disk "${folder}" of "${name}": it is a file, expected a folder`,
        elsewhere(world, name, disk),
      ),
    ];
  }
  const found = entriesOf(facts, disk).filter((entry) => !ownEntry.test(entry));
  if (found.length === 0) return [];
  const shown = found.slice(0, 3).map((entry) => `"${entry}"`);
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : "";
  return [
    fail(
      `Cannot use the disk "${folder}" of "${name}": it holds ${shown.join(", ")}${more}, expected nothing but chunks`,
      elsewhere(world, name, disk),
    ),
  ];
}

function elsewhere(world: World, host: string, disk: Disk): string {
  const folder = folderOf(disk);
  const look = onHost(world, host, `ls -la ${quote(folder)}`);
  return `${look} shows it; give the disk a folder of its own in the inventory, e.g. "${folder}/${world.inventory.cluster}"`;
}

function linkInTheWay({ name, facts, world }: Subject, disk: Disk): readonly Trouble[] {
  const fact = facts.paths.get(disk.path);
  if (disk.link_to === undefined || fact === undefined) return [];
  if (fact.type === "link" && fact.target === disk.link_to) return [];
  const is = fact.type === "link" ? `a link to "${fact.target ?? ""}"` : `a ${fact.type}`;
  return [
    fail(
      `Cannot link "${disk.path}" of "${name}" to "${disk.link_to}": it is ${is}, expected that link or nothing`,
      onHost(world, name, `mv -T ${quote(disk.path)} ${quote(`${disk.path}.before-mfsctl`)}`),
    ),
  ];
}
