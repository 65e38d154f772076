import { hevcColor, readHevcConfig, writeHevcConfig, type HevcConfig } from '../codecs/hevc/config.ts';
import { hevcSets } from '../codecs/hevc/in-band.ts';
import {
  firstHevcSlice,
  HEVC_NAL,
  hevcNalType,
  hevcUnits,
  holdsHevcRecoveryPoint,
  isIrap,
  isRasl,
} from '../codecs/hevc/nal.ts';
import { isIntraSlice } from '../codecs/hevc/slice.ts';
import { readHevcSps } from '../codecs/hevc/sps.ts';
import { hevcTrack } from '../codecs/track-builder.ts';
import type { TrackId, VideoTrack } from '../media/track.ts';
import { NalIntake, type NalDialect } from './nal-intake.ts';
import type { Notes } from './notes.ts';

/**
 * A publisher's HEVC. IDR pictures are clean places to start; CRA and BLA pictures may be followed by some that are shown
 * before them and lean on what was before (RASL), unless the encoder keeps to one order. Where nothing was before, at the
 * first one and behind a new configuration, these are left out.
 */
export class HevcIntake extends NalIntake<HevcConfig> {
  constructor(id: TrackId, former: VideoTrack | undefined, notes: Notes) {
    super(hevcDialect(id), former, notes);
  }
}

function hevcDialect(id: TrackId): NalDialect<HevcConfig> {
  const units = hevcUnits();
  const pictureType = (payload: Uint8Array): number => {
    const slice = firstHevcSlice(payload, units);
    return slice ? hevcNalType(slice, 0) : 0;
  };
  return {
    foreign: 'not HEVC nor Annex B',
    units,
    sets: hevcSets,
    read(record) {
      const config = readHevcConfig(record);
      if (config.sps[0]) readHevcSps(config.sps[0]); // a record whose sets cannot be read must not take effect
      return config;
    },
    write: writeHevcConfig,
    track: (record, former, color) => hevcTrack(record, former, { id, color }),
    colorsPictures: true,
    color: (config, payload) => hevcColor(config, payload, units),
    hasPicture: () => units.types !== 0, // every type below 32 is a slice's
    firstSlice: (payload) => firstHevcSlice(payload, units),
    start(payload, config) {
      const type = pictureType(payload);
      if (!isIrap(type)) return undefined;
      if (type === HEVC_NAL.idr || type === HEVC_NAL.idrWithRadl) return 'clean';
      const [sps] = config?.sps ?? [];
      return sps && keepsOrder(sps) ? 'clean' : 'recovers';
    },
    holdsRecoveryPoint: (payload) => holdsHevcRecoveryPoint(payload, units),
    isIntra: (slice, config) => isIntraSlice(slice, config?.pps ?? []),
    isOrphan: (payload) => isRasl(pictureType(payload)),
    leavesOrphans(payload) {
      const type = pictureType(payload);
      return type >= HEVC_NAL.bla && type <= HEVC_NAL.blaLast;
    },
  };
}

function keepsOrder(sps: Uint8Array): boolean {
  try {
    return !readHevcSps(sps).reorders;
  } catch {
    return false;
  }
}
