// What a check is and what it finds. Checks are pure: they judge a world that was gathered and touch no host.

import { factsOf, type World } from "../facts/world.ts";
import type { HostFacts } from "../facts/host-facts.ts";

export type Level = "ok" | "warn" | "fail";

/** What one check says of one host. `hint` is what to type or do next; empty where all is well. */
export interface Finding {
  readonly check: string;
  readonly host: string;
  readonly level: Level;
  readonly message: string;
  readonly hint: string;
}

/** One row of the table. */
export interface Check {
  /** What `--ignore-check` takes. */
  readonly name: string;
  /** What must be true, and when it is a warning or a failure: the documentation's line. */
  readonly title: string;
  /** At least one finding for each host that the check concerns. */
  readonly judge: (world: World) => readonly Finding[];
}

/** Something wrong on the host in hand. */
export interface Trouble {
  readonly level: "warn" | "fail";
  readonly message: string;
  readonly hint: string;
}

/** A host with everything a check may look at. */
export interface Subject {
  readonly name: string;
  readonly facts: HostFacts;
  readonly world: World;
}

/** A check that judges each host by itself; `concerns` leaves out hosts to which it means nothing. */
export function hostCheck(row: {
  readonly name: string;
  readonly title: string;
  readonly concerns?: (world: World, host: string) => boolean;
  readonly troubles: (subject: Subject) => readonly Trouble[];
}): Check {
  const { name, title, concerns = () => true, troubles } = row;
  return {
    name,
    title,
    judge: (world) =>
      [...world.facts.keys()]
        .filter((host) => concerns(world, host))
        .flatMap((host) =>
          findings(name, host, troubles({ name: host, facts: factsOf(world, host), world })),
        ),
  };
}

/** The findings of one check on one host; no trouble is one "ok". */
export function findings(
  check: string,
  host: string,
  troubles: readonly Trouble[],
): readonly Finding[] {
  if (troubles.length === 0) return [{ check, host, level: "ok", message: "", hint: "" }];
  return troubles.map((trouble) => ({ check, host, ...trouble }));
}

/** Something that must be mended before deploy. */
export function fail(message: string, hint: string): Trouble {
  return { level: "fail", message, hint };
}

/** Something to know that stops nothing. */
export function warn(message: string, hint: string): Trouble {
  return { level: "warn", message, hint };
}
