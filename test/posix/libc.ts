// The C library, called directly through koffi: the one place of the suite that declares foreign functions.
// Users' hosts may have neither Python nor Perl, and Node's fs hides what the suite has to see.

import koffi from "koffi";

const library = koffi.load(null);
const errorNames = new Map(
  Object.entries(koffi.os.errno).map(([name, number]) => [number, name] as const),
);
// Two names of one number: the suite uses the first.
for (const name of ["EAGAIN", "EOPNOTSUPP", "EDEADLK"]) {
  errorNames.set(koffi.os.errno[name] ?? 0, name);
}

/** A system call that failed: the answer that most cases of the suite ask for. */
export class CallError extends Error {
  readonly call: string;
  readonly code: string;

  constructor(call: string, code: string) {
    super(`${call}: ${code}`);
    this.call = call;
    this.code = code;
  }
}

/** Declares one function of the C library; -1 becomes a CallError with the name of errno. */
export function native(definition: string): (...values: unknown[]) => number {
  const call = library.func(definition);
  const { name } = call.info;
  return (...values) => {
    const result = Number(call(...values));
    if (result === -1) {
      const number = koffi.errno();
      throw new CallError(name, errorNames.get(number) ?? `errno ${number}`);
    }
    return result;
  };
}

/** Bytes of a string, one character a byte: names and data of the suite may be any bytes. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The same with the NUL at the end that paths need. */
export function path(text: string): Buffer {
  return Buffer.from(`${text}\0`, "latin1");
}
