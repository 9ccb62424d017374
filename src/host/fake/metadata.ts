// Metadata files of a simulated master: their names and moves are the real ones (config-and-cli.md 11), their content
// is one line that names file system and version.

import { FakeFailure, type FileTree } from "./files.ts";

/** The image of a file system that was never stored (metadata-file.md 3.1). */
export const emptyImage = "MFSM NEW";

export interface FakeMetadata {
  readonly id: string;
  version: number;
}

/** The content of a stored image. */
export function imageText(metadata: FakeMetadata): string {
  return `MFSM 2.0 id=${metadata.id} version=${metadata.version}\n`;
}

/** What an image holds; undefined when it is none. */
export function parseImage(text: string): FakeMetadata | undefined {
  const match = /^MFSM 2\.0 id=([0-9a-f]{16}) version=(\d+)\n$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  return { id: match[1], version: Number(match[2]) };
}

/** What a master does at start without -a: reads metadata.mfs and renames it to metadata.mfs.back. */
export function loadImage(files: FileTree, data: string): FakeMetadata {
  const path = `${data}/metadata.mfs`;
  const text = files.read(path);
  if (text === undefined) throw new FakeFailure("can't find metadata.mfs - try using option '-a'");
  const metadata = text === emptyImage ? { id: "6b02cdb2efd79791", version: 1 } : parseImage(text);
  if (metadata === undefined)
    throw new FakeFailure("metadata.mfs has wrong header - try using option '-a'");
  files.rename(path, `${path}.back`);
  return metadata;
}

/** Stores the image: to metadata.mfs.back, and at a clean stop to metadata.mfs in the end. */
export function storeImage(
  files: FileTree,
  data: string,
  image: FakeMetadata & { readonly clean: boolean },
): void {
  const back = `${data}/metadata.mfs.back`;
  const owner = files.stat(data)?.owner ?? "root";
  if (files.lstat(back) !== undefined) files.rename(back, `${back}.1`);
  const path = image.clean ? `${data}/metadata.mfs` : back;
  files.write(path, imageText(image), { owner, group: owner, mode: 0o640 });
}
