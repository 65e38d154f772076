import { sessionIsOver } from './session.ts';
import type { Server, Stream } from './types.ts';

/** Longest wait for an answer of the API, in ms. It answers from memory; five seconds mean that nobody is there. */
const ANSWER_WITHIN_MS = 5000;
/** A wish may have to wait for a disk. */
const DONE_WITHIN_MS = 20_000;

export type Answer<T> = { kind: 'ok'; value: T } | { kind: 'missing' } | { kind: 'unreachable' };

/** What became of a wish: the API's own sentence where it refused, and the field that it was about. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string; readonly field?: string | undefined };

export async function ask<T>(path: string): Promise<Answer<T>> {
  try {
    const response = await send('GET', path);
    if (response.status === 401) sessionIsOver();
    if (response.status === 404) return { kind: 'missing' };
    if (!response.ok) return { kind: 'unreachable' };
    return { kind: 'ok', value: (await response.json()) as T };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** Does something. Whoever is not the operator any more is asked to sign in, and nothing that was typed is lost. */
export async function wish<T = undefined>(
  method: 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Outcome<T>> {
  try {
    const response = await send(method, path, body);
    if (response.status === 204) return { ok: true, value: undefined as T };
    const said = (await response.json().catch(() => undefined)) as
      { error?: string; field?: string } | undefined;
    if (response.ok) return { ok: true, value: said as T };
    if (response.status === 401 && path !== '/session') {
      sessionIsOver();
      return { ok: false, error: 'You are not signed in any more. Sign in and try again.' };
    }
    return {
      ok: false,
      error: said?.error ?? `The server answered ${response.status}.`,
      field: said?.field,
    };
  } catch {
    return { ok: false, error: 'The server does not answer. Nothing was changed, as far as is known.' };
  }
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), method === 'GET' ? ANSWER_WITHIN_MS : DONE_WITHIN_MS);
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      signal: patience.signal,
      cache: 'no-store',
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } finally {
    clearTimeout(timer);
  }
}

export const streamPath = (app: string, stream: string): string =>
  `/streams/${encodeURIComponent(app)}/${encodeURIComponent(stream)}`;

export const askStreams = (): Promise<Answer<{ streams: Stream[] }>> => ask('/streams');

export const askStream = (app: string, stream: string): Promise<Answer<Stream>> =>
  ask(streamPath(app, stream));

export const askTime = (): Promise<Answer<{ now: number }>> => ask('/time');

export const askServer = (): Promise<Answer<Server>> => ask('/server');
