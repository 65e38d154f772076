import type { StreamName } from '../media/stream-name.ts';
import { streamPattern } from '../media/stream-pattern.ts';
import type { SoundLabel } from '../outputs/hls/rung.ts';

/** As in the settings; patterns have been checked. */
export interface SoundRule {
  readonly match: string;
  readonly track: number;
  readonly name: string;
  readonly language?: string | undefined;
}

/** What a stream's sound is called; of several rules for it the last one counts. */
export function soundIn(
  rules: readonly SoundRule[],
  stream: StreamName,
  track: number,
): SoundLabel | undefined {
  const rule = rules.findLast((one) => {
    const pattern = streamPattern(one.match);
    return one.track === track && !('refused' in pattern) && pattern.matches(stream);
  });
  return rule && { name: rule.name, ...(rule.language !== undefined && { language: rule.language }) };
}
