import probe from 'mux.js/lib/mp4/probe.js';
import type { FragmentedLook } from './fmp4-look.ts';
import type { MapInForce } from './maps.ts';

/** Seconds by which two readers may differ: rounding. */
const SAME = 0.001;

/** What mux.js reads otherwise than the house's own readers: clocks of the tracks, and where the segment begins. */
export function tellSecondOpinion(
  look: FragmentedLook,
  { bytes, map }: { readonly bytes: Buffer; readonly map: MapInForce },
  tell: (message: string) => void,
): void {
  if (look.faults.length > 0 || look.fragmented.size === 0) return;
  try {
    const timescales = probe.timescale(map.bytes) ?? {};
    for (const { trackId, timescale } of map.init.tracks) {
      const other = timescales[String(trackId)];
      if (other !== timescale)
        tell(
          `track ${trackId} has a timescale of ${timescale}; mux.js reads ${other === undefined ? 'none' : other}`,
        );
    }
    const ours = Math.min(...[...look.fragmented.values()].map(({ begin, timescale }) => begin / timescale));
    const theirs = probe.startTime(timescales, bytes);
    if (Number.isFinite(theirs) && Math.abs(theirs - ours) > SAME)
      tell(`the segment begins at ${ours.toFixed(3)} s; mux.js reads ${theirs.toFixed(3)} s`);
  } catch (error) {
    // mux.js has no errors of its own.
    tell(`mux.js cannot read the segment (${error instanceof Error ? error.message : String(error)})`);
  }
}
