// The one error for a peer that breaks the protocol: its connection closes, the process lives.
// The codes are a closed list, so that callers decide by code and never by text.

/** Ways in which bytes can fail to be a packet. */
export type ProtocolErrorCode =
  | "unknownPacket"
  | "bodyTooLong"
  | "badLength"
  | "truncated"
  | "trailingBytes"
  | "countTooLarge"
  | "valueTooLarge"
  | "badValue";

/** Where in which packet the bytes stopped making sense. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;
  /** The protocol's name of the packet, or `type N` for one that is not known. */
  readonly packet: string;
  /** Offset in the body. */
  readonly offset: number;

  constructor(place: { code: ProtocolErrorCode; packet: string; offset: number }, what: string) {
    super(`Cannot decode "${place.packet}" at byte ${place.offset}: ${what}`);
    this.name = "ProtocolError";
    this.code = place.code;
    this.packet = place.packet;
    this.offset = place.offset;
  }
}
