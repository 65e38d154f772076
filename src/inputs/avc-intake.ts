import { readAvcConfig, writeAvcConfig, type AvcConfig } from '../codecs/avc/config.ts';
import { avcSets, firstSlice } from '../codecs/avc/in-band.ts';
import { holdsRecoveryPoint, NAL } from '../codecs/avc/nal.ts';
import { readSliceHead } from '../codecs/avc/slice.ts';
import { readSps } from '../codecs/avc/sps.ts';
import { nalBit, NalUnits } from '../codecs/nal/units.ts';
import { avcTrack } from '../codecs/track-builder.ts';
import type { TrackId, VideoTrack } from '../media/track.ts';
import { NalIntake, type NalDialect } from './nal-intake.ts';
import type { Notes } from './notes.ts';

const IDR = nalBit(NAL.idrSlice);
const PICTURE = nalBit(NAL.slice) | nalBit(NAL.slicePartitionA) | IDR;

/** A publisher's AVC: only an IDR picture is a clean place to start. */
export class AvcIntake extends NalIntake<AvcConfig> {
  constructor(id: TrackId, former: VideoTrack | undefined, notes: Notes) {
    super(avcDialect(id), former, notes);
  }
}

function avcDialect(id: TrackId): NalDialect<AvcConfig> {
  const units = new NalUnits();
  return {
    foreign: 'not AVC nor Annex B',
    units,
    sets: avcSets,
    read(record) {
      const config = readAvcConfig(record);
      readSps(config.sps[0]!); // a record whose sets cannot be read must not take effect
      return config;
    },
    write: writeAvcConfig,
    track: (record, former, color) => avcTrack(record, former, { id, color }),
    colorsPictures: false,
    color: (config) => readSps(config.sps[0]!).color,
    hasPicture: () => (units.types & PICTURE) !== 0,
    firstSlice: (payload) => firstSlice(payload, units),
    start: () => ((units.types & IDR) !== 0 ? 'clean' : undefined),
    holdsRecoveryPoint: (payload) => holdsRecoveryPoint(payload, units),
    isIntra: (slice) => readSliceHead(slice)?.isIntra === true,
  };
}
