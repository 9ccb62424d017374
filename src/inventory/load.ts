// From a file to a checked inventory: every problem at once, each as `file:line:column path: message`.

import { readFile, stat } from "node:fs/promises";
import { MfsctlError } from "../errors.ts";
import { checkInventory, uncheckedLines, type LineChecks } from "./check.ts";
import { pathText } from "./problem.ts";
import { schemaProblems } from "./schema-problems.ts";
import { inventorySchema, type Inventory, type InventoryHost } from "./schema.ts";
import { inventorySizeMax, readYaml, type LocatedProblem, type YamlSource } from "./yaml-source.ts";

/** Reads and checks an inventory file. Throws `MfsctlError` "invalidInventory" whose details are all problems. */
export async function loadInventory(file: string, lineChecks?: LineChecks): Promise<Inventory> {
  return parseInventory(await readInventoryFile(file), file, lineChecks);
}

/**
 * Checks the text of an inventory; `fileName` is only named in messages.
 *
 * @example
 * const inventory = parseInventory(text, "inventory.yaml");
 * inventory.hosts["cm01"]?.disks;
 */
export function parseInventory(
  text: string,
  fileName: string,
  lineChecks: LineChecks = uncheckedLines,
): Inventory {
  const source = readYaml(text);
  const problems = problemsOf(source, lineChecks).map((found) => problemLine(fileName, found));
  if (problems.length > 0) throw invalid(fileName, [...new Set(problems)], source.readable);
  return resolve(source.data);
}

/** All problems in file order. */
function problemsOf(source: YamlSource, lineChecks: LineChecks): LocatedProblem[] {
  const found: LocatedProblem[] = [...source.problems];
  if (source.readable) {
    const judged = [...schemaProblems(source.data), ...checkInventory(source.data, lineChecks)];
    found.push(...judged.map((problem) => ({ ...problem, position: source.locate(problem) })));
  }
  return found.sort(
    (left, right) =>
      left.position.line - right.position.line || left.position.column - right.position.column,
  );
}

function problemLine(fileName: string, { position, path, message }: LocatedProblem): string {
  return `${fileName}:${position.line}:${position.column} ${pathText(path)}: ${message}`;
}

function invalid(fileName: string, details: readonly string[], readable: boolean): MfsctlError {
  const next = readable
    ? "correct the lines above"
    : "correct the YAML first, the rest is not checked yet";
  const count = details.length === 1 ? "1 problem" : `${details.length} problems`;
  return new MfsctlError(
    "invalidInventory",
    `Cannot use the inventory "${fileName}": it has ${count}, expected none`,
    { details, hint: `${next}; then run 'mfsctl validate ${fileName}'` },
  );
}

/** Fills in defaults and gives each host its name. */
function resolve(data: unknown): Inventory {
  const parsed = inventorySchema.parse(data);
  const hosts = Object.entries(parsed.hosts).map(([name, host]): [string, InventoryHost] => [
    name,
    { name, ...host },
  ]);
  return { ...parsed, hosts: Object.fromEntries(hosts) };
}

async function readInventoryFile(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > inventorySizeMax) {
      throw new MfsctlError(
        "invalidInventory",
        `Cannot read the inventory "${file}": it has ${size} bytes, expected at most ${inventorySizeMax}`,
        { hint: "check that this is the right file" },
      );
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof MfsctlError) throw error;
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): MfsctlError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EISDIR: "it is a folder",
    EACCES: "reading is not permitted",
    ERR_ENCODING_INVALID_ENCODED_DATA: "it is not UTF-8 text",
  };
  const hint =
    code === "ENOENT"
      ? `write one with 'mfsctl init ${file}', or name another with --inventory FILE`
      : "name another file with --inventory FILE";
  return new MfsctlError(
    "invalidInventory",
    `Cannot read the inventory "${file}": ${reasons[code] ?? code}, expected a YAML file`,
    { hint, cause: error },
  );
}
