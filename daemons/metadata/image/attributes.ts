// Sections XATR and PACL: extended attributes and POSIX ACLs. Spec: metadata-file.md 2.7, 2.8.
import type { ImageInput } from "./input.ts";
import type { ImageOutput } from "./output.ts";
import type { AclEntry, AclRecord, ImageRecords, XattrRecord } from "./records.ts";

const xattrHeadBytes = 9;
const valueBytesMax = 65536;
const aclHeadBytes = 17;
const aclEntryBytes = 6;
/** 3.0.117 writes the entries of an ACL in pieces of so many. */
const aclEntriesOfPiece = 100;
const access = 1;
const byDefault = 2;

export function readXattrs(input: ImageInput, records: ImageRecords): void {
  const empty = new Uint8Array(0);
  const record: XattrRecord = { inode: 0, name: empty, value: empty };
  for (;;) {
    const at = input.take(xattrHeadBytes);
    record.inode = input.view.getUint32(at);
    const nameBytes = input.view.getUint8(at + 4);
    const valueBytes = input.view.getUint32(at + 5);
    if (record.inode === 0) return;
    if (nameBytes === 0 || valueBytes > valueBytesMax) {
      const sizes = `name of ${nameBytes} and value of ${valueBytes} bytes of inode ${record.inode}`;
      input.refuse("record", `${sizes}, expected a name and a value of at most ${valueBytesMax}`);
      input.skip(nameBytes + valueBytes);
      continue;
    }
    const both = input.slice(nameBytes + valueBytes);
    record.name = both.subarray(0, nameBytes);
    record.value = both.subarray(nameBytes);
    records.xattr(record);
  }
}

export function writeXattr(output: ImageOutput, { inode, name, value }: XattrRecord): void {
  const at = output.reserve(xattrHeadBytes);
  output.view.setUint32(at, inode);
  output.view.setUint8(at + 4, name.length);
  output.view.setUint32(at + 5, value.length);
  output.piece(at);
  output.put(name);
  if (value.length > 0) output.put(value);
}

export function endXattrs(output: ImageOutput): void {
  output.putZeros(xattrHeadBytes);
}

export function readAcls(input: ImageInput, version: number, records: ImageRecords): void {
  for (;;) {
    const at = input.take(aclHeadBytes);
    const { view } = input;
    const inode = view.getUint32(at);
    if (inode === 0) return;
    const users = view.getUint16(at + 13);
    const groups = view.getUint16(at + 15);
    const head = {
      inode,
      type: view.getUint8(at + 4),
      owner: view.getUint16(at + 5),
      group: view.getUint16(at + 7),
      other: view.getUint16(at + 9),
      mask: view.getUint16(at + 11),
    };
    const fromMode = version < 0x11 && head.mask === 0;
    const entries = { users: readEntries(input, users), groups: readEntries(input, groups) };
    if (head.type === access || head.type === byDefault) {
      records.acl({ ...head, ...entries, fromMode });
    } else {
      input.refuse("record", `ACL of type ${head.type} of inode ${inode}, expected 1 or 2`);
    }
  }
}

function readEntries(input: ImageInput, count: number): AclEntry[] {
  return Array.from({ length: count }, () => ({ id: input.u32(), permissions: input.u16() }));
}

export function writeAcl(output: ImageOutput, record: AclRecord): void {
  const at = output.reserve(aclHeadBytes);
  const { view } = output;
  view.setUint32(at, record.inode);
  view.setUint8(at + 4, record.type);
  view.setUint16(at + 5, record.owner);
  view.setUint16(at + 7, record.group);
  view.setUint16(at + 9, record.other);
  view.setUint16(at + 11, record.mask);
  view.setUint16(at + 13, record.users.length);
  view.setUint16(at + 15, record.groups.length);
  output.piece(at);
  output.beginRun(aclEntriesOfPiece * aclEntryBytes);
  for (const { id, permissions } of [...record.users, ...record.groups]) {
    const entryAt = output.reserve(aclEntryBytes);
    view.setUint32(entryAt, id);
    view.setUint16(entryAt + 4, permissions);
    output.run(entryAt);
  }
}

export function endAcls(output: ImageOutput): void {
  output.putZeros(aclHeadBytes);
}
