import { encodeAmf0 } from '../../amf/amf0-writer.ts';
import { ms, type Ms } from '../../media/time.ts';
import { encodeMessage } from '../../protocols/rtmp/chunk-writer.ts';
import { ChunkStreamId, MessageType } from '../../protocols/rtmp/message.ts';
import type { StreamFacts, WireFormat } from '../../stream/wire-format.ts';
import { viewerMetadata } from '../flv/metadata.ts';
import { UNTAILORED, type Tailoring } from '../flv/tailoring.ts';
import { rtmpFormat } from '../rtmp/rtmp-format.ts';

/**
 * What another server is sent: the messages that players get, but for the metadata, which a server keeps for its own
 * players only if `@setDataFrame` stands in front.
 *
 * @param tailoring what the server can use
 */
export function publishFormat(
  streamId: number,
  chunkSize: number,
  tailoring: Tailoring = UNTAILORED,
): WireFormat {
  const format = rtmpFormat(streamId, chunkSize, { audio: true, video: true, tailoring });
  const metadata = (facts: StreamFacts, timestamp: Ms): Buffer =>
    encodeMessage(
      { chunkStreamId: ChunkStreamId.data, type: MessageType.data, streamId, timestamp },
      encodeAmf0('@setDataFrame', 'onMetaData', viewerMetadata(facts, tailoring)),
      chunkSize,
    );
  return {
    ...format,
    id: `relay/${streamId}/${chunkSize}${tailoring.id}`,
    header: (facts) => metadata(facts, ms(0)),
    metadata,
  };
}
