import type { Level } from './engine.ts';

/** A picture that the viewer wants, of whatever stream: as many lines, and of two with as many the one of about this rate. */
export interface PictureWish {
  readonly lines: number;
  readonly kbps?: number | undefined;
}

/** Where the viewer's choice is kept: `lines` or `lines:kbps`, or nothing where the page chooses. */
const KEY = 'millrace.picture';

/** The choice holds for all streams, which have renditions of their own. */
export function rememberedPicture(): PictureWish | undefined {
  try {
    const [lines, kbps] = (localStorage.getItem(KEY) ?? '').split(':').map(Number);
    if (lines === undefined || !(lines > 0)) return undefined;
    return { lines, ...(kbps !== undefined && kbps > 0 && { kbps }) };
  } catch {
    return undefined; // a browser that keeps nothing
  }
}

export function rememberPicture(wish: PictureWish | undefined): void {
  try {
    if (wish === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, [wish.lines, ...(wish.kbps ? [Math.round(wish.kbps)] : [])].join(':'));
  } catch {
    // it holds until the page is closed
  }
}

/** Place of the finest picture that has no more lines than wanted, or of the coarsest one; undefined: there is none. */
export function nearest(
  pictures: readonly Pick<Level, 'lines' | 'kbps'>[],
  wish: PictureWish,
): number | undefined {
  const within = pictures.map(({ lines }) => lines).filter((lines) => lines <= wish.lines);
  const lines = within.length > 0 ? Math.max(...within) : Math.min(...pictures.map((one) => one.lines));
  const off = (one: Pick<Level, 'kbps'>): number =>
    wish.kbps === undefined ? -(one.kbps ?? 0) : Math.abs((one.kbps ?? 0) - wish.kbps);
  let best: number | undefined;
  pictures.forEach((one, place) => {
    if (one.lines === lines && (best === undefined || off(one) < off(pictures[best]!))) best = place;
  });
  return best;
}
