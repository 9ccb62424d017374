// The workloads: what one process does to its own folder, operation by operation. A chain: each finds
// what those before have left. Synchronous calls only: a worker waits for each answer.

import * as fs from "node:fs";

/** Where one process works, and how often. */
export interface Task {
  /** A folder that nobody else uses; the first workload makes it. */
  readonly folder: string;
  readonly count: number;
}

interface Workload {
  readonly name: string;
  /** What one operation is. */
  readonly operation: string;
  /** Operations of one process in a full run: about a second of the stock master. */
  readonly count: number;
  /** Not measured, right before. */
  readonly prepare?: (task: Task) => void;
  /** One operation: the number says which of `count`. */
  readonly run: (folder: string, index: number) => void;
}

const content = Buffer.alloc(4096, "moose");
const readInto = Buffer.alloc(4096);
/** Past the page cache of the kernel: the chunk has to be located and read. */
const readFlags = fs.constants.O_RDONLY | fs.constants.O_DIRECT;
const listedFiles = 200;
const fileCount = 3000;
const dataCount = 500;
const listCount = 20;

/** In the order in which they run. */
export const workloads = [
  {
    name: "create",
    operation: "open(O_CREAT|O_EXCL) and close of a new, empty file",
    count: fileCount,
    prepare: ({ folder }) => fs.mkdirSync(folder),
    run: (folder, index) => fs.closeSync(fs.openSync(`${folder}/file-${index}`, "wx")),
  },
  {
    name: "stat",
    operation: "stat of a file",
    count: fileCount,
    run: (folder, index) => void fs.lstatSync(`${folder}/file-${index}`),
  },
  {
    name: "rename",
    operation: "rename within a directory",
    count: fileCount,
    run: (folder, index) => fs.renameSync(`${folder}/file-${index}`, `${folder}/new-${index}`),
  },
  {
    name: "unlink",
    operation: "unlink of a file",
    count: fileCount,
    run: (folder, index) => fs.unlinkSync(`${folder}/new-${index}`),
  },
  {
    name: "mkdir",
    operation: "mkdir",
    count: fileCount,
    run: (folder, index) => fs.mkdirSync(`${folder}/folder-${index}`),
  },
  {
    name: "rmdir",
    operation: "rmdir of an empty directory",
    count: fileCount,
    run: (folder, index) => fs.rmdirSync(`${folder}/folder-${index}`),
  },
  {
    name: "write 4 KiB",
    operation: "open of a new file, write of 4 KiB and close, which waits for the copies",
    count: dataCount,
    run: writeFile,
  },
  {
    name: "read 4 KiB",
    operation: "open, read of 4 KiB past the page cache and close",
    count: dataCount,
    run: readFile,
  },
  {
    name: "ls -l",
    operation: `readdir of a directory not listed before, and stat of its ${listedFiles} files`,
    count: listCount,
    prepare: makeListed,
    run: list,
  },
] as const satisfies readonly Workload[];

export type WorkloadName = (typeof workloads)[number]["name"];

/** The workload of this name. */
export function workloadOf(name: string): Workload {
  const found = workloads.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = workloads.map((one) => one.name).join(", ");
  throw new Error(`Cannot run workload "${name}": expected one of ${known}`);
}

function writeFile(folder: string, index: number): void {
  const file = fs.openSync(`${folder}/data-${index}`, "wx");
  fs.writeSync(file, content);
  fs.closeSync(file);
}

function readFile(folder: string, index: number): void {
  const file = fs.openSync(`${folder}/data-${index}`, readFlags);
  const size = fs.readSync(file, readInto);
  fs.closeSync(file);
  if (size === content.length) return;
  throw new Error(`Cannot read data-${index}: got ${size} bytes, expected ${content.length}`);
}

function makeListed({ folder, count }: Task): void {
  for (let index = 0; index < count; index++) {
    fs.mkdirSync(`${folder}/list-${index}`);
    for (let file = 0; file < listedFiles; file++) {
      fs.closeSync(fs.openSync(`${folder}/list-${index}/file-${file}`, "wx"));
    }
  }
}

function list(folder: string, index: number): void {
  const listed = `${folder}/list-${index}`;
  const names = fs.readdirSync(listed);
  for (const name of names) fs.lstatSync(`${listed}/${name}`);
  if (names.length === listedFiles) return;
  throw new Error(`Cannot list ${listed}: got ${names.length} names, expected ${listedFiles}`);
}
