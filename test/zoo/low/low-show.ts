import type { LowAnimal, LowAsk, LowMoment, LowSide } from './low-animal.ts';
import { MovieShow, type MovieSegment } from './movie-show.ts';

const WINDOW = 8;
const TARGET = 1;
const PART_TARGET = 0.25;
const SKIP_UNTIL = 6;
/** Parts are listed of so many whole segments. */
const WITH_PARTS = 3;
const EPSILON = 1e-6;
const BEGAN = Date.UTC(2026, 0, 1);

/** One playlist by the clock. */
export class LowShow {
  readonly #animal: LowAnimal;
  readonly #side: LowSide;
  readonly #prefix: string;
  readonly show: MovieShow;

  /** `prefix`: of its files' names. */
  constructor(animal: LowAnimal, side: LowSide, prefix: string) {
    this.#animal = animal;
    this.#side = side;
    this.#prefix = prefix;
    this.show = new MovieShow(side.take);
  }

  /** `seconds` since the show was first looked at, when its window was full. */
  moment(seconds: number): LowMoment {
    const there = this.#startOf(WINDOW) + seconds + EPSILON;
    let last = WINDOW - 1;
    const { ends } = this.#animal;
    while ((ends === undefined || last + 1 < ends) && this.#startOf(last + 2) <= there) last++;
    const first = Math.max(0, last - WINDOW + 1);
    if (ends !== undefined && last + 1 >= ends) return { seconds, first, last, parts: 0 };
    const { parts, startsAt } = this.show.segment(last + 1);
    let count = 0;
    for (let end = startsAt; count < parts.length - 1 && (end += parts[count]!.seconds) <= there;) count++;
    return { seconds, first, last, parts: this.#isLow ? count : 0 };
  }

  ended({ last }: LowMoment): boolean {
    return this.#animal.ends !== undefined && last + 1 >= this.#animal.ends;
  }

  /** When what is asked for is there, in seconds since the first look. */
  readyAt({ msn, part }: LowAsk): number {
    if (msn === undefined) return 0;
    const zero = this.#startOf(WINDOW);
    const { parts, startsAt, seconds } = this.show.segment(msn);
    if (part === undefined) return startsAt + seconds - zero;
    if (part >= parts.length) return this.readyAt({ msn: msn + 1, part: 0, skip: false });
    const end = parts.slice(0, part + 1).reduce((sum, one) => sum + one.seconds, startsAt);
    return end - zero;
  }

  text(moment: LowMoment, { skip, reports }: { skip: boolean; reports: readonly string[] }): string {
    const lines = [...this.#head(moment), ...this.#segments(moment, skip)];
    if (this.ended(moment)) lines.push('#EXT-X-ENDLIST');
    else if (this.#isLow)
      lines.push(
        `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${this.#part(moment.last + 1, moment.parts)}"`,
        ...reports,
      );
    const text = `${lines.join('\n')}\n`;
    return this.#side.text?.(text, moment) ?? text;
  }

  /** Undefined: no such file. `readyAt`: of a part that is promised. */
  file(name: string, moment: LowMoment): { bytes: Buffer; readyAt: number } | undefined {
    if (!name.startsWith(this.#prefix)) return undefined;
    const own = name.slice(this.#prefix.length);
    const map = /^init-(\d+)\.mp4$/.exec(own);
    if (map) {
      const bytes = this.show.map(Number(map[1]));
      return bytes && { bytes, readyAt: 0 };
    }
    const match = /^(\d+)(?:\.(\d+))?\.m4s$/.exec(own);
    if (!match) return undefined;
    const [number, part] = [Number(match[1]), match[2] === undefined ? undefined : Number(match[2])];
    if (number > moment.last + 1) return undefined;
    const segment = this.show.segment(number);
    const bytes = part === undefined ? segment.bytes : segment.parts[part]?.bytes;
    return bytes && { bytes, readyAt: this.readyAt({ msn: number, part, skip: false }) };
  }

  get #isLow(): boolean {
    return this.#animal.low !== false;
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : this.#endOf(this.show.segment(number - 1));
  }

  #endOf({ startsAt, seconds }: MovieSegment): number {
    return startsAt + seconds;
  }

  #head({ first }: LowMoment): string[] {
    const low = [
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=${SKIP_UNTIL}.0,HOLD-BACK=3.0,PART-HOLD-BACK=${3 * PART_TARGET}`,
      `#EXT-X-PART-INF:PART-TARGET=${PART_TARGET}`,
    ];
    const marks = Array.from({ length: first }, (_, number) => this.show.segment(number)).filter(
      (one) => one.discontinuity,
    );
    return [
      '#EXTM3U',
      `#EXT-X-VERSION:${this.#isLow ? 9 : 6}`,
      '#EXT-X-INDEPENDENT-SEGMENTS',
      `#EXT-X-TARGETDURATION:${TARGET}`,
      ...(this.#isLow ? low : []),
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
      `#EXT-X-DISCONTINUITY-SEQUENCE:${marks.length}`,
    ];
  }

  #segments(moment: LowMoment, skip: boolean): string[] {
    const { first, last, parts } = moment;
    const right = skip ? this.#skippable(moment) : 0;
    const { skipped, said } =
      right > 0 ? (this.#side.skips?.(right) ?? { skipped: right, said: right }) : { skipped: 0, said: 0 };
    const lines = skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${said}`] : [];
    let map = skipped > 0 ? this.show.segment(first + skipped - 1).map : -1;
    for (let number = first + skipped; number <= last; number++) {
      const segment = this.show.segment(number);
      const listed = this.#isLow && number > last - WITH_PARTS ? segment.parts.length : 0;
      lines.push(
        ...this.#lines(number, { map, listed }),
        `#EXTINF:${segment.seconds.toFixed(5)},`,
        `${this.#prefix}${number}.m4s`,
      );
      map = segment.map;
    }
    if (parts > 0) lines.push(...this.#lines(last + 1, { map, listed: parts }));
    return lines;
  }

  #lines(number: number, { map, listed }: { map: number; listed: number }): string[] {
    const segment = this.show.segment(number);
    return [
      ...(segment.discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
      ...(segment.map === map ? [] : [`#EXT-X-MAP:URI="${this.#prefix}init-${segment.map}.mp4"`]),
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(BEGAN + segment.startsAt * 1000).toISOString()}`,
      ...segment.parts.slice(0, listed).map(({ seconds, independent }, index) => {
        const mark = independent ? ',INDEPENDENT=YES' : '';
        return `#EXT-X-PART:DURATION=${seconds.toFixed(5)},URI="${this.#part(number, index)}"${mark}`;
      }),
    ];
  }

  #part(number: number, index: number): string {
    return `${this.#prefix}${number}.${index}.m4s`;
  }

  #skippable({ first, last, parts }: LowMoment): number {
    let left = this.show
      .segment(last + 1)
      .parts.slice(0, parts)
      .reduce((sum, part) => sum + part.seconds, 0);
    let number = last + 1;
    while (number > first && left < SKIP_UNTIL) left += this.show.segment(--number).seconds;
    return number - first;
  }
}
