import { randomBytes } from 'node:crypto';
import { shownRelayUrl } from '../clients/relay-secrets.ts';
import type { RelayHealth, RelayState } from '../clients/relay-progress.ts';
import type { Settings } from '../config/schema.ts';
import { streamPattern, type StreamPattern } from '../media/stream-pattern.ts';
import { clientTarget } from '../protocols/rtmp/session/client-url.ts';
import { ApiRefusal, type RelayAdmin, type RelayInfo } from '../servers/http/api/parts.ts';
import type { KeptRelay } from './relay-file.ts';

/** One relay as it was asked for, by settings or API. */
export interface RelayRule {
  readonly id: string;
  readonly direction: 'push' | 'pull';
  readonly streams: StreamPattern;
  readonly url: string;
  readonly when: 'watched' | 'always';
  readonly origin: 'settings' | 'api';
  /** Of a push: see PushRule. */
  readonly codecs?: 'announced' | 'any' | undefined;
  readonly tracks?: 'all' | 'main' | undefined;
}

type Wish = Parameters<RelayAdmin['add']>[0];

/**
 * Of the settings, which have been checked: `push-1`, `pull-1` … in their order.
 *
 * @param former rules of earlier settings: what is in both keeps its id, and is the same object
 */
export function rulesOfSettings(settings: Settings['relay'], former: readonly RelayRule[] = []): RelayRule[] {
  const left = new Set(former);
  const taken = new Set(former.map(({ id }) => id));
  const wishes = [
    ...settings.push.map(({ streams, to, codecs, tracks }) => ({
      ...wish('push', streams, to, 'always'),
      codecs,
      tracks,
    })),
    ...settings.pull.map(({ stream, from, when }) => wish('pull', stream, from, when)),
  ];
  const kept = wishes.map((one): Unnamed | RelayRule => {
    const same = [...left].find((rule) => isSame(rule, one));
    if (same) left.delete(same);
    return same ?? one;
  });
  return kept.map((one) => {
    if ('id' in one) return one;
    let number = 1;
    while (taken.has(`${one.direction}-${number}`)) number++;
    taken.add(`${one.direction}-${number}`);
    return { ...one, id: `${one.direction}-${number}` };
  });
}

type Unnamed = Omit<RelayRule, 'id'>;

function wish(
  direction: RelayRule['direction'],
  streams: string,
  url: string,
  when: RelayRule['when'],
): Unnamed {
  return { direction, streams: patternOf(streams), url, when, origin: 'settings' };
}

const isSame = (a: Unnamed, b: Unnamed): boolean =>
  a.direction === b.direction &&
  a.url === b.url &&
  a.when === b.when &&
  a.codecs === b.codecs &&
  a.tracks === b.tracks &&
  a.streams.text === b.streams.text;

/** What the API wishes, checked. @throws {ApiRefusal} 400, naming the field */
export function ruleOfWish({ direction, stream, url, when = 'watched' }: Wish): KeptRelay {
  if (clientTarget(url) === undefined)
    throw new ApiRefusal(400, 'url must be rtmp://HOST/APP/STREAM or rtmps://HOST/APP/STREAM', 'url');
  const pattern = streamPattern(stream);
  if ('refused' in pattern) throw new ApiRefusal(400, `stream: ${pattern.refused}`, 'stream');
  if (direction === 'pull' && when === 'always' && !pattern.only)
    throw new ApiRefusal(400, 'stream: only one stream can be fetched always, not a pattern', 'stream');
  return { id: `r-${randomBytes(6).toString('hex')}`, direction, stream, url, when };
}

export function ruleOfKept({ stream, ...kept }: KeptRelay): RelayRule {
  return { ...kept, streams: patternOf(stream), origin: 'api' };
}

/** @throws {Error} for what should have been checked before */
function patternOf(text: string): StreamPattern {
  const pattern = streamPattern(text);
  if ('refused' in pattern) throw new Error(`relay of "${text}": ${pattern.refused}`);
  return pattern;
}

/** A stream of a rule, as its board tells. */
export interface RelayReport {
  readonly stream: string;
  readonly health: RelayHealth;
  readonly bytes: number;
}

/** How a rule with a pattern is doing, worst first. */
const WORST: readonly RelayState[] = ['stopped', 'waiting', 'connecting', 'running'];

/** One entry for a rule; a rule with a pattern has one more for each of its streams. */
export function describeRule(
  rule: RelayRule,
  reports: readonly RelayReport[],
  formerBytes: number,
): RelayInfo[] {
  const worst = WORST.flatMap((state) => reports.filter(({ health }) => health.state === state))[0];
  const bytes = reports.reduce((sum, report) => sum + report.bytes, formerBytes);
  const attempts = reports.reduce((sum, { health }) => sum + health.attempts, 0);
  const { id, direction, origin, streams } = rule;
  const url = shownRelayUrl(rule.url, namesOf(streams));
  const common = { id, direction, stream: streams.text, url, origin };
  const own = { ...common, ...describeHealth(worst?.health), attempts, bytes };
  if (streams.only) return [own];
  return [
    own,
    ...reports.map(({ stream, health, bytes }) => ({
      ...common,
      id: `${id}:${stream}`,
      stream,
      ...describeHealth(health),
      bytes,
    })),
  ];
}

const IDLE: RelayHealth = { state: 'idle', problem: undefined, attempts: 0, runningSince: undefined };

function describeHealth(
  health: RelayHealth = IDLE,
): Pick<RelayInfo, 'state' | 'problem' | 'attempts' | 'runningSince'> {
  const { state, problem, attempts, runningSince } = health;
  return {
    state,
    problem: problem ?? null,
    attempts,
    runningSince: runningSince === undefined ? null : new Date(runningSince).toISOString(),
  };
}

const namesOf = ({ only }: StreamPattern): string[] => (only ? [only.stream] : []);
