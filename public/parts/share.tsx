import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { QrCodeGenerateResult } from 'uqr';
import type { Server } from '../api/types.ts';
import { links } from '../text/links.ts';
import { CopyField } from './copy-field.tsx';
import { Dialog } from './dialog.tsx';
import { placeOf } from './place.ts';

interface ShareProps {
  readonly app: string;
  readonly stream: string;
  readonly server: Server | undefined;
  readonly onClose: () => void;
}

/** Every address of a stream, and the watch link as a QR code for the phone. */
export function Share({ app, stream, server, onClose }: ShareProps): JSX.Element {
  const addresses = links(placeOf(server), app, stream);
  return (
    <Dialog title="Share" onClose={onClose}>
      <div class="share">
        <div class="share-code">
          <QrCode text={addresses.watch} />
          <p>Scan to watch on a phone</p>
        </div>
        <div class="fields">
          <CopyField label="Watch page" value={addresses.watch} />
          <CopyField label="HLS" hint="iPhone, TV, VLC" value={addresses.hls} />
          <CopyField label="HTTP-FLV" hint="ffplay, VLC" value={addresses.httpFlv} />
          <CopyField label="WebSocket-FLV" hint="web players" value={addresses.wsFlv} />
          <CopyField label="RTMP" hint="OBS, ffplay" value={addresses.rtmp} />
        </div>
      </div>
    </Dialog>
  );
}

interface QrCodeProps {
  readonly text: string;
}

function QrCode({ text }: QrCodeProps): JSX.Element {
  const [code, setCode] = useState<QrCodeGenerateResult>();
  useEffect(() => {
    let over = false;
    void import('uqr').then(({ encode }) => {
      if (!over) setCode(encode(text, { ecc: 'M', border: 2 }));
    });
    return () => {
      over = true;
    };
  }, [text]);
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${code?.size ?? 33} ${code?.size ?? 33}`}
      role="img"
      aria-label="QR code of the watch page"
      shape-rendering="crispEdges"
    >
      {code && <path d={modules(code)} fill="currentColor" />}
    </svg>
  );
}

/** Dark modules as one path: runs of a row become one rectangle. */
function modules({ data }: QrCodeGenerateResult): string {
  let path = '';
  data.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const start = x;
      while (row[x]) x++;
      if (x > start) path += `M${start} ${y}h${x - start}v1H${start}z`;
    }
  });
  return path;
}
