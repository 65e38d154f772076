/** The longest header of a server's WebSocket frame: 2 bytes and a 64-bit length (RFC 6455 §5.2). */
export const WEBSOCKET_HEADROOM = 10;

/** FIN and opcode 2, binary. */
const FINAL_BINARY = 0x82;

/**
 * Puts a WebSocket frame's header directly in front of the payload that starts at `headroom`, in place, and returns
 * header and payload as one view. A server's frames are not masked, so they are the same for every viewer.
 */
export function frameInPlace(room: Buffer, headroom: number): Buffer {
  const length = room.length - headroom;
  if (length < 126) {
    room[headroom - 2] = FINAL_BINARY;
    room[headroom - 1] = length;
    return room.subarray(headroom - 2);
  }
  if (length < 0x10000) {
    room[headroom - 4] = FINAL_BINARY;
    room[headroom - 3] = 126;
    room.writeUInt16BE(length, headroom - 2);
    return room.subarray(headroom - 4);
  }
  room[headroom - 10] = FINAL_BINARY;
  room[headroom - 9] = 127;
  room.writeUInt32BE(0, headroom - 8); // a batch is far below 2^32
  room.writeUInt32BE(length, headroom - 4);
  return room.subarray(headroom - 10);
}
