import type { AskedCaller, AskedVisit } from './decision.ts';
import { connectForm, FORM, playForm, publishForm } from './nginx-form.ts';

/** A question as it is posted. */
export interface Question {
  readonly id: string;
  /** What stands for `{event}`. */
  readonly call: 'connect' | 'publish' | 'play';
  readonly contentType: string;
  readonly body: string;
}

interface When {
  readonly id: string;
  /** Wall clock, ms. */
  readonly at: number;
}

/**
 * A question in JSON looks like the event it may become, with `"decide": true`. What the visitor sent stands in it as it was
 * sent, secrets included: that is what a back end tells visitors by.
 */
export function jsonVisitQuestion(visit: AskedVisit, { id, at }: When): Question {
  const { action, name, protocol, address, program, query, origin, tcUrl, bearer } = visit;
  const body = {
    type: action,
    decide: true,
    id,
    at: new Date(at).toISOString(),
    visit: visit.id,
    stream: name.path,
    app: name.app,
    name: name.stream,
    protocol,
    address,
    program: program ?? '',
    query,
    args: argsOf(query),
    origin,
    tcUrl,
    bearer,
  };
  return { id, call: action, contentType: 'application/json', body: JSON.stringify(body) };
}

export function jsonConnectQuestion(caller: AskedCaller, { id, at }: When): Question {
  const { app, address, program, query, origin, tcUrl } = caller;
  const time = new Date(at).toISOString();
  const about = { app, protocol: 'rtmp', address, program, query, args: argsOf(query), origin, tcUrl };
  const body = { type: 'connect', decide: true, id, at: time, ...about };
  return { id, call: 'connect', contentType: 'application/json', body: JSON.stringify(body) };
}

export function nginxVisitQuestion(visit: AskedVisit, connection: number, id: string): Question {
  const asked = { ...visit, app: visit.name.app, stream: visit.name.stream, connection };
  const body = visit.action === 'publish' ? publishForm(asked) : playForm(asked);
  return { id, call: visit.action, contentType: FORM, body };
}

export function nginxConnectQuestion(caller: AskedCaller, { id, at }: When): Question {
  const body = connectForm({ ...caller, connection: caller.connection ?? 0 }, at);
  return { id, call: 'connect', contentType: FORM, body };
}

/** Parameters by name, for receivers that do not want to take the query apart; of equal names the first. */
function argsOf(query: string): Record<string, string> {
  const args = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) if (!args.has(name)) args.set(name, value);
  return Object.fromEntries(args);
}
