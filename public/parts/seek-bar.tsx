import type { JSX, RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PastView } from '../player/player-view.ts';
import type { Player } from '../player/player.ts';
import { ago } from '../text/format.ts';

interface SeekBarProps {
  readonly player: RefObject<Player | undefined>;
}

/** How often the bar moves, in ms. */
const MOVE_MS = 500;
/** How far one press of an arrow key goes, in seconds. */
const STEP_SECONDS = 5;

/** The past of a stream, to go back in. Nothing where the server keeps none. */
export function SeekBar({ player }: SeekBarProps): JSX.Element | null {
  const [past, setPast] = useState<PastView>();
  /** Where the thumb is while it is dragged: the picture follows when it is let go. */
  const [dragged, setDragged] = useState<number>();

  useEffect(() => {
    const look = (): void => setPast(player.current?.past());
    look();
    const timer = setInterval(look, MOVE_MS);
    return () => clearInterval(timer);
  }, [player]);

  if (!past) return null;
  // Whole steps: a range counts them from its beginning, and its end is to be the edge itself.
  const length = Math.ceil(past.lengthSeconds / STEP_SECONDS) * STEP_SECONDS;
  const behind = Math.min(dragged ?? past.behindSeconds, past.lengthSeconds);
  const share = 100 * (1 - behind / length);
  const isLive = behind < STEP_SECONDS / 2;
  const spoken = isLive ? 'Live' : `${ago(behind)} behind live`;
  const read = (event: Event): number => -(event.currentTarget as HTMLInputElement).valueAsNumber;
  return (
    <div class="seek">
      <input
        class="seek-range"
        type="range"
        min={-length}
        max={0}
        step={STEP_SECONDS}
        value={-behind}
        style={{ '--share': `${share.toFixed(2)}%` }}
        aria-label="Place in the stream"
        aria-valuetext={spoken}
        onInput={(event) => setDragged(read(event))}
        onChange={(event) => {
          setDragged(undefined);
          player.current?.goTo(read(event));
          setPast({ ...past, behindSeconds: read(event) });
        }}
      />
      <output class="seek-behind">{isLive ? '' : `−${ago(behind)}`}</output>
    </div>
  );
}
