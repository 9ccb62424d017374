// What cases say about results. A failure tells what was looked at, what was expected and what came.

import { inspect, isDeepStrictEqual } from "node:util";
import { CallError } from "./libc.ts";

/** A case found something else than it expects. */
export class Unexpected extends Error {}

function show(value: unknown): string {
  const text = inspect(value, {
    breakLength: Infinity,
    compact: true,
    maxStringLength: 60,
    maxArrayLength: 10,
  });
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Both are the same value, compared in depth. */
export function equal<Value>(actual: Value, expected: Value, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Unexpected(`${what}: expected ${show(expected)}, got ${show(actual)}`);
  }
}

/** The statement holds. */
export function holds(condition: boolean, what: string): void {
  if (!condition) {
    throw new Unexpected(`${what}: expected to be so, is not`);
  }
}

/** The call is refused with this error, or one of several where systems differ rightly. */
export async function refused(
  codes: string | readonly string[],
  call: Promise<unknown>,
  what: string,
): Promise<void> {
  const allowed = typeof codes === "string" ? [codes] : codes;
  let got = "success";
  try {
    await call;
  } catch (error) {
    if (!(error instanceof CallError)) {
      throw error;
    }
    got = error.code;
  }
  if (!allowed.includes(got)) {
    throw new Unexpected(`${what}: expected ${allowed.join(" or ")}, got ${got}`);
  }
}
