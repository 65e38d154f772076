import type { Stream } from '../api/types.ts';
import { nameOf } from './codecs.ts';
import type { Level, Levels } from './engine.ts';
import type { Plan } from './fit.ts';
import { linesOf, pictures, sounds } from './renditions.ts';

/** One line of the menu. `place` is undefined for “Auto”. */
export interface MenuItem {
  readonly place: number | undefined;
  readonly label: string;
  readonly detail: string;
  readonly isChosen: boolean;
}

export interface Menu {
  /** Finest first, behind “Auto”; empty where there is nothing to choose. */
  readonly pictures: readonly MenuItem[];
  readonly sounds: readonly MenuItem[];
  /** What is shown now: `720p30`. */
  readonly shown: string;
}

export const NO_MENU: Menu = { pictures: [], sounds: [], shown: '' };

export interface MenuFacts {
  /** Pictures among which can be switched; what is shown and what was chosen of them (undefined: the page chooses). */
  readonly levels: readonly Level[];
  readonly shown: number | undefined;
  readonly chosen: number | undefined;
  readonly sounds: readonly string[];
  readonly heard: number | undefined;
}

export function menuOf({ levels, shown, chosen, sounds: names, heard }: MenuFacts): Menu {
  const now = shown === undefined ? undefined : levels[shown];
  const label = now ? labelOf(now) : '';
  return {
    pictures: levels.length > 1 ? pictureItems(levels, chosen, label) : [],
    sounds:
      names.length > 1
        ? names.map((name, place) => ({
            place,
            label: name || `Sound ${place + 1}`,
            detail: '',
            isChosen: place === (heard ?? 0),
          }))
        : [],
    shown: label,
  };
}

function pictureItems(levels: readonly Level[], chosen: number | undefined, now: string): MenuItem[] {
  const finest = levels
    .map((level, place) => ({ level, place }))
    .sort((one, other) => fineness(other.level) - fineness(one.level));
  const auto: MenuItem = { place: undefined, label: 'Auto', detail: now, isChosen: chosen === undefined };
  return [
    auto,
    ...finest.map(({ level, place }) => ({
      place,
      label: labelOf(level),
      detail: [level.codec ? nameOf(level.codec) : '', rate(level.kbps)].filter(Boolean).join(', '),
      isChosen: place === chosen,
    })),
  ];
}

const fineness = ({ lines, fps, kbps }: Level): number =>
  lines * 1e9 + Math.round(fps ?? 0) * 1e6 + (kbps ?? 0);

const labelOf = ({ lines, fps, kbps }: Level): string =>
  lines > 0 ? `${lines}p${fps ? Math.round(fps) : ''}` : rate(kbps) || 'Picture';

function rate(kbps: number | undefined): string {
  if (!kbps) return '';
  return kbps < 1000 ? `${Math.round(kbps)} kb/s` : `${(kbps / 1000).toFixed(1)} Mb/s`;
}

/** Pictures that FLV can be asked for by number, in the order of a plan's `tracks`. */
export function flvLevels(facts: Stream, plan: Plan): readonly Level[] {
  return plan.tracks.flatMap((track) => {
    const one = pictures(facts).find((picture) => picture.track === track);
    return one
      ? [
          {
            lines: linesOf(one),
            fps: one.frameRate ?? undefined,
            kbps: one.kbps ?? undefined,
            codec: one.codec,
          },
        ]
      : [];
  });
}

/** Names of the sounds, for engines that can only play the main one. */
export function soundNames(facts: Stream): readonly string[] {
  return sounds(facts).map(({ codec, channels }, place) =>
    [
      `Sound ${place + 1}`,
      channels && channels > 2 ? `${nameOf(codec)} ${channels} channels` : nameOf(codec),
    ].join(', '),
  );
}

/** What an engine of HLS has, as the menu wants it. */
export const ofLevels = (levels: Levels): Omit<MenuFacts, 'chosen'> => ({
  levels: levels.pictures,
  shown: levels.shown,
  sounds: levels.sounds,
  heard: levels.heard,
});
