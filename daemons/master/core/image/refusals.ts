// How a loader refuses what an image says. Spec: metadata-file.md 2.4, 4.2.

/** Throws, or with the switch `-i` reports and returns, whereupon the record is left out or mended. */
export interface Refusals {
  refuse(what: string): void;
  /** Throws, whatever the switches say. */
  fail(what: string): never;
  /** What was mended without being an error. */
  report(what: string): void;
}
