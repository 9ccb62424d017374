// Section CSDB: known chunkservers. Spec: metadata-file.md 2.11.
import type { ImageInput } from "./input.ts";
import type { ImageOutput } from "./output.ts";
import type { ImageRecords, ServerRecord } from "./records.ts";

const recordBytes = 13;

export function readServers(input: ImageInput, version: number, records: ImageRecords): void {
  const count = input.u32();
  records.serverHeader(count);
  for (let left = count; left > 0; left--) {
    // The order of the fields is the order of the bytes.
    records.server({
      ip: input.u32(),
      port: input.u16(),
      id: version >= 0x11 ? input.u16() : 0,
      maintenance: version >= 0x12 ? input.u8() : 0,
      maintenanceUntil: version >= 0x13 ? input.u32() : 0,
    });
  }
}

export function writeServer(output: ImageOutput, record: ServerRecord): void {
  const at = output.reserve(recordBytes);
  const { view } = output;
  view.setUint32(at, record.ip);
  view.setUint16(at + 4, record.port);
  view.setUint16(at + 6, record.id);
  view.setUint8(at + 8, record.maintenance);
  view.setUint32(at + 9, record.maintenanceUntil);
  output.piece(at);
}
