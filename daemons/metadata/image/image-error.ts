// The one error for a metadata image that cannot be read: what is wrong, in which section, at which byte.
// Spec: metadata-file.md 2, 4.2. The codes are a closed list, so that callers decide by code and never by text.

/** Ways in which a file fails to be an image. */
export type ImageErrorCode =
  "signature" | "truncated" | "ending" | "section" | "version" | "length" | "tooLarge" | "record";

/** A file that cannot be read as an image. */
export class ImageError extends Error {
  readonly code: ImageErrorCode;
  /** Name of the section, or `file` outside of any. */
  readonly section: string;
  /** Offset in the file. */
  readonly offset: number;

  constructor(place: { code: ImageErrorCode; section: string; offset: number }, what: string) {
    super(`Cannot read metadata section "${place.section}" at byte ${place.offset}: ${what}`);
    this.name = "ImageError";
    this.code = place.code;
    this.section = place.section;
    this.offset = place.offset;
  }
}
