import { crc32Mpeg } from '../bytes/crc32-mpeg.ts';

/** Beyond the numbers that connections of RTMP are given; the sum still fits into 31 bits, as back ends may want it to. */
const BEYOND = 1_000_000_000;

/** nginx-rtmp's `clientid`: the number of the connection. Visitors of HTTP have none, and get one that comes of their visit's id. */
export function clientId(connection: number | undefined, visit: string): number {
  return connection ?? BEYOND + (crc32Mpeg(Buffer.from(visit)) % BEYOND);
}
