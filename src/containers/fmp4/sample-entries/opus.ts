import { ByteReader } from '../../../bytes/byte-reader.ts';
import { ByteWriter } from '../../../bytes/byte-writer.ts';
import type { Track } from '../../../media/track.ts';
import { box } from '../box.ts';
import { Mp4Error, type FoundBox } from '../reader.ts';
import type { EntryFacts, EntryForm } from './entry.ts';

const MAGIC = Buffer.from('OpusHead', 'latin1');
/** Version, channels, pre-skip, rate, gain, mapping family. */
const FIXED_BYTES = 11;
const OGG_VERSION = 1;
const BOX_VERSION = 0;

/**
 * Encapsulation of Opus in ISO Base Media File Format §4.3: the fields of RFC 7845 §5.1 with the most significant byte first.
 *
 * PreSkip stays what the encoder wrote, and no edit list takes it off: who joins a live stream never gets its first packets,
 * and the publisher's times, which picture and sound share, have it taken into account already. An edit would set all sound
 * 6.5 ms before the picture.
 */
export const OPUS: EntryForm = {
  type: 'Opus',
  configType: 'dOps',
  configBox: ({ config }: Track) => box('dOps', converted(config.subarray(MAGIC.length), 'fromOgg')),
  readConfig({ body }: FoundBox): Pick<EntryFacts, 'codec' | 'config'> {
    if (body[0] !== BOX_VERSION) throw new Mp4Error(`a dOps box of version ${body[0]}`);
    return { codec: 'opus', config: Buffer.concat([MAGIC, converted(body, 'toOgg')]) };
  },
};

/** The same fields in the other byte order; a channel mapping table, which has bytes only, follows as it is. */
function converted(fields: Uint8Array, way: 'fromOgg' | 'toOgg'): Buffer {
  const reader = new ByteReader(fields, 'Opus configuration');
  reader.need(FIXED_BYTES, 'header');
  reader.skip(1, 'version');
  const out = new ByteWriter(fields.length).u8(way === 'fromOgg' ? BOX_VERSION : OGG_VERSION);
  out.u8(reader.u8()); //                                            OutputChannelCount
  for (const bytes of [2, 4, 2]) out.put(Uint8Array.from(reader.take(bytes, 'field')).reverse()); // PreSkip, InputSampleRate, OutputGain
  return out.put(reader.rest()).done(); //                           ChannelMappingFamily and its table
}
