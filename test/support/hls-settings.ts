import type { HlsSettings } from '../../src/app/hls-settings.ts';

/** Short segments and windows, in MPEG-TS unless said otherwise. */
export function hlsSettings(settings: Partial<HlsSettings> = {}): HlsSettings {
  return {
    segmentSeconds: 1,
    windowSegments: 6,
    container: 'ts',
    lowLatency: true,
    partSeconds: 0.33,
    dvrSeconds: 0,
    ...settings,
  };
}
