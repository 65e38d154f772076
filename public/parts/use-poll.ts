import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from '../api/client.ts';
import { nextAskMs } from '../api/poll.ts';

export interface Polled<T> {
  /** The last good answer. */
  readonly value: T | undefined;
  /** Unanswered questions in a row; 0 when the last one was answered. */
  readonly failures: number;
  readonly askNow: () => void;
}

/**
 * Asks again and again: often while somebody looks, seldom in the background, slower when nobody answers.
 *
 * @param slower how many times as seldom, for what changes seldom
 */
export function usePoll<T>(ask: () => Promise<Answer<T>>, slower = 1): Polled<T> {
  const [value, setValue] = useState<T>();
  const [failures, setFailures] = useState(0);
  const again = useRef<() => void>(() => undefined);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let unanswered = 0;
    let over = false;
    let asking = false;
    let wanted = false;

    const turn = async (): Promise<void> => {
      if (asking) {
        wanted = true; // what is under way may not know yet of what was just done
        return;
      }
      asking = true;
      clearTimeout(timer);
      const answer = await ask();
      asking = false;
      if (isOver()) return;
      unanswered = answer.kind === 'ok' ? 0 : unanswered + 1;
      if (answer.kind === 'ok') setValue(answer.value);
      setFailures(unanswered);
      if (wanted) {
        wanted = false;
        return void turn();
      }
      timer = setTimeout(() => void turn(), nextAskMs(unanswered, document.hidden) * slower);
    };
    const isOver = (): boolean => over;
    const onVisible = (): void => {
      if (!document.hidden) void turn();
    };

    again.current = () => void turn();
    document.addEventListener('visibilitychange', onVisible);
    void turn();
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [ask, slower]);

  const askNow = useCallback(() => again.current(), []);
  return { value, failures, askNow };
}
