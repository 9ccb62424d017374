// The flags that choose hosts and roles, the same in every command that has them.

import { Flags } from "@oclif/core";
import { MfsctlError } from "../errors.ts";
import type { Inventory, Role } from "../inventory/schema.ts";
import type { Selection } from "../phases/services/selection.ts";

export const roleNames = ["master", "metalogger", "chunkserver", "monitor", "client"] as const;

/** `-N`: hosts by name. */
export const nodeFlag = {
  node: Flags.string({
    char: "N",
    description: "Only hosts whose name fits; * and ? stand for any letters, !NAME leaves out",
    multipleNonGreedy: true,
    multiple: true,
    default: [],
    helpGroup: "TARGET",
  }),
};

/** `-R` and `-N`. */
export const targetFlags = {
  role: Flags.string({
    char: "R",
    description: "Only what has this role now; may be repeated",
    options: [...roleNames],
    multipleNonGreedy: true,
    multiple: true,
    default: [],
    helpGroup: "TARGET",
  }),
  ...nodeFlag,
};

/** The selection that the flags make; a pattern that fits no host is a mistake. */
export function selectionOf(
  inventory: Inventory,
  flags: { readonly role?: readonly string[]; readonly node: readonly string[] },
): Selection {
  const roles = flags.role ?? [];
  return {
    hosts: new Set(selectHosts(inventory, flags.node)),
    roles: roles.length === 0 ? undefined : new Set(roles as readonly Role[]),
  };
}

/** Names that fit one of the patterns and none of those with "!", in inventory order; no pattern fits all. */
export function selectHosts(inventory: Inventory, patterns: readonly string[]): readonly string[] {
  const names = Object.keys(inventory.hosts);
  const rules = patterns
    .flatMap((word) => word.split(","))
    .filter((word) => word !== "")
    .map((word) => ({ out: word.startsWith("!"), word, fits: globOf(word.replace(/^!/, "")) }));
  for (const { word, fits } of rules) {
    if (names.some((name) => fits.test(name))) continue;
    throw new MfsctlError(
      "usage",
      `Cannot choose hosts by "${word}": no host has such a name, expected one of ${names.join(", ")}`,
      { hint: "mfsctl validate shows what the inventory holds" },
    );
  }
  const wanted = rules.filter(({ out }) => !out);
  const left = rules.filter(({ out }) => out);
  const chosen = names.filter(
    (name) =>
      (wanted.length === 0 || wanted.some(({ fits }) => fits.test(name))) &&
      !left.some(({ fits }) => fits.test(name)),
  );
  if (chosen.length > 0) return chosen;
  throw new MfsctlError("usage", `Cannot choose hosts by "${patterns.join(" ")}": none is left`, {
    hint: "mfsctl validate shows what the inventory holds",
  });
}

function globOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}
