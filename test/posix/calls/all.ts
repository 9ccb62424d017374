// Every call that a case can ask of a process of the suite.

import { attributeCalls } from "./attributes.ts";
import { descriptorCalls } from "./descriptors.ts";
import { nameCalls } from "./names.ts";
import { processCalls } from "./processes.ts";

/** Name to function: the worker runs them, `Actor` is the same table seen from outside. */
export const calls = { ...descriptorCalls, ...nameCalls, ...attributeCalls, ...processCalls };

/** The table as a type. */
export type Calls = typeof calls;
