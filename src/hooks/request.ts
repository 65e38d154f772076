import { SIGNATURE_HEADER, signBody } from './signature.ts';

interface Sent {
  /** The same at each repetition. */
  readonly id: string;
  /** The event's name in the target's format. */
  readonly call: string;
  readonly contentType: string;
  readonly body: string;
  readonly secret: string;
  /** Wall clock, ms. */
  readonly clock: () => number;
  /** How often this was sent before. */
  readonly repetition?: number;
}

/** Headers of every request to a target, questions and notifications alike. */
export function headersFor({
  id,
  call,
  contentType,
  body,
  secret,
  clock,
  repetition,
}: Sent): Record<string, string> {
  return {
    'Content-Type': contentType,
    'User-Agent': 'millrace',
    'X-Millrace-Event': call,
    'X-Millrace-Id': id,
    ...(repetition !== undefined && repetition > 0 && { 'X-Millrace-Repetition': String(repetition) }),
    ...(secret !== '' && { [SIGNATURE_HEADER]: signBody(secret, Math.floor(clock() / 1000), body) }),
  };
}
