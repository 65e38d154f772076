import type { Server, Stream } from './types.ts';

/** Longest wait for an answer of the API, in ms. It answers from memory; five seconds mean that nobody is there. */
const ANSWER_WITHIN_MS = 5000;

export type Answer<T> = { kind: 'ok'; value: T } | { kind: 'missing' } | { kind: 'unreachable' };

async function ask<T>(path: string): Promise<Answer<T>> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), ANSWER_WITHIN_MS);
  try {
    const response = await fetch(path, {
      signal: patience.signal,
      cache: 'no-store',
      headers: { accept: 'application/json' },
    });
    if (response.status === 404) return { kind: 'missing' };
    if (!response.ok) return { kind: 'unreachable' };
    return { kind: 'ok', value: (await response.json()) as T };
  } catch {
    return { kind: 'unreachable' };
  } finally {
    clearTimeout(timer);
  }
}

export const askStreams = (): Promise<Answer<{ streams: Stream[] }>> => ask('/api/v1/streams');

export const askStream = (app: string, stream: string): Promise<Answer<Stream>> =>
  ask(`/api/v1/streams/${encodeURIComponent(app)}/${encodeURIComponent(stream)}`);

export const askServer = (): Promise<Answer<Server>> => ask('/api/v1/server');
