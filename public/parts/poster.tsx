import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { streamPath } from '../api/client.ts';
import { currentSession } from '../api/session.ts';

/** How often a picture is fetched while somebody sees it, in ms. */
const REFRESH_MS = 10_000;

/** Streams whose picture could not be had or shown: their cards do without. */
const without = new Set<string>();

interface PosterProps {
  readonly app: string;
  readonly stream: string;
}

/** The newest key frame of a stream, as a movie of one picture; nothing at all where it cannot be had. */
export function Poster({ app, stream }: PosterProps): JSX.Element | null {
  const name = `${currentSession().role}:${app}/${stream}`;
  const box = useRef<HTMLDivElement>(null);
  const [pictures, setPictures] = useState<readonly string[]>([]);
  const [hopeless, setHopeless] = useState(without.has(name));

  useEffect(() => {
    if (!box.current || hopeless) return undefined;
    const fetching = new PictureFetching(`/api/v1${streamPath(app, stream)}/poster.mp4`, {
      element: box.current,
      got: (url) => setPictures((known) => [...known.slice(-1), url]),
      refused: () => {
        without.add(name);
        setHopeless(true);
      },
      none: () => setHopeless(true),
    });
    return () => fetching.stop();
  }, [app, stream, name, hopeless]);

  if (hopeless) return null;
  // The one before stays underneath until the new one has something to show.
  const shown = (url: string): void =>
    setPictures((known) => (known.at(-1) === url ? known.slice(-1) : known));
  const failed = (url: string): void => {
    if (pictures.length > 1) return setPictures((all) => all.filter((one) => one !== url));
    without.add(name);
    setHopeless(true);
  };
  return (
    <div class="poster" ref={box} aria-hidden="true">
      {pictures.map((url) => (
        <video
          key={url}
          src={url}
          muted
          autoplay
          playsInline
          disableRemotePlayback
          tabIndex={-1}
          onLoadedData={() => shown(url)}
          onError={() => failed(url)}
        />
      ))}
    </div>
  );
}

interface PictureWishes {
  readonly element: Element;
  readonly got: (url: string) => void;
  /** Not for us. */
  readonly refused: () => void;
  /** There is none, and none was shown before. */
  readonly none: () => void;
}

/** Fetches pictures while their place is in sight. Each is given as an address in memory, which is good until two more came. */
class PictureFetching {
  readonly #url: string;
  readonly #wishes: PictureWishes;
  readonly #sight: IntersectionObserver;
  readonly #kept: string[] = [];
  readonly #look = (): void => void this.#turn();
  #etag: string | null = null;
  #inSight = false;
  #asking = false;
  #fetchedAt = -REFRESH_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(url: string, wishes: PictureWishes) {
    this.#url = url;
    this.#wishes = wishes;
    this.#sight = new IntersectionObserver((entries) => {
      this.#inSight = entries.at(-1)?.isIntersecting === true;
      void this.#turn();
    });
    this.#sight.observe(wishes.element);
    document.addEventListener('visibilitychange', this.#look);
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#sight.disconnect();
    document.removeEventListener('visibilitychange', this.#look);
    for (const url of this.#kept) URL.revokeObjectURL(url);
  }

  async #turn(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#over || this.#asking || !this.#inSight || document.hidden) return;
    const left = this.#fetchedAt + REFRESH_MS - performance.now();
    if (left <= 0) {
      this.#asking = true;
      this.#fetchedAt = performance.now();
      await this.#fetch().catch(() => undefined); // nobody answers: the page says so elsewhere
      this.#asking = false;
    }
    if (!this.#isOver()) this.#timer = setTimeout(this.#look, Math.max(left, 1000));
  }

  async #fetch(): Promise<void> {
    const response = await fetch(this.#url);
    if (response.status === 401 || response.status === 403) {
      this.#wishes.refused();
      return;
    }
    if (response.status === 404 && this.#kept.length === 0) {
      this.#wishes.none();
      return;
    }
    const etag = response.headers.get('etag');
    if (!response.ok || (etag !== null && etag === this.#etag)) return;
    const picture = await response.blob();
    if (this.#isOver()) return;
    this.#etag = etag;
    const url = URL.createObjectURL(picture);
    this.#kept.push(url);
    if (this.#kept.length > 3) URL.revokeObjectURL(this.#kept.shift() ?? '');
    this.#wishes.got(url);
  }

  #isOver(): boolean {
    return this.#over;
  }
}
