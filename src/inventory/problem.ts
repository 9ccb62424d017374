// One mistake in an inventory: where it stands and what is wrong. Every check gives a list of these.

/** Keys and indexes from the root of the document to a value. */
export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** Whether the key itself is wrong or what it holds; decides where the message points. */
  readonly at: "key" | "value";
  /** `<what is>, expected <what should be>`. */
  readonly message: string;
}

/** A problem of a value. */
export function problem(path: Path, message: string): Problem {
  return { path, at: "value", message };
}

/** A problem of a key. */
export function keyProblem(path: Path, message: string): Problem {
  return { path, at: "key", message };
}

/** Writes a path as users know it: `hosts.cm01.disks[0].path`; odd names are quoted. The root is "inventory". */
export function pathText(path: Path): string {
  if (path.length === 0) return "inventory";
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[A-Za-z0-9_-]+$/.test(part)) return `[${shown(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}

/** The value at a path of plain data; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Names a value in a message; long ones are cut. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null || value === undefined) return "empty";
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
