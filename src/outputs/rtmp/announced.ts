import { takes, type Enhanced } from '../../protocols/rtmp/session/enhanced.ts';
import { ALL_CODECS, Tailoring, UNTAILORED } from '../flv/tailoring.ts';

/** What a peer of RTMP is given, by what it said in `connect`. */
export function announced(peer: Enhanced, legacyHevc = false): Tailoring {
  const codecs = ALL_CODECS.filter((codec) => takes(peer, codec) || (legacyHevc && codec === 'hevc'));
  const isAll = codecs.length === ALL_CODECS.length;
  const colors = peer.takesColors;
  if (isAll && !legacyHevc && !colors) return UNTAILORED;
  return new Tailoring({ codecs: isAll ? undefined : new Set(codecs), legacyHevc, colors });
}

/**
 * What a server that a stream is sent on to is given, by its answer to `connect`. Only players say that they understand colours;
 * a server of Enhanced RTMP is sent them by every encoder.
 */
export function announcedByServer(server: Enhanced): Tailoring {
  return announced({ ...server, takesColors: server.isSpoken });
}
