// The annotated inventory that `mfsctl init` writes: the very file inventory.example.yaml, so there is one text to keep.

import { copyFile, constants } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { MfsctlError } from "../errors.ts";

/** Where the example stands in this installation. */
export const exampleFile = fileURLToPath(new URL("../../inventory.example.yaml", import.meta.url));

/** Writes the example to a file that does not exist yet; an existing file is never touched. */
export async function writeExample(file: string): Promise<void> {
  try {
    await copyFile(exampleFile, file, constants.COPYFILE_EXCL);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code === "EEXIST") {
      throw new MfsctlError(
        "refused",
        `Cannot write the inventory "${file}": the file exists, expected a new one`,
        { hint: "name another file, or move this one away first", cause: error },
      );
    }
    const reason = code === "ENOENT" ? "its folder does not exist" : code;
    throw new MfsctlError(
      "usage",
      `Cannot write the inventory "${file}": ${reason}, expected a folder that can be written`,
      { hint: "name a file in a folder that exists and can be written", cause: error },
    );
  }
}
