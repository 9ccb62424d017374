// The file tree of a simulated machine: folders, files and links by absolute path, with owners, modes and times.
// Strict where a real disk is: no file without its folder, no link through a missing target.

import { Buffer } from "node:buffer";

/** What a program says when the kernel refuses: becomes exit code and stderr. */
export class FakeFailure extends Error {
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.name = "FakeFailure";
    this.code = code;
  }
}

/** One thing on the disk. */
export interface FileNode {
  readonly type: "file" | "folder" | "link" | "other";
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly mtimeMs: number;
  readonly content: Buffer;
  /** Where a link points. */
  readonly target: string;
}

type Attributes = Partial<Pick<FileNode, "mode" | "owner" | "group">>;

const linksMax = 40;

export class FileTree {
  readonly #nodes = new Map<string, FileNode>();
  readonly #now: () => number;
  /** Answers of `real` until a name comes or goes. */
  readonly #known = new Map<string, string | undefined>();
  /** Rises with every change. */
  changes = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#put("/", this.#node("folder", { mode: 0o755 }));
  }

  /** What stands at the path itself, links not followed. */
  lstat(path: string): FileNode | undefined {
    const place = this.#place(path);
    return place === undefined ? undefined : this.#nodes.get(place);
  }

  /** What the path leads to. */
  stat(path: string): FileNode | undefined {
    const real = this.real(path);
    return real === undefined ? undefined : this.#nodes.get(real);
  }

  /** The path without links; undefined when a part of it is missing or no folder. */
  real(path: string): string | undefined {
    if (this.#known.has(path)) return this.#known.get(path);
    const found = this.#follow(path);
    this.#known.set(path, found);
    return found;
  }

  #follow(path: string): string | undefined {
    let place = this.#place(path);
    for (let hops = 0; place !== undefined && hops < linksMax; hops++) {
      const node = this.#nodes.get(place);
      if (node === undefined) return undefined;
      if (node.type !== "link") return place;
      place = this.#place(absolute(node.target, parentOf(place)));
    }
    return undefined;
  }

  read(path: string): string | undefined {
    const node = this.stat(path);
    return node?.type === "file" ? node.content.toString("utf8") : undefined;
  }

  /** Names in a folder, sorted; undefined when it is none. */
  list(path: string): readonly string[] | undefined {
    const real = this.real(path);
    if (real === undefined || this.#nodes.get(real)?.type !== "folder") return undefined;
    const prefix = real === "/" ? "/" : `${real}/`;
    return [...this.#nodes.keys()]
      .filter(
        (key) => key.startsWith(prefix) && key !== "/" && !key.slice(prefix.length).includes("/"),
      )
      .map((key) => key.slice(prefix.length))
      .sort();
  }

  /** Every path with what stands there, for comparisons. */
  entries(): readonly (readonly [string, FileNode])[] {
    return [...this.#nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Creates or replaces a file; what stood there keeps its attributes unless others are given. */
  write(path: string, content: string | Uint8Array, attributes: Attributes = {}): void {
    const place = this.#needPlace(this.real(path) ?? path);
    const before = this.#nodes.get(place);
    if (before?.type === "folder") throw new FakeFailure(`${path}: Is a directory`);
    const kept =
      before === undefined ? {} : { mode: before.mode, owner: before.owner, group: before.group };
    this.#put(
      place,
      this.#node("file", { mode: 0o644, ...kept, ...attributes }, Buffer.from(content)),
    );
  }

  /** Creates a folder and its missing parents; an existing one gets the attributes. */
  makeFolder(path: string, attributes: Attributes = {}): void {
    const clean = path === "/" ? path : path.replace(/\/+$/, "");
    if (clean !== "/" && this.stat(parentOf(clean)) === undefined) this.makeFolder(parentOf(clean));
    const there = this.stat(clean);
    if (there !== undefined && there.type !== "folder")
      throw new FakeFailure(`${path}: File exists`);
    if (there === undefined) {
      this.#put(this.#needPlace(clean), this.#node("folder", { mode: 0o755, ...attributes }));
    } else if (Object.keys(attributes).length > 0) this.change(clean, attributes);
  }

  /** A thing that is neither file nor folder nor link, e.g. a device. */
  makeOther(path: string): void {
    this.#put(this.#needPlace(path), this.#node("other", { mode: 0o666 }));
  }

  symlink(target: string, path: string): void {
    const place = this.#needPlace(path);
    if (this.#nodes.has(place))
      throw new FakeFailure(`failed to create symbolic link '${path}': File exists`);
    this.#put(place, { ...this.#node("link", { mode: 0o777 }), target });
  }

  /** A second name for a file; never replaces. Both are copies here: nothing writes in place. */
  hardlink(source: string, path: string): void {
    const node = this.lstat(source);
    if (node === undefined) throw new FakeFailure(`${source}: No such file or directory`);
    const place = this.#needPlace(path);
    if (this.#nodes.has(place))
      throw new FakeFailure(`failed to create hard link '${path}': File exists`);
    this.#put(place, node);
  }

  /** Changes attributes; links are followed. The time stays. */
  change(path: string, attributes: Attributes): void {
    const real = this.real(path);
    const node = real === undefined ? undefined : this.#nodes.get(real);
    if (real === undefined || node === undefined) {
      throw new FakeFailure(`cannot access '${path}': No such file or directory`);
    }
    this.#put(real, { ...node, ...attributes });
  }

  /** Sets the time to now; creates an empty file where there is none. */
  touch(path: string): void {
    const node = this.stat(path);
    if (node === undefined) return this.write(path, "");
    this.#put(this.real(path) ?? path, { ...node, mtimeMs: this.#now() });
  }

  rename(source: string, target: string): void {
    const from = this.#needPlace(source);
    const node = this.#nodes.get(from);
    if (node === undefined)
      throw new FakeFailure(`cannot stat '${source}': No such file or directory`);
    const to = this.#needPlace(target);
    const inner = [...this.#nodes].filter(([key]) => key.startsWith(`${from}/`));
    this.remove(target);
    this.remove(source);
    this.#put(to, node);
    for (const [key, each] of inner) this.#put(`${to}${key.slice(from.length)}`, each);
  }

  /** Removes whatever stands at the path and below; nothing there is fine. */
  remove(path: string): void {
    const place = this.#place(path);
    if (place === undefined) return;
    for (const key of this.#nodes.keys()) {
      if (key === place || key.startsWith(`${place}/`)) this.#nodes.delete(key);
    }
    this.#known.clear();
    this.changes += 1;
  }

  #put(place: string, node: FileNode): void {
    if (this.#nodes.get(place)?.type !== node.type) this.#known.clear();
    this.#nodes.set(place, node);
    this.changes += 1;
  }

  #node(type: FileNode["type"], attributes: Attributes, content = Buffer.alloc(0)): FileNode {
    return {
      type,
      mode: 0o644,
      owner: "root",
      group: "root",
      ...attributes,
      mtimeMs: this.#now(),
      content,
      target: "",
    };
  }

  #needPlace(path: string): string {
    const place = this.#place(path);
    if (place === undefined) throw new FakeFailure(`${path}: No such file or directory`);
    return place;
  }

  /** The key of a path whose folder exists; its last part may be missing. */
  #place(path: string): string | undefined {
    const clean = absolute(path, "/");
    if (clean === "/") return "/";
    const parent = this.real(parentOf(clean));
    if (parent === undefined || this.#nodes.get(parent)?.type !== "folder") return undefined;
    return `${parent === "/" ? "" : parent}/${baseOf(clean)}`;
  }
}

/** The folder of a path. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** The last part of a path. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function absolute(path: string, from: string): string {
  if (path.startsWith("/") && !/\/(\.|\/|$)/.test(path)) return path;
  const parts: string[] = [];
  for (const part of `${path.startsWith("/") ? "" : `${from}/`}${path}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
