import { useEffect, useState } from 'preact/hooks';
import { ask, streamPath } from '../api/client.ts';
import { nextAskMs } from '../api/poll.ts';
import type { Point } from './types.ts';

/** Half an hour, a point every two seconds. */
const KEPT = 900;

/** A stream's past as the server keeps it, then on as it grows; undefined until the first answer. */
export function useHistory(app: string, stream: string): readonly Point[] | undefined {
  const [points, setPoints] = useState<readonly Point[]>();
  useEffect(() => {
    let over = false;
    let newest = 0;
    let failures = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isOver = (): boolean => over;
    const turn = async (): Promise<void> => {
      const answer = await ask<{ points: Point[] }>(`${streamPath(app, stream)}/history?since=${newest}`);
      if (isOver()) return;
      failures = answer.kind === 'unreachable' ? failures + 1 : 0;
      const fresh = answer.kind === 'ok' ? answer.value.points : [];
      newest = fresh.at(-1)?.at ?? newest;
      setPoints((known) => (known && fresh.length === 0 ? known : [...(known ?? []), ...fresh].slice(-KEPT)));
      timer = setTimeout(() => void turn(), nextAskMs(failures, document.hidden));
    };
    void turn();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [app, stream]);
  return points;
}
