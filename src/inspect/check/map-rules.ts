import type { InitLook } from '../fmp4-init.ts';
import type { MapLooked } from '../maps.ts';
import type { Breach } from './rules.ts';

/** Brands of ISO/IEC 14496-12 from the sixth on, and CMAF's, which build on them. */
const NEW_ENOUGH = /^(iso[6-9a-c]|cmf[2c])$/;
const CMAF = /^cmf[2c]$/;

/** What an initialization section breaks: RFC 8216 §3.3. `segment`: the first that needs it. */
export function mapBreaches(map: MapLooked, segment: number): Breach[] {
  const { uri } = map.reference;
  if (!('init' in map)) {
    const message = `the initialization section ${uri} cannot be used: ${map.why}`;
    return [{ code: map.came ? 'bad-map' : 'segment-unreachable', message, segment }];
  }
  const faults = faultsOf(map.init).map((what): Breach => ({
    code: 'bad-map',
    message: `the initialization section ${uri} ${what}`,
    segment,
  }));
  return [...faults, ...brandBreaches(map.init, uri, segment)];
}

function faultsOf({ boxes, tracks, hasMvex, withoutDefaults, samples }: InitLook): string[] {
  const faults: string[] = [];
  if (boxes[0] !== 'ftyp') faults.push(`begins with ${boxes[0] ?? 'nothing'}, not with ftyp`);
  if (tracks.length === 0) faults.push('has no track');
  if (!hasMvex) faults.push('has no mvex box: there may be no fragments');
  else if (withoutDefaults.length > 0) faults.push(`has no trex box for track ${withoutDefaults.join(', ')}`);
  if (samples > 0) faults.push(`tells of ${samples} samples of its own, where there must be none`);
  for (const { trackId, fault } of tracks)
    if (fault !== undefined) faults.push(`cannot be read in track ${trackId}: ${fault}`);
  return faults;
}

/** A brand is a promise; that of CMAF is for one track without surprises: ISO/IEC 23000-19 §7.2, §7.3, §7.5. */
function brandBreaches({ brands, boxes, tracks, edited }: InitLook, uri: string, segment: number): Breach[] {
  const breaches: Breach[] = [];
  if (boxes[0] === 'ftyp' && !brands.some((brand) => NEW_ENOUGH.test(brand))) {
    const message = `the initialization section ${uri} has no brand of iso6 or later, but ${brands.join(' ') || 'none'}`;
    breaches.push({ code: 'bad-map', level: 'should', message, segment });
  }
  const cmaf = brands.find((brand) => CMAF.test(brand));
  if (cmaf === undefined) return breaches;
  const broken =
    tracks.length > 1
      ? `there are ${tracks.length} tracks, where CMAF has one`
      : brands.includes('cmf2') && edited.length > 0
        ? 'there is an edit list, which cmf2 does without'
        : undefined;
  if (broken === undefined) return breaches;
  const message = `the initialization section ${uri} has the brand ${cmaf}, and ${broken}`;
  return [...breaches, { code: 'cmaf-brand', message, segment }];
}
