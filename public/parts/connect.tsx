import type { JSX } from 'preact';
import type { Server } from '../api/types.ts';
import { isLoopback, publishServer, shareHost } from '../text/links.ts';
import { CopyField } from './copy-field.tsx';
import { placeOf } from './place.ts';
import { useSession } from './use-session.ts';

/** The stream key that the examples use. */
const EXAMPLE_KEY = 'cam';

interface ConnectProps {
  readonly server: Server | undefined;
  readonly app?: string;
  readonly streamKey?: string;
}

/** How to put something on the air: any stream, or the one that is named. */
export function Connect({ server, app = 'live', streamKey }: ConnectProps): JSX.Element {
  const place = placeOf(server);
  const who = server?.publishAccess;
  const onlyHere = who === 'loopback';
  const key = streamKey ?? EXAMPLE_KEY;
  const here = isLoopback(place.hostname);
  const address = publishServer(onlyHere ? { ...place, hostname: 'localhost' } : place, app);
  return (
    <div class="connect">
      <h2>Connect OBS</h2>
      <ol class="steps">
        <li>
          <p>
            Open <b>Settings → Stream</b> and choose the service <b>Custom…</b>
          </p>
        </li>
        <li>
          <p>
            {streamKey === undefined
              ? 'Enter these two. The stream key is the stream’s name; choose your own.'
              : 'Enter these two.'}
          </p>
          <div class="fields">
            <CopyField label="Server" value={address} />
            <CopyField label="Stream Key" value={key} />
          </div>
        </li>
        <li>
          <p>
            Under <b>Output</b>, set the keyframe interval to <b>2 s</b>. Then press <b>Start Streaming</b>.
          </p>
        </li>
      </ol>
      <Access who={who} here={here} other={publishServer({ ...place, hostname: shareHost(place) }, app)} />
      <details class="more">
        <summary>Or with ffmpeg</summary>
        <CopyField label="Command" value={ffmpegCommand(`${address}/${key}`)} />
      </details>
    </div>
  );
}

interface AccessProps {
  /** `access.publish` */
  readonly who: string | undefined;
  readonly here: boolean;
  /** The server's address for other machines. */
  readonly other: string;
}

function Access({ who, here, other }: AccessProps): JSX.Element | null {
  const { role } = useSession();
  if (who === 'keys') {
    return (
      <p class="hint">
        On other machines the server is <code>{other}</code> and the stream key is one that was made for them
        (pk_…):{' '}
        {role === 'operator' ? (
          <a href="/#/keys">make one here</a>
        ) : (
          'the operator of this server gives it out'
        )}
        .
      </p>
    );
  }
  if (who === 'loopback') {
    return (
      <p class="hint">
        {here ? 'Encoders on this machine may publish. ' : 'Only encoders on the server itself may publish. '}
        Publishing from other machines needs the setting <code>access.publish: keys</code> and a key.
      </p>
    );
  }
  return here && !other.includes('localhost') ? (
    <p class="hint">
      From another machine the server is <code>{other}</code>.
    </p>
  ) : null;
}

const ffmpegCommand = (url: string): string =>
  `ffmpeg -re -i clip.mp4 -c:v libx264 -preset veryfast -tune zerolatency -g 60 -pix_fmt yuv420p -c:a aac -f flv ${url}`;
