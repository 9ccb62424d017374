// The start without `-a`: from the image of an orderly stop, and from nothing else. Stricter than the real
// master: an image that others in the folder, or its own logs, have outrun is not used.
// Spec: metadata-file.md 4.3, config-and-cli.md 11.2.

import { statSync } from "node:fs";
import path from "node:path";
import { errorText, isMissing } from "./folder.ts";
import { loadImage } from "./load-image.ts";
import type { LoadedImage } from "./load-image.ts";
import { StartRefused } from "./start.ts";
import type { OpenOptions } from "./start.ts";
import {
  adviceForEmpty,
  describeImage,
  findImages,
  findLogs,
  idOf,
  versionOf,
} from "./metadata-folder.ts";
import type { FoundImage } from "./metadata-folder.ts";
import { imageNames } from "./save-image.ts";

const advice = "try using option '-a'";

/** Loads `metadata.mfs`. */
export async function startFromStopped(options: OpenOptions): Promise<LoadedImage> {
  const { dataPath, log } = options;
  const images = await findImages(dataPath);
  const image = images.find(({ name }) => name === imageNames.stopped);
  const version = usableVersion(image, images, dataPath);
  checkOthers(options, image as FoundImage, images);
  checkLogs(options, version);
  try {
    return loadImage(path.join(dataPath, imageNames.stopped), options);
  } catch (error) {
    log.error(errorText(error));
    throw new StartRefused("broken", `error loading ${imageNames.stopped} - ${advice}`, {
      cause: error,
      found: [errorText(error), ...candidates(images)],
    });
  }
}

/** The version of a whole image; refuses any other. */
function usableVersion(
  image: FoundImage | undefined,
  images: readonly FoundImage[],
  dataPath: string,
): bigint {
  const found = [...candidates(images), ...adviceForEmpty(dataPath, images)];
  const { stopped } = imageNames;
  if (image === undefined) {
    throw new StartRefused("missing", `can't find ${stopped} - ${advice}`, { found });
  }
  const version = versionOf(image);
  if (version !== null) return version;
  const { header } = image;
  const why = header.kind === "broken" || header.kind === "newer" ? header.why : "";
  if (header.kind === "newer") {
    throw new StartRefused("newer", `${stopped} is not readable for this version: ${why}`, {
      found,
    });
  }
  const text = whatIsWrong(why, path.join(dataPath, stopped));
  throw new StartRefused("broken", `${text} - ${advice}`, { found });
}

function whatIsWrong(why: string, file: string): string {
  const name = imageNames.stopped;
  if (why === "wrong header" || why === "wrong ending") return `${name} has ${why}`;
  try {
    statSync(file);
    return `${name} is broken (${why})`;
  } catch (error) {
    return isMissing(error) ? `can't find ${name}` : `error reading ${name}`;
  }
}

/** Another image that is newer makes this one stale, or one of the two is foreign. */
function checkOthers(options: OpenOptions, image: FoundImage, images: readonly FoundImage[]): void {
  const id = idOf(image);
  const own = versionOf(image) ?? 0n;
  for (const other of images) {
    const version = versionOf(other);
    if (version === null) continue;
    const isNewer = version > own;
    const isForeign = id !== 0n && idOf(other) !== 0n && idOf(other) !== id;
    // What a metalogger left here of another file system is no concern of this one; our own backups are: the
    // start would overwrite them.
    if (isForeign && !other.name.startsWith(imageNames.last)) {
      if (isNewer) {
        options.log.warning(`${describeImage(other)} is of another file system - ignoring`);
      }
      continue;
    }
    if (!isNewer && !isForeign) continue;
    const what = whatIsOdd(image, other, isNewer);
    if (options.switches.ignoreErrors) {
      options.log.warning(`${what} - ignoring`);
      continue;
    }
    throw new StartRefused(
      isForeign ? "foreign" : "stale",
      `${what} - please check it manually - ${advice}`,
      { found: images.map(describeImage) },
    );
  }
}

function whatIsOdd(image: FoundImage, other: FoundImage, isNewer: boolean): string {
  if (!isNewer) return `${other.name} is of another file system than ${image.name}`;
  if (other.name === imageNames.last) return "backup file is newer than current file";
  return `${other.name} is newer than ${image.name}`;
}

/** Changes that lie behind the image were made on it and would be lost. */
function checkLogs({ dataPath, switches, log }: OpenOptions, version: bigint): void {
  const ahead = findLogs(dataPath).filter(({ last }) => last !== null && last >= version);
  const last = ahead.reduce(
    (most, found) => ((found.last ?? 0n) > most ? (found.last ?? 0n) : most),
    0n,
  );
  if (ahead.length === 0) return;
  const names = ahead.map(({ name }) => name).join(", ");
  const what = `change logs (${names}) lead to ${last}, metadata.mfs only to ${version - 1n}`;
  if (!switches.ignoreErrors) {
    throw new StartRefused("stale", `${what} - ${advice}, or move them away`);
  }
  log.warning(`${what} - ignoring`);
}

/** What could be used instead. */
function candidates(images: readonly FoundImage[]): readonly string[] {
  return images.filter(({ name }) => name !== imageNames.stopped).map(describeImage);
}
