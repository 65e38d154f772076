/** ISO/IEC 13818-1 Annex A: x^32 + x^26 + x^23 + … + 1, most significant bit first. */
const POLYNOMIAL = 0x04c11db7;

const TABLE = makeTable();

function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    let crc = index * 0x1000000;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x80000000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    }
    table[index] = crc;
  }
  return table;
}

/**
 * The CRC_32 that ends a PSI section, over `bytes[from..to)`; unsigned.
 * Over a whole section, its CRC included, the result is 0.
 */
export function crc32Mpeg(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffffffff;
  for (let at = from; at < to; at++) {
    crc = (crc << 8) ^ TABLE[((crc >>> 24) ^ bytes[at]!) & 0xff]!;
  }
  return crc >>> 0;
}
