// Names that old logs have for operations of today, and operations of which today's are a wider form.
// Spec: changelog.md 8.
import type { Change, OperationName, ValuesOf } from "./changelog-entry.ts";
import { u32, u8 } from "./changelog-fields.ts";
import type { Fields, Operation } from "./changelog-operations.ts";

/** Other spellings of the same rows. */
export const olderNames: Readonly<Record<string, OperationName>> = {
  AQUIRE: "ACQUIRE",
  EMPTYRESERVED: "EMPTYSUSTAINED",
  CUSTOMER: "SESSION",
};

/** An operation of old logs and the change of today that says the same. */
export interface OlderOperation extends Operation {
  readonly today: (taken: unknown, given: unknown) => Change;
}

const server = { takes: { address: u32, port: u32 }, gives: {} };

/** Operations that today's log says with another row. */
export const olderOperations: Readonly<Record<string, OlderOperation>> = {
  CSADD: older(server, (given) => serverChange(0, given)),
  CSDEL: older(server, (given) => serverChange(1, given)),
  SETGOAL: older(
    {
      takes: { inode: u32, uid: u32, goal: u8, mode: u8 },
      gives: { changed: u32, unchanged: u32, denied: u32 },
    },
    ({ inode, uid, goal, mode }, result) => ({
      entry: { op: "SETSCLASS", inode, uid, sourceClass: goal, targetClass: goal, mode },
      result,
    }),
  ),
};

function older<T extends Fields, G extends Fields>(
  row: { readonly takes: T; readonly gives: G },
  today: (taken: ValuesOf<T>, given: ValuesOf<G>) => Change,
): OlderOperation {
  return { ...row, today: (taken, given) => today(taken as ValuesOf<T>, given as ValuesOf<G>) };
}

/** The real master takes ports above 65535 here. */
function serverChange(action: number, { address, port }: ValuesOf<typeof server.takes>): Change {
  return {
    entry: { op: "CSDBOP", action, address, port: port % 0x1_0000, argument: 0 },
    result: {},
  };
}
