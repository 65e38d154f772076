import { streamName, type StreamName } from '../media/stream-name.ts';
import type { Decision } from './decision.ts';
import type { PostAnswer } from './http-post.ts';

/** What the answer is read with. */
export interface AnswerContext {
  readonly format: 'json' | 'nginx-rtmp';
  /** What was asked for; undefined: the question was `connect`. */
  readonly name: StreamName | undefined;
  /** Of the door: an RTMP peer cannot be sent to a web page. */
  readonly isRtmp: boolean;
  /** The gateway's own RTMP port. */
  readonly ownPort: number;
}

/** No decision can be read from it. The text goes on after the target's name: "answers with 500". */
export interface NoDecision {
  readonly failed: string;
}

const DENIED = 'refused by the operator';
/** As much as fits into the box in which OBS shows it. */
const MAX_REASON = 200;
const MAX_URL = 2_048;

/** What an answer says. 2xx allows, 401, 403 and 404 deny (nginx: every 4xx), a 3xx with `Location` leads elsewhere. */
export function readDecision(answer: PostAnswer, context: AnswerContext): Decision | NoDecision {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    // nginx-rtmp does not read bodies, and back ends written for it may send anything.
    return context.format === 'json' ? fromBody(answer, context) : { allowed: true };
  }
  if (status >= 300 && status < 400) return fromLocation(answer, context);
  const isDenial = [401, 403, 404].includes(status) || (context.format === 'nginx-rtmp' && status < 500);
  return isDenial ? { allowed: false, reason: reasonIn(answer) } : { failed: `answers with ${status}` };
}

function fromBody({ status, body }: PostAnswer, context: AnswerContext): Decision | NoDecision {
  if (body.trim() === '') return { allowed: true };
  const said = objectIn(body);
  if (!said) return { failed: `answers with ${status} and something that is no JSON object` };
  const { allow, reason, redirect, stream } = said;
  if (allow !== undefined && typeof allow !== 'boolean')
    return { failed: 'answers with an "allow" that is neither true nor false' };
  if (allow === false) return { allowed: false, reason: asReason(reason) };
  if (redirect !== undefined && redirect !== null) return redirectTo(redirect, context);
  if (stream !== undefined && stream !== null) return renameTo(stream, context);
  return { allowed: true };
}

/** As nginx-rtmp: a name renames, a URL leads elsewhere; one of this very gateway, as back ends beside it like to give, renames. */
function fromLocation({ status, location }: PostAnswer, context: AnswerContext): Decision | NoDecision {
  if (location === undefined || location === '')
    return context.format === 'json'
      ? { failed: `answers with ${status} without Location` }
      : { allowed: true };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(location) && (context.isRtmp || !location.startsWith('/')))
    return renameTo(location.split('?')[0], context);
  const here = pathAtThisGateway(location, context);
  return here === undefined ? redirectTo(location, context) : renameTo(here, context);
}

function pathAtThisGateway(location: string, { ownPort }: AnswerContext): string | undefined {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  if (url?.protocol !== 'rtmp:' || !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
    return undefined;
  return Number(url.port || 1935) === ownPort || url.port === '' ? url.pathname.slice(1) : undefined;
}

function renameTo(wanted: unknown, { name }: AnswerContext): Decision | NoDecision {
  if (!name) return { failed: 'answers to connect with a name, which only publish and play can be given' };
  if (typeof wanted !== 'string') return { failed: 'answers with a "stream" that is no text' };
  const parts = wanted.split('/');
  const [app = '', stream = ''] = parts.length === 1 ? [name.app, wanted] : parts;
  const renamed = streamName(app, stream);
  if (parts.length > 2) return { failed: 'answers with a stream that is not APP/STREAM' };
  if ('refused' in renamed) return { failed: `answers with a stream that cannot be: ${renamed.refused}` };
  return { allowed: true, name: renamed };
}

function redirectTo(wanted: unknown, { isRtmp }: AnswerContext): Decision | NoDecision {
  if (typeof wanted !== 'string' || wanted.length > MAX_URL || !/^[!-~]+$/.test(wanted))
    return { failed: `answers with a redirect that is no URL of at most ${MAX_URL} characters` };
  const fits = isRtmp ? /^rtmps?:\/\/[^/]/i.test(wanted) : /^(https?:\/\/[^/]|\/(?!\/))/i.test(wanted);
  if (!fits) return { failed: `answers with a redirect where ${isRtmp ? 'RTMP' : 'HTTP'} cannot go` };
  return { allowed: false, reason: 'this stream is elsewhere', redirect: wanted };
}

/** `reason` of a JSON object, or a short plain text; never a page of HTML. */
function reasonIn({ body, contentType }: PostAnswer): string {
  const said = objectIn(body);
  if (said) return asReason(said['reason'] ?? said['message']);
  return /html|xml|javascript/i.test(contentType) || /^\s*[<{[]/.test(body) ? DENIED : asReason(body);
}

function asReason(text: unknown): string {
  if (typeof text !== 'string') return DENIED;
  const line = text.replace(/\p{C}|\s+/gu, ' ').trim();
  return line === '' ? DENIED : line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 1)}…` : line;
}

function objectIn(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
