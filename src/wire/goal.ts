// Goals over the wire: a short visit as an ordinary mount session, so that no mount is needed on any host.
// The visit uses its connection up: the master hangs up when the session is closed.
// Spec: wire-client-master-1.md section 3, -2.md section 2.3, -3.md section 6.3.

import { decodeText, encodeText } from "../../daemons/protocol/byte-text.ts";
import {
  GetStorageClass,
  GetStorageClassAnswer,
  SetStorageClass,
  SetStorageClassAnswer,
} from "../../daemons/protocol/packets/client-classes.ts";
import type { NamedClass } from "../../daemons/protocol/packets/client-classes.ts";
import { Register, RegisterAnswer } from "../../daemons/protocol/packets/client-register.ts";
import { Lookup, LookupAnswer } from "../../daemons/protocol/packets/client-tree.ts";
import { statusOf } from "../../daemons/protocol/status.ts";
import { spokenVersion } from "../../daemons/protocol/version.ts";
import { MfsctlError } from "../errors.ts";
import type { WireClient } from "./client.ts";

const rootInode = 1;
const recursiveBit = 4;
/** The master walks the whole tree before it answers. */
const treeTimeoutMs = 600_000;
const closeTimeoutMs = 1_000;

/** A storage class as users name it: a goal 1 to 9, or a class's own name. */
export type ClassName = { readonly goal: number } | { readonly className: string };

/** How many nodes have which goal (or named storage class). */
export interface GoalUse {
  readonly files: readonly { readonly class: ClassName; readonly count: number }[];
  readonly directories: readonly { readonly class: ClassName; readonly count: number }[];
}

/** What a change did, in nodes. */
export interface GoalChange {
  readonly changed: number;
  readonly unchanged: number;
  readonly notPermitted: number;
  readonly quotaExceeded: number;
}

/** Goals of a node or tree. `path` starts at the root of the file system; the client is closed after. */
export async function getGoal(
  client: WireClient,
  path: string,
  recursive: boolean,
): Promise<GoalUse> {
  return await visit(client, async (session) => session.get(path, recursive));
}

/** Sets a goal on a node or tree. `path` starts at the root of the file system; the client is closed after. */
export async function setGoal(
  client: WireClient,
  path: string,
  goal: number,
  recursive: boolean,
): Promise<GoalChange> {
  return await visit(client, async (session) => session.set(path, goal, recursive));
}

async function visit<T>(client: WireClient, run: (session: GoalSession) => Promise<T>): Promise<T> {
  const session = await openGoalSession(client);
  try {
    return await run(session);
  } finally {
    await session.close();
  }
}

/** Registers as a mount session named `mfsctl`, for several goals over one connection. */
export async function openGoalSession(client: WireClient): Promise<GoalSession> {
  const answer = await client.request(
    Register,
    {
      variant: "newSession",
      version: spokenVersion,
      info: encodeText("mfsctl\0"),
      path: encodeText("/\0"),
      rejoin: { variant: "none" },
    },
    RegisterAnswer,
  );
  if (answer.variant === "session") {
    return new GoalSession(client, { sessionId: answer.sessionId, metaId: answer.metaId });
  }
  client.close();
  const found = answer.variant === "status" ? statusOf(answer.status).text : answer.variant;
  const message = `Cannot open a session on "${client.name}": the master answered "${found}", expected a new session`;
  const hint = "Let the exports admit this host to `/` without a password";
  throw new MfsctlError("refused", message, { host: client.name, hint });
}

/** A registered session. Call `close()`, else the master keeps it for a day. */
export class GoalSession {
  readonly #client: WireClient;
  readonly #identity: { readonly sessionId: number; readonly metaId: bigint };
  #messageId = 0;

  constructor(client: WireClient, identity: { sessionId: number; metaId: bigint }) {
    this.#client = client;
    this.#identity = identity;
  }

  /** Goals of a node or tree. */
  async get(path: string, recursive: boolean): Promise<GoalUse> {
    const what = `Cannot read the goal of "${path}" on "${this.#client.name}"`;
    const inode = await this.#find(path, what);
    const messageId = this.#nextId();
    const answer = await this.#client.request(
      GetStorageClass,
      { messageId, inode, recursive: recursive ? 1 : 0 },
      GetStorageClassAnswer,
      { timeoutMs: treeTimeoutMs },
    );
    const { files, directories } = this.#full(answer, { messageId, what });
    return { files: files.map(namedUse), directories: directories.map(namedUse) };
  }

  /** Sets a goal on a node or tree. */
  async set(path: string, goal: number, recursive: boolean): Promise<GoalChange> {
    const what = `Cannot set the goal of "${path}" on "${this.#client.name}"`;
    const inode = await this.#find(path, what);
    const messageId = this.#nextId();
    const answer = await this.#client.request(
      SetStorageClass,
      { messageId, inode, uid: 0, change: { goal, mode: recursive ? recursiveBit : 0 } },
      SetStorageClassAnswer,
      { timeoutMs: treeTimeoutMs },
    );
    const { changed, unchanged, notPermitted, quotaExceeded } = this.#full(answer, {
      messageId,
      what,
    });
    return { changed, unchanged, notPermitted, quotaExceeded: quotaExceeded ?? 0 };
  }

  /** Ends the session in the master and the connection with it. */
  async close(): Promise<void> {
    try {
      await this.#client.request(
        Register,
        { variant: "closeSession", ...this.#identity },
        RegisterAnswer,
        { timeoutMs: closeTimeoutMs },
      );
    } catch (error) {
      // As a mount does: the work is done, a session that stays behind expires by itself.
      if (!(error instanceof MfsctlError)) throw error;
    } finally {
      this.#client.close();
    }
  }

  async #find(path: string, what: string): Promise<number> {
    let parent = rootInode;
    for (const part of path.split("/").filter((each) => each !== "")) {
      const messageId = this.#nextId();
      const name = encodeText(part);
      const caller = { uid: 0, gid: 0, groups: [] };
      const answer = await this.#client.request(
        Lookup,
        { messageId, parent, name, caller },
        LookupAnswer,
      );
      parent = this.#full(answer, { messageId, what }).inode;
    }
    return parent;
  }

  #nextId(): number {
    this.#messageId = (this.#messageId % 65_535) + 1;
    return this.#messageId;
  }

  #full<A extends { readonly messageId: number }>(
    answer: { readonly variant: "status"; readonly messageId: number; readonly status: number } | A,
    request: { messageId: number; what: string },
  ): Exclude<A, { readonly variant: "status" }> {
    const host = this.#client.name;
    if (answer.messageId !== request.messageId) {
      const found = `an answer to request ${answer.messageId}, expected ${request.messageId}`;
      throw new MfsctlError("unreachable", `${request.what}: ${found}`, { host });
    }
    if (!("status" in answer)) return answer as Exclude<A, { readonly variant: "status" }>;
    const { text } = statusOf(answer.status);
    throw new MfsctlError(
      "refused",
      `${request.what}: the master answered "${text}", expected "OK"`,
      {
        host,
        hint: "Check that the path exists and that the exports give this host `rw` and `maproot=0`",
      },
    );
  }
}

function namedUse(use: { readonly class: NamedClass; readonly count: number }): {
  readonly class: ClassName;
  readonly count: number;
} {
  const named = use.class;
  if ("goal" in named) return { class: named, count: use.count };
  return { class: { className: decodeText(named.className) }, count: use.count };
}
