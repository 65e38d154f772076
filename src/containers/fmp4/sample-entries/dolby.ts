import type { AudioCodec } from '../../../media/track.ts';
import { box } from '../box.ts';
import type { EntryForm } from './entry.ts';

function dolby(codec: AudioCodec, type: string, configType: string): EntryForm {
  return {
    type,
    configType,
    configBox: ({ config }) => box(configType, config),
    readConfig: ({ body }) => ({ codec, config: body }),
  };
}

/** AC-3 and E-AC-3: ETSI TS 102 366 F.3 to F.6. */
export const AC3 = dolby('ac3', 'ac-3', 'dac3');
export const EAC3 = dolby('eac3', 'ec-3', 'dec3');
