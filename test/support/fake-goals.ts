// The client side of a fake master that goals need: a session, names of folders, their goals. The rest of the wire is
// fake-master.ts. Spec: wire-client-master-1.md section 3, -2.md section 2.3, -3.md section 6.3.

import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";
import { attributesBytes } from "../../daemons/protocol/attributes.ts";
import { decodeText, encodeText } from "../../daemons/protocol/byte-text.ts";
import { FrameReader } from "../../daemons/protocol/frame.ts";
import { packetTable, type Body } from "../../daemons/protocol/packet.ts";
import {
  GetStorageClass,
  GetStorageClassAnswer,
  SetStorageClass,
  SetStorageClassAnswer,
} from "../../daemons/protocol/packets/client-classes.ts";
import { Register, RegisterAnswer } from "../../daemons/protocol/packets/client-register.ts";
import { Lookup, LookupAnswer } from "../../daemons/protocol/packets/client-tree.ts";
import { statusCode } from "../../daemons/protocol/status.ts";
import { spokenVersion } from "../../daemons/protocol/version.ts";

const table = packetTable([Register, Lookup, GetStorageClass, SetStorageClass]);

const session = {
  variant: "session",
  version: spokenVersion,
  sessionId: 9,
  metaId: 77n,
  flags: 8,
  umask: 0,
  rootUid: 0,
  rootGid: 0,
  mapAllUid: 999,
  mapAllGid: 999,
  goalMin: 1,
  goalMax: 9,
  trashSecondsMin: 0,
  trashSecondsMax: 0,
  disables: 0,
} as const;

/** Goals by folder, or names of storage classes. */
type Goals = Map<string, number | string>;

/** How many nodes a change of goals leaves out. */
interface LeftOut {
  readonly notPermitted: number;
  readonly quotaExceeded: number;
}

/** Answers a mount session's questions about the goals of folders; the folders are those of the map. */
export function goalStream(
  goals: Goals,
  leftOut: LeftOut = { notPermitted: 0, quotaExceeded: 0 },
): Duplex {
  const [clientSide, serverSide] = duplexPair();
  const folders = [...goals.keys()];
  const pathOf = (inode: number) => (inode === 1 ? "/" : (folders[inode - 2] ?? ""));
  const send = (blocks: readonly Uint8Array[]): void => {
    for (const block of blocks) serverSide.write(block);
  };
  const frames = new FrameReader((type) => table.get(type));
  serverSide.on("data", (piece: Uint8Array) => {
    frames.push(piece, ({ type, body }) => {
      if (type === Register.id) send(registered(Register.decode(body)));
      else if (type === Lookup.id) send(found(Lookup.decode(body), folders, pathOf));
      else if (type === GetStorageClass.id)
        send(goalOf(GetStorageClass.decode(body), goals, pathOf));
      else {
        const change = SetStorageClass.decode(body);
        if ("goal" in change.change) goals.set(pathOf(change.inode), change.change.goal);
        send(changed(change, leftOut));
      }
    });
  });
  serverSide.on("end", () => serverSide.end());
  return clientSide;
}

function registered(request: Body<typeof Register>): readonly Uint8Array[] {
  return RegisterAnswer.encode(
    request.variant === "closeSession" ? { variant: "status", status: 0 } : session,
  );
}

function found(
  { messageId, parent, name }: Body<typeof Lookup>,
  folders: readonly string[],
  pathOf: (inode: number) => string,
): readonly Uint8Array[] {
  const path = `${pathOf(parent).replace(/\/$/, "")}/${decodeText(name)}`;
  const index = folders.indexOf(path);
  if (index === -1) {
    return LookupAnswer.encode({ variant: "status", messageId, status: statusCode("ENOENT") });
  }
  const inode = index + 2;
  return LookupAnswer.encode({
    variant: "full",
    messageId,
    inode,
    attributes: new Uint8Array(attributesBytes),
    flags: 0,
    location: undefined,
  });
}

function goalOf(
  { messageId, inode }: Body<typeof GetStorageClass>,
  goals: Goals,
  pathOf: (inode: number) => string,
): readonly Uint8Array[] {
  const goal = goals.get(pathOf(inode)) ?? 1;
  const named = typeof goal === "string" ? { className: encodeText(goal) } : { goal };
  const directories = [{ class: named, count: 1 }];
  return GetStorageClassAnswer.encode({ variant: "full", messageId, files: [], directories });
}

function changed(
  { messageId }: Body<typeof SetStorageClass>,
  leftOut: LeftOut,
): readonly Uint8Array[] {
  return SetStorageClassAnswer.encode({
    variant: "full",
    messageId,
    changed: 1,
    unchanged: 0,
    ...leftOut,
  });
}
